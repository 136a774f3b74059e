"""What the code raised, as its author needs it: the lines of the code, and none of the library's or the harness's."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_TEXT: Final = 8_000  # characters of a traceback
MAX_MESSAGE: Final = 1_000  # characters of the last line
_MAX_CHAIN: Final = 50  # exceptions of one traceback: causes, contexts and those in groups
_HEADER: Final = "Traceback (most recent call last):\n"


def describe(error: BaseException, is_own: Callable[[str], bool]) -> dict[str, Any]:
    """`{type, message, text, line}` of an exception. `is_own` tells whether a file is one of the code's.

    `line` is that of the code where it was raised or called, None if it has none. Raises nothing.
    """
    kind = type(error).__name__
    try:
        told = traceback.TracebackException.from_exception(error)
        for each in _all(told):
            each.stack[:] = [frame for frame in each.stack if is_own(frame.filename)]
        line = told.stack[-1].lineno if told.stack else _line_of_syntax(error, is_own)
        text = "".join(told.format()).replace(_HEADER, "", 1) if not told.stack else "".join(told.format())
        last = "".join(told.format_exception_only()).strip().rpartition("\n")[2]
    except BaseException as failed:  # the exception's own methods may do anything
        line, text, last = None, "", f"{kind} (its text cannot be shown: {type(failed).__name__})"
    head, _, rest = last.partition(": ")
    message = rest if head.rpartition(".")[2] == kind else last
    return {"type": kind, "message": cut(message, MAX_MESSAGE), "text": cut(text or last, MAX_TEXT), "line": line}


def cut(text: str, limit: int) -> str:
    """The text without its middle if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n… {len(text) - head - tail} characters …\n{text[-tail:]}"


def _all(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """The exception, its causes and contexts, and those in groups. The farthest ones are cut off."""
    waiting, seen = [told], 0
    while waiting:
        each = waiting.pop()
        seen += 1
        yield each
        others = [each.__cause__, each.__context__, *(each.exceptions or ())]
        if seen + len(waiting) < _MAX_CHAIN:
            waiting += [other for other in others if other is not None]
        else:
            each.__cause__ = each.__context__ = each.exceptions = None


def _line_of_syntax(error: BaseException, is_own: Callable[[str], bool]) -> int | None:
    if isinstance(error, SyntaxError) and isinstance(error.lineno, int) and is_own(str(error.filename)):
        return error.lineno
    return None
