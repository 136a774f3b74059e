"""Which documents of a session `docs` of an agent file names: by name, by folder, or by a pattern."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..errors.validation import shown
from ..patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..errors.validation import Path

_MAX_LISTED: Final = 10  # names of documents in an error
_SPECIAL: Final = re.compile(r"[.^$*+?()\[\]{}|\\#&~-]")
_PIECES: Final = re.compile(r"\*\*/|\*+|\?|[^*?]+")


def unmatched(path: Path, pattern: str, names: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """The reason why a pattern of `docs` cannot be used: it is too long, or names none of these documents."""
    names = list(names)
    try:
        if chosen([pattern], names):
            return
    except ValueError as error:
        yield path, str(error)
        return
    listed = ", ".join(shown(name) for name in names[:_MAX_LISTED]) or "none"
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    yield path, f"{shown(pattern)} names no document of the session; there are: {listed}{more}"


def chosen(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """The names that one of the patterns stands for; without any pattern, all of them.

    `*` and `?` stand for characters of one part of a path, `**` for any number of parts. Raises `ValueError` for a
    pattern that is too long.
    """
    expressions = [compiled(_expression(pattern), entire=True) for pattern in patterns]
    return [name for name in names if not expressions or any(each.search(_plain(name)) for each in expressions)]


def _expression(pattern: str) -> str:
    pattern = _plain(pattern)
    if not any(sign in pattern for sign in "*?"):
        return f"{_literal(pattern)}(?:/(?s:.*))?" if pattern else "(?s:.*)"
    return "".join(map(_piece, _PIECES.findall(pattern)))


def _piece(piece: str) -> str:
    if piece == "**/":
        return "(?:(?s:.*)/)?"
    if piece.startswith("*"):
        return "(?s:.*)" if len(piece) > 1 else "[^/]*"
    return "[^/]" if piece == "?" else _literal(piece)


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _plain(name: str) -> str:
    """A path without empty parts and `.`."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
