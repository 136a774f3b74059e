"""Keys that stand in an agent file itself, where only their names should be: such a file must not be passed on.

The rules are those by which texts that are shown are redacted, and these: a long hexadecimal number, and a literal
value where a file has a secret (a header such as `x-api-key`, `client_secret`, `token_key` with a value for a name).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

from ..redaction.redact import redact_in_slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..errors.validation import Path
    from ..slices import Slices
    from .schema import AgentFile

# Digests stand after `sha256=`, `@` or in paths.
_HEX: Final = re.compile(r"(?<![\w/#=:@+.\-])(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{32,}(?![\w\-])", re.IGNORECASE)
_SECRET_HEADER: Final = re.compile(r"key|token|secret|pass|auth|cred|cookie|session|signature", re.IGNORECASE)
_EXPRESSION: Final = re.compile(r"\$\{(?:env\.)?[A-Za-z_][A-Za-z0-9_]{0,100}\}")  # the name of a value, not the value
_SCHEME: Final = re.compile(r"^\s*[A-Za-z]+\s+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MIN_LITERAL: Final = 8  # characters of a literal value in a secret's place that count as a key
_MIN_OPAQUE: Final = 20  # characters of a name that must be none
_PIECE: Final = 32 * 1024  # characters in one slice
_OVERLAP: Final = 256
_EACH: Final = 100  # characters in whose time a value is visited


def line_of_key(text: str, file: AgentFile) -> Slices[int | None]:
    """The first line of a file, from 1, that looks as if it had a key in it; None if there is none.

    Args:
        text: its YAML, comments included.
        file: what was read from it. Its values may be keys that the text has escaped, or in pieces.
    """
    text = _without_names(text)
    clean = yield from redact_in_slices(text)
    if clean != text:
        at = bisect_left(range(len(text)), True, key=lambda length: clean[: length + 1] != text[: length + 1])
        return text.count("\n", 0, at) + 1
    for start in range(0, len(text), _PIECE):
        if found := _HEX.search(text, start, start + _PIECE + _OVERLAP):
            return text.count("\n", 0, found.start()) + 1
        yield
    looked_at = 0
    for path, value in _values(file.model_dump(exclude_defaults=True, by_alias=True), ()):
        looked_at += len(value) + _EACH
        if looked_at > _PIECE:
            looked_at = 0
            yield
        value = _without_names(value)
        clean = yield from redact_in_slices(value)
        if clean != value or _HEX.search(value) or _is_literal_secret(path, value):
            position = file.position(path)
            return position[0] if position else 1
    return None


def _values(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _values(inner, (*path, index))


def _without_names(text: str) -> str:
    """A text of the same length, with blanks for names of env."""
    return _EXPRESSION.sub(lambda match: " " * len(match[0]), text)


def _is_literal_secret(path: Path, value: str) -> bool:
    name, around = str(path[-1]), str(path[-2]) if len(path) > 1 else ""
    if name == "token_key":
        return len(value) >= _MIN_OPAQUE and (
            not _NAME.fullmatch(value) or (_has_digits(value) and value.upper() != value)
        )
    if name in ("client_secret", "clientSecret") or (
        around in ("headers", "http_headers") and _SECRET_HEADER.search(name)
    ):
        return len(_SCHEME.sub("", value).strip()) >= _MIN_LITERAL
    return False


def _has_digits(value: str) -> bool:
    return any(char.isdigit() for char in value)
