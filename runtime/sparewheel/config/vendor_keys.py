"""Which secret may go to which host: decided by its value, not only by its name.

A vendor's key is known by its name in env (`OPENAI_API_KEY`) or by the shape of its value (`sk-ant-…`). It goes to
that vendor's hosts, to loopback, and to hosts that the embedder allows. Any other secret goes to the host of the entry
of the agent file that names it. Source of the shapes: the vendors' documentation of their keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from urllib.parse import SplitResult

MIN_SECRET: Final = 16  # characters from which an opaque value counts as a secret whatever its name

# A vendor's hosts are those of its `base_url` in PROVIDERS, these, and what is below them.
_MORE_HOSTS: Final[dict[str, tuple[str, ...]]] = {
    "azure": ("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
    "cloudflare-workers-ai": ("gateway.ai.cloudflare.com",),
    "google": ("aiplatform.googleapis.com",),
}
_MORE_NAMES: Final = {"GEMINI_API_KEY": "google", "AZURE_OPENAI_API_KEY": "azure", "HUGGINGFACE_API_KEY": "huggingface"}
_SHAPES: Final = {
    "anthropic": r"sk-ant-",
    "openrouter": r"sk-or-",
    "openai": r"sk-(?:proj|svcacct|admin|None)-|sk-[A-Za-z0-9]{20}T3BlbkFJ",
    "google": r"AIza[A-Za-z0-9_\-]{20}|ya29\.",
    "groq": r"gsk_[A-Za-z0-9]{20}",
    "xai": r"xai-[A-Za-z0-9]{20}",
    "huggingface": r"hf_[A-Za-z0-9]{20}",
    "nvidia": r"nvapi-[A-Za-z0-9_\-]{20}",
    "cerebras": r"csk-[A-Za-z0-9]{20}",
    "fireworks": r"fw_[A-Za-z0-9]{20}",
    "together": r"tgp_v1_[A-Za-z0-9_\-]{20}",
}
_SHAPE: Final = re.compile("|".join(f"(?P<{name}>\\b(?:{shape}))" for name, shape in _SHAPES.items()))
_SECRET_NAME: Final = re.compile(r"key|token|secret|pass|pwd|auth|cred|cookie|session|sig", re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(
    r"(?:^|_)(?:id|uuid|url|uri|host|domain|region|zone|name|model|version|user|email|lang|locale|date|path|title)$",
    re.IGNORECASE,
)
_OPAQUE: Final = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+=~\-]+")


def _names() -> dict[str, str]:
    """The names of vendors' keys in env, each with its vendor (a key of PROVIDERS)."""
    found = {known.token_key: vendor for vendor, known in reversed(PROVIDERS.items()) if known.token_key}
    return found | _MORE_NAMES


_NAMES: Final = _names()


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one session's env. `allowed` are hosts to which the embedder lets vendors' keys go.

    An allowed host is a name, `*.name` for those below it, or a name with a port.
    """

    env: Mapping[str, str]
    allowed: Collection[str] = ()

    def is_secret(self, name: str) -> bool:
        """Whether the value of this name must stay out of texts and addresses: by its name, its shape, or its use."""
        value = self.env.get(name, "")
        if not value:
            return False
        if self.vendor(name) or _SECRET_NAME.search(name):
            return True
        if any(value == other or (len(other) >= MIN_SECRET and other in value) for other in self._named()):
            return True
        return len(value) >= MIN_SECRET and not _PLAIN_NAME.search(name) and bool(_OPAQUE.fullmatch(value))

    def values(self) -> frozenset[str]:
        """The values that must never be shown."""
        return frozenset(self.env[name] for name in self.env if self.is_secret(name))

    def vendor(self, name: str) -> str:
        """The vendor whose key the value of this name is, "" for none: by a name it has in env, or by its shape."""
        value = self.env.get(name, "")
        for other in (name, *self.env):
            if other in _NAMES and value and self.env.get(other, "") == value:
                return _NAMES[other]
        found = _SHAPE.search(value)
        return (found.lastgroup or "") if found else ""

    def objection(self, name: str, url: str) -> str:
        """Why the value of this name must not be sent to `url`, an entry of the file that names it; "" if it may."""
        vendor = self.vendor(name)
        host = host_of(url)
        if not vendor or is_vendors(vendor, host) or is_loopback(host) or self._is_allowed(url):
            return ""
        port = _split(url).port
        place = f"{host}:{port}" if port else host
        return (
            f"would send {name}, a key of {vendor}, to {place or 'a host that is not known'}: use a key of that host, "
            f'or allow it (allowHosts: ["{place}"])'
        )

    def _named(self) -> list[str]:
        return [value for name, value in self.env.items() if value and (name in _NAMES or _SECRET_NAME.search(name))]

    def _is_allowed(self, url: str) -> bool:
        host, port = host_of(url), _split(url).port
        for pattern in self.allowed:
            name, _, number = pattern.lower().partition(":")
            below = name.removeprefix("*.")
            fits = host.endswith(f".{below}") if name.startswith("*.") else host == name
            if fits and (not number or number == str(port or "")):
                return True
        return False


def host_of(url: str) -> str:
    """The host of a URL, in lower case and without a final dot; "" where there is none."""
    try:
        return (_split(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _split(url: str) -> SplitResult:
    """The parts of a URL as a browser reads them: it takes a backslash for a slash, which ends the host."""
    return urlsplit(url.replace("\\", "/"))


def is_vendors(vendor: str, host: str) -> bool:
    """Whether a host is one of a vendor's."""
    known = PROVIDERS[vendor].base_url
    hosts = ((host_of(known),) if "$" not in known.partition("://")[2].partition("/")[0] else ()) + _MORE_HOSTS.get(
        vendor, ()
    )
    return any(host == own or host.endswith(f".{own}") for own in hosts if own)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
