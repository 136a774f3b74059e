"""Which addresses a tool may ask: a URL is read once, strictly, and sent as it was read.

A model's URL may be hostile, and what reads it after us (the browser) reads leniently: backslashes, `0x7f.1`,
full-width digits, `user@host`. So everything that two readers could read differently is refused or written out, and the
URL that goes on is the one that was checked.

What cannot be done here: a page cannot look a name up, so a public name that leads to a private address is stopped by
the browser's own rules for local networks, not by these.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit, urlunsplit

from ...errors import ConfigError
from ..base import ToolError
from ..toolset import shown

MAX_URL: Final = 8_000  # characters
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")
_PRIVATE_NAMES: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")
_TRANSLATED: Final = ip_network("64:ff9b::/96")  # IPv4 addresses behind NAT64, RFC 6052
_DOTS: Final = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})

Address: TypeAlias = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What a toolset's options allow. A pattern is a name (it and all below), `.name` or `*.name` (only what is below),
    an address, or a range of addresses.
    """

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    private: bool = False

    def __post_init__(self) -> None:
        for pattern in (*self.allowed, *self.blocked):
            if not _is_pattern(pattern):
                raise ConfigError(
                    f"{pattern!r} is not a domain.", "Write example.com, *.example.com, an address or a range."
                )

    def check(self, url: str) -> str:
        """The URL in its one form, without a fragment. Raises `ToolError` that says why it must not be asked."""
        url, host = normalise(url)
        if any(_matches(host, pattern) for pattern in self.blocked):
            raise ToolError(f"The host {host} is blocked by blocked_domains. Use another source.")
        if self.allowed and not any(_matches(host, pattern) for pattern in self.allowed):
            raise ToolError(f"The host {host} is not in allowed_domains: {', '.join(self.allowed)[:500]}.")
        if not self.private and _is_private(host):
            raise ToolError(f"The host {host} is in a private network, which needs allow_private_ips: true.")
        return url


def normalise(url: str) -> tuple[str, str]:
    """A URL in its one form, and its host. Raises `ToolError`."""
    url = url.strip()
    if len(url) > MAX_URL:
        raise ToolError(f"The URL is longer than {MAX_URL} characters.")
    if _FORBIDDEN.search(url):
        raise ToolError(f"{shown(url)} is not a URL: it holds a space, a backslash or a control character.")
    try:
        parts = urlsplit(url)
        host, port, scheme = parts.hostname or "", parts.port, parts.scheme
    except ValueError as error:
        raise ToolError(f"{shown(url)} is not a URL: {error}.") from None
    if scheme not in _PORTS:
        raise ToolError(f"{shown(url)} cannot be asked: only http:// and https:// URLs can.")
    if "@" in parts.netloc:
        raise ToolError("The URL holds a user name or password. Leave it out.")
    host = _host(host)
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, _PORTS[scheme]):
        netloc += f":{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]{}|^`")
    return urlunsplit((scheme, netloc, path, query, "")), host


def origin(url: str) -> str:
    """Scheme, host and port of a normalised URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(host: str) -> str:
    name = unicodedata.normalize("NFKC", host.translate(_DOTS)).translate(_DOTS).lower()
    if ":" in name:
        address = _address(name)
        if address is None:
            raise ToolError(f"{shown(host)} is not a host.")
        return str(address)
    try:
        name = name.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise ToolError(f"{shown(host)} is not a host.")
    last = name.rpartition(".")[2]
    return str(_ipv4(name)) if last.isdigit() or re.fullmatch("0x[0-9a-f]*", last) else name


def _ipv4(host: str) -> IPv4Address:
    """An address in any of the forms that browsers take: `127.1`, `0x7f000001`, `0177.0.0.1`."""
    try:
        numbers = [_number(part) for part in host.split(".")]
        *bytes_, rest = numbers
        if len(numbers) > 4 or any(byte > 255 for byte in bytes_) or rest >= 256 ** (5 - len(numbers)):
            raise ValueError
        return IPv4Address(sum(byte << 8 * (3 - place) for place, byte in enumerate(bytes_)) + rest)
    except ValueError:
        raise ToolError(f"{shown(host)} is not a host.") from None


def _number(part: str) -> int:
    if len(part) > 20:
        raise ValueError
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") else int(part)


def _address(host: str) -> Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return None
        return address.ipv4_mapped or address
    return address


def _is_private(host: str) -> bool:
    address = _address(host)
    if address is None:
        names = any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES)
        return names or "." not in host
    if isinstance(address, IPv6Address):
        inner = address.sixtofour or (IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None)
        if inner is not None:
            address = inner
    return not address.is_global or address.is_multicast


def _is_pattern(pattern: str) -> bool:
    if "/" in pattern:
        try:
            ip_network(pattern, strict=False)
        except ValueError:
            return False
        return True
    name = _plain(pattern)
    return bool(_address(name) or _HOST.fullmatch(name.removeprefix(".")))


def _plain(pattern: str) -> str:
    """A pattern as hosts are written: `*.name` is `.name`, names in their ASCII form."""
    name = pattern.strip().lower().strip("[]").removesuffix(".")
    if name.startswith("*."):
        name = name[1:]
    address = _address(name)
    if address is not None:
        return str(address)
    try:
        return ("." if name.startswith(".") else "") + name.removeprefix(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _matches(host: str, pattern: str) -> bool:
    if "/" in pattern:
        address = _address(host)
        return address is not None and address in ip_network(pattern, strict=False)
    name = _plain(pattern)
    if name.startswith("."):
        return host.endswith(name)
    return host == name or (_address(host) is None and host.endswith(f".{name}"))
