"""The header `WWW-Authenticate` of a 401 or 403: RFC 9110 section 11, RFC 6750, RFC 9728 section 5.1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_HEADER: Final = 16_000  # characters
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PIECE: Final = re.compile(
    rf"""[\s,]+
        |(?P<name>{_TOKEN})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]+))
        |(?P<scheme>{_TOKEN})(?=[\s,]|\Z)
        |[^\s,]+  # token68, or anything else
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for; "" for what it does not tell."""

    resource_metadata: str = ""
    scope: str = ""
    error: str = ""


def read_challenge(header: str | None) -> Challenge:
    """The `Bearer` challenge of a header that may have several. A header that is hidden or damaged tells nothing."""
    found: dict[str, str] = {}
    scheme = ""
    for piece in _PIECE.finditer((header or "")[:MAX_HEADER]):
        if piece["scheme"]:
            scheme = piece["scheme"].lower()
        elif piece["name"] and scheme == "bearer":
            value = piece["plain"] if piece["quoted"] is None else re.sub(r"\\(.)", r"\1", piece["quoted"])
            found.setdefault(piece["name"].lower(), value)
    return Challenge(*(found.get(name, "") for name in ("resource_metadata", "scope", "error")))
