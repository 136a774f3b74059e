"""`read_url` outside browsers. Not part of the browser bundle.

Hosts follow the URL standard: percent-decoding, domain to ASCII (UTS 46, non-transitional, by the tables of the `idna`
package), and IPv4 addresses in decimal, octal or hexadecimal parts. The tests compare it with `URL` of Node.

`idna.encode` would not do: it also applies the rules of IDNA 2008, and so refuses names that browsers ask for, such as
those with an emoji or an underscore.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, unquote_to_bytes

import idna

from .base import Url

_URL: Final = re.compile(r"(https?)://([^/?#]+)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]\\]+)(?::([0-9]*))?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")  # in the ASCII form of a domain
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")
_JOINERS: Final = "\u200c\u200d"
_RIGHT_TO_LEFT: Final = ("R", "AL", "AN")
_IN_PATH: Final = "/%:@!$&'()*+,;=~-._"
_IN_QUERY: Final = "/%:@!$&'()*+,;=~-._?[]{}|^`"


def read_url(url: str) -> Url:
    """Read an absolute http(s) URL that has no user name or password. Raises `ValueError`."""
    match = _URL.fullmatch(url)
    authority = match and _AUTHORITY.fullmatch(match[2])
    if match is None or authority is None:
        raise ValueError("not an http(s) URL with a host and nothing else before the path")
    scheme, port = match[1].lower(), int(authority[2] or _DEFAULT_PORTS[match[1].lower()])
    if port > 65535:
        raise ValueError("the port is not between 0 and 65535")
    query = "" if match[4] in (None, "?") else quote(match[4], safe=_IN_QUERY)
    return Url(
        scheme,
        _host(authority[1]),
        None if port == _DEFAULT_PORTS[scheme] else port,
        quote(match[3] or "/", safe=_IN_PATH),
        query,
    )


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(IPv6Address(text[1:-1]))
    host = _to_ascii(unquote_to_bytes(text).decode("utf-8", "replace"))
    if not host or _FORBIDDEN.search(host):
        raise ValueError("the host is empty or holds a character that no host can hold")
    labels = host.removesuffix(".").split(".")
    if labels[-1].isdecimal() or re.fullmatch("0x[0-9a-f]*", labels[-1]):
        return str(_ipv4(labels))
    return host


def _to_ascii(domain: str) -> str:
    """A domain in the form that is looked up. Raises `ValueError`, of which `idna.IDNAError` is one."""
    labels = [_unicode(label) for label in idna.uts46_remap(domain, std3_rules=False).split(".")]
    bidirectional = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for label in labels for char in label)
    return ".".join(_ascii(label, bidirectional) for label in labels)


def _unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    decoded = label[4:].encode("ascii").decode("punycode")
    if decoded.isascii() or idna.uts46_remap(decoded, std3_rules=False) != decoded:
        raise ValueError(f"{label} is not the ASCII form of a name")
    return decoded


def _ascii(label: str, bidirectional: bool) -> str:
    if bidirectional and label:
        idna.check_bidi(label, check_ltr=True)
    if label.isascii():
        return label
    idna.check_initial_combiner(label)
    for place, char in enumerate(label):
        if char in _JOINERS and not idna.valid_contextj(label, place):
            raise ValueError("a joiner stands where none can stand")
    return "xn--" + label.encode("punycode").decode("ascii")


def _ipv4(parts: list[str]) -> IPv4Address:
    """An address in any form that browsers read: `127.1`, `0x7f000001`, `0177.0.0.1`."""
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ValueError("not an IPv4 address")
    *leading, rest = [_number(part) for part in parts]
    if any(byte > 255 for byte in leading) or rest >= 256 ** (4 - len(leading)):
        raise ValueError("not an IPv4 address")
    return IPv4Address(sum(byte << 8 * (3 - place) for place, byte in enumerate(leading)) + rest)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") else int(part)


def _ipv6(address: IPv6Address) -> str:
    mapped = address.ipv4_mapped
    if mapped is None:
        return str(address)
    return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"  # as the standard has it; Python 3.13 has dots
