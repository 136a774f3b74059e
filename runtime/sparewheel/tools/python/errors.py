"""Error texts about the user's Python code, for readers who can see that code only."""

from __future__ import annotations

from traceback import walk_tb
from typing import TYPE_CHECKING, Final

from ...redaction.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_MESSAGE: Final = 2_000  # characters
_MAX_LINE: Final = 200


def explain(error: BaseException, source: str, filename: str, secrets: Iterable[str] = ()) -> str:
    """The exception's type and message, and the innermost line of `source` that it came through.

    Lines of other files are not included. Never raises, even if the exception cannot be printed.
    """
    number = _line_number(error, filename)
    text = f"{type(error).__name__}: {_message(error)}".rstrip(": ")
    if number:
        lines = source.splitlines()
        line = lines[number - 1].strip()[:_MAX_LINE] if number <= len(lines) else ""
        text += f" ({filename}, line {number}{': ' + line if line else ''})"
    return redact(text, secrets)


def _message(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        return "(it cannot be printed)"
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}…"


def _line_number(error: BaseException, filename: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == filename:
        return error.lineno
    return next(
        (
            number
            for frame, number in reversed(list(walk_tb(error.__traceback__)))
            if frame.f_code.co_filename == filename
        ),
        None,
    )
