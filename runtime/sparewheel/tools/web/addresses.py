"""Which addresses a tool may request: each URL is read once, checked, and requested in the form that was checked.

A model's URL may be hostile: `http://127.1/`, full-width digits, `user@host`. `transports.urls` reads it as the browser
will; the rules below look at the host that comes out of that. White space, backslashes and
credentials are refused before that, because they are ambiguous.

A page cannot look up a name. A public name that resolves to a private address is left to the browser's own rules for
local networks.
"""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

from ...errors import ConfigError
from ...transports.base import Url
from ...transports.urls import read_url
from ..base import ToolError
from ..toolset import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Pattern: TypeAlias = Callable[[str], bool]

MAX_URL: Final = 8_000  # characters
MAX_HOST: Final = 253  # characters, the limit of DNS
_HTTP: Final = re.compile(r"https?://", re.IGNORECASE)
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\]")
_HALF: Final = re.compile(r"[\ud800-\udfff]")
_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_PRIVATE_NAMES: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa")
_IPV4_INSIDE: Final = (ip_network("64:ff9b::/96"), ip_network("::/96"))  # RFC 6052 (NAT64), RFC 4291 2.5.5.1
_LOCAL_NAT64: Final = ip_network("64:ff9b:1::/48")  # RFC 8215

Address: TypeAlias = IPv4Address | IPv6Address


class AddressRules:
    """What a toolset's options allow.

    A pattern is a name (it and all below), `.name` or `*.name` (only what is below), an address, or a range of
    addresses (`10.0.0.0/8`).

    Args:
        allowed: patterns of the only hosts that may be requested; empty: any.
        blocked: patterns of hosts that may not be requested.
        private: whether hosts of private networks may be requested.

    Raises:
        ConfigError: something is not a pattern.
    """

    def __init__(self, allowed: Iterable[str] = (), blocked: Iterable[str] = (), private: bool = False) -> None:
        self.allowed = tuple(allowed)
        self.private = private
        self._allowed = [_pattern(text) for text in self.allowed]
        self._blocked = [_pattern(text) for text in blocked]

    @property
    def any_domain(self) -> bool:
        """Whether neither `allowed` nor `blocked` names a domain."""
        return not (self._allowed or self._blocked)

    def check(self, text: str) -> Url:
        """The URL that may be requested. Raises `ToolError` that tells why it may not."""
        url = normalise(text)
        if any(matches(url.host) for matches in self._blocked):
            raise ToolError(f"The host {url.host} is blocked by blocked_domains. Use another source.")
        if self._allowed and not any(matches(url.host) for matches in self._allowed):
            raise ToolError(f"The host {url.host} is not in allowed_domains: {', '.join(self.allowed)[:500]}.")
        if not self.private and _is_private(url.host):
            raise ToolError(f"The host {url.host} is in a private network, which needs allow_private_ips: true.")
        return url


def normalise(text: str) -> Url:
    """Read a URL that a tool could request. A dot at the end of its host is dropped. Raises `ToolError`."""
    text = text.strip()
    if len(text) > MAX_URL:
        raise ToolError(f"The URL is longer than {MAX_URL} characters.")
    if _AMBIGUOUS.search(text):
        raise ToolError(f"{shown(text)} is not a URL: it holds a space, a backslash or a control character.")
    if _HALF.search(text):
        raise ToolError("The URL holds half a character (a lone surrogate).")
    scheme = _HTTP.match(text)
    if scheme is None:
        raise ToolError(f"{shown(text)} cannot be requested: only http:// and https:// URLs can.")
    authority = re.split("[/?#]", text[scheme.end() :], maxsplit=1)[0]
    if "@" in authority:
        raise ToolError("The URL holds a user name or password. Leave it out.")
    try:
        url = read_url(text) if authority else None
    except ValueError:
        url = None
    if url is None:
        raise ToolError(f"{shown(text)} is not a URL: its host or its port is not valid.")
    host = url.host.removesuffix(".")
    if ":" not in host and (len(host) > MAX_HOST or not _NAME.fullmatch(host)):
        raise ToolError(f"{shown(text)} is not a URL: its host is not a domain name.")
    return replace(url, host=host)


def _address(host: str) -> Address | None:
    """The address that a host leads to, None for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def _is_private(host: str) -> bool:
    address = _address(host)
    if address is None:
        return "." not in host or any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES)
    if isinstance(address, IPv6Address):
        if any(address in network for network in _IPV4_INSIDE):
            address = IPv4Address(int(address) & 0xFFFFFFFF)
        else:
            address = address.sixtofour or address
    return not address.is_global or address.is_multicast or address in _LOCAL_NAT64


def _pattern(text: str) -> Pattern:
    """The test of a host that a pattern of the agent file stands for. Raises `ConfigError`."""
    if "/" in text:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            raise _not_a_domain(text) from None
        return lambda host: (address := _address(host)) is not None and address in network
    name = text.strip()
    name = name[1:] if name.startswith("*.") else name
    host = _pattern_host(name.removeprefix("."), text)
    if name.startswith("."):
        return lambda other: other.endswith(f".{host}")
    wanted = _address(host)
    if wanted is not None:
        return lambda other: _address(other) == wanted
    return lambda other: other == host or other.endswith(f".{host}")


def _pattern_host(name: str, text: str) -> str:
    try:
        bare = name.strip("[]")
        url = normalise(f"http://[{bare}]" if ":" in bare else f"http://{name}")
    except ToolError:
        raise _not_a_domain(text) from None
    if url != Url("http", url.host, None, "/", ""):
        raise _not_a_domain(text)
    return url.host


def _not_a_domain(text: str) -> ConfigError:
    return ConfigError(f"{text!r} is not a domain.", "Write example.com, *.example.com, an address or a range.")
