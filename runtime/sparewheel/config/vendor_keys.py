"""Which secret may go to which host: decided by its value, not only by its name.

A vendor's key is known by its name in env (`OPENAI_API_KEY`) or by the shape of its value (`sk-ant-…`). It goes to
that vendor's hosts, to loopback, and to hosts that the embedder allows. Any other secret goes to the host of the entry
of the agent file that names it. Source of the shapes: the vendors' documentation of their keys.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..redaction.redact import redact
from ..redaction.sought import Sought
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
    "deepseek": r"sk-[0-9a-f]{32}(?![A-Za-z0-9_\-])",
}
_SHAPE: Final = re.compile("|".join(f"(?P<{name}>\\b(?:{shape}))" for name, shape in _SHAPES.items()))
_SECRET_NAME: Final = re.compile(r"key|token|secret|pass|pwd|auth|cred|cookie|session|sig", re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(
    r"(?:^|_)(?:id|uuid|url|uri|host|domain|region|zone|name|model|version|user|email|lang|locale|date|path|title)$",
    re.IGNORECASE,
)
_OPAQUE: Final = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+=~\-]+")
_RUN: Final = re.compile(rf"[A-Za-z0-9+=~]{{{MIN_SECRET},}}")
_CLEAR: Final = re.compile(r"(?:[^@]*@)?(?:[^\[\]%@:]+|\[[0-9a-fA-F:.]+\])(?::\d*)?")  # an authority of one reading
_PRIVATE_KEY: Final = "-----BEGIN "
# What build tools and second keys add to the name of a variable.
_ADDED: Final = re.compile(r"^(?:VITE|NEXT_PUBLIC|REACT_APP|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC)_|_?\d+$")


def _names() -> dict[str, str]:
    """The names of vendors' keys in env, each with its vendor (a key of PROVIDERS)."""
    found = {name: vendor for vendor, known in reversed(PROVIDERS.items()) for name in known.keys}
    return found | _MORE_NAMES


_NAMES: Final = _names()


def vendor_of_name(name: str) -> str:
    """The vendor (a key of PROVIDERS) whose key has this name in env; "" for none."""
    return _NAMES.get(name, "")


class Secrets:
    """The secrets of one session's env. `allowed` are hosts to which the embedder lets vendors' keys go.

    An allowed host is a name, `*.name` for those below it, or a name with a port.
    """

    def __init__(self, env: Mapping[str, str], allowed: Collection[str] = ()) -> None:
        self.env = env
        self._allowed = allowed
        self._vendors = {name: vendor for name, value in env.items() if value and (vendor := _vendor_of(name, value))}
        named = [value for name, value in env.items() if value and (name in self._vendors or _SECRET_NAME.search(name))]
        self._named = frozenset(named)

    @cached_property
    def _copies(self) -> Sought:
        return Sought(value for value in self._named if len(value) >= MIN_SECRET)

    def is_secret(self, name: str) -> bool:
        """Whether the value of this name must stay out of texts and addresses: by its name, or by its value."""
        value = self.env.get(name, "")
        if not value:
            return False
        if name in self._vendors or _SECRET_NAME.search(name) or value in self._named:
            return True
        if _looks_secret(value) or (not _PLAIN_NAME.search(name) and _is_opaque(value)):
            return True
        return len(value) >= MIN_SECRET and bool(self._copies.spans(value))

    def is_plain(self, name: str) -> bool:
        """Whether a name tells that its value is no secret, as `REGION` does."""
        return bool(_PLAIN_NAME.search(name))

    def values(self) -> frozenset[str]:
        """The values that must never be shown."""
        return frozenset(self.env[name] for name in self.env if self.is_secret(name))

    def vendor(self, name: str) -> str:
        """The vendor whose key the value of this name is or contains, also encoded; "" for none."""
        if name in self._vendors:
            return self._vendors[name]
        value = self.env.get(name, "")
        for other, vendor in self._vendors.items():
            known = self.env[other]
            if value == known or (len(value) > len(known) >= MIN_SECRET and Sought([known]).spans(value)):
                return vendor
        return ""

    def objection(self, name: str, url: str) -> str:
        """Why the value of this name must not be sent to `url`, an entry of the file that names it; "" if it may."""
        vendor = self.vendor(name)
        host = host_of(url)
        if not vendor or is_loopback(host) or self._is_allowed(url):
            return ""
        if not is_vendors(vendor, host):
            place = place_of(url)
            return (
                f"would send {name}, a key of {vendor}, to {place or 'a host that is not known'}: use a key of that "
                f'host, or allow it (allowHosts: ["{place}"])'
            )
        if not url.lower().startswith("https:"):
            return f"would send {name}, a key of {vendor}, over a connection that is not encrypted: use https://"
        return ""

    def foreign(self, name: str, url: str, home: str) -> str:
        """Why a value that the entry with the address `home` names must not be sent to `url`; "" if it may.

        A model can override the address of its provider, but not take the provider's secrets there. Values that are no
        secrets may go; about vendors' keys `objection` decides.
        """
        if self.vendor(name) or (self.is_plain(name) and not self.is_secret(name)):
            return ""
        host = host_of(url)
        encrypted = url.lower().startswith("https:") or not home.lower().startswith("https:") or is_loopback(host)
        if (host and host == host_of(home) and encrypted) or self._is_allowed(url):
            return ""
        place = place_of(url) or "a host that is not known"
        if host == host_of(home):
            return f"would send {name} over a connection that is not encrypted: use https://"
        return (
            f"would send {name}, which the provider names for {place_of(home)}, to {place}: name it in the model, or "
            f'allow the host (allowHosts: ["{place_of(url)}"])'
        )

    def _is_allowed(self, url: str) -> bool:
        return is_allowed(url, self._allowed)


def is_allowed(url: str, allowed: Collection[str]) -> bool:
    """Whether the host of a URL is among those that the embedder allows; see `Secrets`."""
    host, port = host_of(url), _port(url)
    for pattern in allowed:
        name, _, number = pattern.lower().partition(":")
        below = name.removeprefix("*.")
        fits = host.endswith(f".{below}") if name.startswith("*.") else host == name
        if fits and (not number or number == port):
            return True
    return False


def _vendor_of(name: str, value: str) -> str:
    """The vendor of a key by its name in env, or by the shape of its value."""
    if vendor := _NAMES.get(name) or _NAMES.get(_ADDED.sub("", name.upper())):
        return vendor
    found = _SHAPE.search(value)
    return (found.lastgroup or "") if found else ""


def _looks_secret(value: str) -> bool:
    """Whether a value has the form of a secret: a key, a token, a private key, an address with a password."""
    return _PRIVATE_KEY in value or redact(value) != value


def _is_opaque(value: str) -> bool:
    """Whether a value is a long word of letters and digits, or has one in it and no space."""
    if len(value) < MIN_SECRET or " " in value:
        return False
    return bool(_OPAQUE.fullmatch(value)) or any(map(_OPAQUE.fullmatch, _RUN.findall(value)))


def host_of(url: str) -> str:
    """The host of a URL, in lower case and without a final dot; "" where there is none, or parsers may disagree."""
    try:
        parts = _split(url)
        return (parts.hostname or "").rstrip(".").lower() if _CLEAR.fullmatch(parts.netloc) else ""
    except ValueError:
        return ""


def place_of(url: str) -> str:
    """The host of a URL, with its port if it has one: what `allowHosts` takes."""
    host, port = host_of(url), _port(url)
    return f"{host}:{port}" if port else host


def _port(url: str) -> str:
    try:
        return str(_split(url).port or "")
    except ValueError:
        return ""


def _split(url: str) -> SplitResult:
    """The parts of a URL as a browser reads them: it takes a backslash for a slash, which ends the host."""
    return urlsplit(url.replace("\\", "/"))


def is_vendors(vendor: str, host: str) -> bool:
    """Whether a host is one of a vendor's."""
    return any(host == own or host.endswith(f".{own}") for own in _hosts(vendor))


@cache
def _hosts(vendor: str) -> tuple[str, ...]:
    known = PROVIDERS[vendor].base_url
    own = "" if "$" in known.partition("://")[2].partition("/")[0] else host_of(known)
    return (*([own] if own else []), *_MORE_HOSTS.get(vendor, ()))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
