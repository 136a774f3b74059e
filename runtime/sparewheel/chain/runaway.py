"""Answers without end: too long, the same words again and again, or more blocks and calls than an answer has.

Such an attempt fails and the next model is asked. The limits are far above what honest answers contain. Equal lines (of
tables, CSV, code, lists) count as a loop only above `MAX_REPEATED_LINES`, text without spaces (base64, digits) never.
The cost is constant per chunk, and per character that of copying it a few times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError
from ..errors.hints import hint_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import Kind
    from ..events import Event
    from ..providers.assembly import Assembly

MAX_BLOCKS: Final = 16_384  # of one answer, tool calls included
MAX_CALLS: Final = 1_024  # tool calls in one answer, of which the agent runs fewer
MAX_REPEATED: Final = 32 * 1024  # characters of the same words again and again, without a line break
MAX_REPEATED_LINES: Final = 2 * 1024 * 1024  # characters of the same lines again and again
MAX_PERIOD: Final = 4 * 1024  # characters that are repeated; longer repetitions are not detected

_STEP: Final = MAX_REPEATED // 4  # characters after which the end of the answer is examined again
_FLOOD_HINT: Final = "The model, or a proxy on the way, sends more than any answer contains. Try another model."


class Runaway:
    """Watches one answer as it grows. `max_bytes` limits its text, reasoning and tool calls; 0 is no limit."""

    def __init__(self, assembly: Assembly, max_bytes: int) -> None:
        self._assembly = assembly
        self._max_bytes = max_bytes
        # Sizes of the answer, in characters, at which something is examined again.
        self._measure_at = max_bytes // 4 + 1  # each character has at most 4 bytes
        self._words_at = MAX_REPEATED
        self._lines_at = MAX_REPEATED_LINES
        self._index: int | None = None  # of the block that grew last
        self._seen = 0  # its pieces that are in the tail
        self._tail = ""

    def excess(self, batch: Sequence[Event]) -> ProviderError | None:
        """The error of an answer that `batch` has taken past a limit."""
        assembly = self._assembly
        size = assembly.size
        if self._max_bytes and size >= self._measure_at and self._is_too_long(size):
            return _failure("response_too_large", f"The answer is longer than {self._max_bytes} bytes and was cut off.")
        if len(assembly.blocks) > MAX_CALLS:
            if assembly.calls > MAX_CALLS:
                return _failure("response_too_large", f"The answer has more than {MAX_CALLS} tool calls.", _FLOOD_HINT)
            if len(assembly.blocks) > MAX_BLOCKS:
                return _failure("response_too_large", f"The answer has more than {MAX_BLOCKS} blocks.", _FLOOD_HINT)
        if size >= self._words_at and self._repeats(batch, size):
            return _failure("loop", "The model repeats the same words again and again.")
        return None

    def _is_too_long(self, size: int) -> bool:
        left = self._max_bytes - self._assembly.measure()
        self._measure_at = size + left // 4 + 1
        return left < 0

    def _repeats(self, batch: Sequence[Event], size: int) -> bool:
        """Whether the block that grew last ends with the same words, or the same lines, again and again."""
        self._words_at = size + _STEP
        index = next((event["index"] for event in reversed(batch) if "index" in event), None)
        if index is None:
            return False
        if index != self._index:
            self._index, self._seen, self._tail = index, 0, ""
        pieces = self._assembly.pieces(index)
        self._tail = (self._tail + "".join(pieces[self._seen :]))[-MAX_REPEATED:]
        self._seen = len(pieces)
        if len(self._tail) < MAX_REPEATED:
            return False
        if _is_blank(self._tail):
            return True
        repeated = _period(self._tail)
        if not repeated:
            return False
        # Twice, because it may begin in the middle of an escape of a tool call's arguments.
        if "\n" in repeated or "\\n" in 2 * repeated:
            if size < self._lines_at:
                return False
            self._lines_at = size + MAX_REPEATED_LINES // 4
            text = "".join(pieces)[-MAX_REPEATED_LINES:]
            return len(text) == MAX_REPEATED_LINES and bool(_period(text))
        return not repeated.isascii() or any(char.isspace() for char in repeated)


def _is_blank(text: str) -> bool:
    """Whether it is only space, or only escapes of space as in the arguments of a tool call."""
    return text.isspace() or ("\\" in text and not text.strip("\\nrt \n\r\t"))


def _period(text: str) -> str:
    """What the whole of `text` repeats; "" if it does not, or if that is longer than `MAX_PERIOD`.

    The last `MAX_PERIOD` characters stand one period before the end as well, and not at a shorter distance.
    """
    end = text[-2 * MAX_PERIOD :][::-1]
    distance = end.find(end[:MAX_PERIOD], 1)
    return text[-distance:] if distance > 0 and text[distance:] == text[:-distance] else ""


def _failure(kind: Kind, message: str, hint: str = "") -> ProviderError:
    return ProviderError(ErrorInfo(kind, message, hint or hint_for(kind)))
