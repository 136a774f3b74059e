"""Most events of a stream differ from the one before only in their text: those need not be parsed.

Parsing JSON is half of what a delta costs. So when two events in a row came to nothing but their text, and are equal
around it, the events that follow and are equal there too mean the same with another text. Anything else is fed to the
format's decoder, and starts this over: nothing is known about any format here, and no state of a decoder is skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..sse import ServerSentEvent
    from .assembly import Assembly
    from .base import StreamDecoder

# Some servers put a random field, or a rising number, into each event: after this many patterns without use, no more.
MAX_PATTERNS: Final = 8


class Shortcut:
    """Feeds a decoder, past which it takes the text of events that are like those before."""

    def __init__(self, decoder: StreamDecoder, assembly: Assembly) -> None:
        self._decoder = decoder
        self._assembly = assembly
        # What stands before and after the text (after: the quote at least), and the event's name.
        self._before = self._after = self._name = ""
        self._proven = False  # two events have shown what the pattern means
        self._left = MAX_PATTERNS

    def feed(self, events: Iterable[ServerSentEvent]) -> None:
        """Take events up to the end marker. Raises as `StreamDecoder.feed`."""
        assembly, decoder = self._assembly, self._decoder
        for event in events:
            if self._proven and (text := self._text_in(event)):
                assembly.text(text)
                continue
            told = assembly.waiting
            count = len(told)
            decoder.feed(event)
            if decoder.ended:
                return
            only_text = len(told) == count + 1 and told[-1].type == "text_delta"
            self._learn(event, told[-1].text if only_text else "")

    def _text_in(self, event: ServerSentEvent) -> str:
        """The text of an event that has the pattern; "" if it has not, or if its text is not JSON."""
        data, before, after = event.data, self._before, self._after
        if not (data.startswith(before) and data.endswith(after) and event.event == self._name):
            return ""
        text = data[len(before) : -len(after)]  # "" where the two overlap
        if text.isprintable() and '"' not in text and "\\" not in text:
            return text
        try:
            return str(from_json(f'"{text}"'))
        except ValueError:
            return ""

    def _learn(self, event: ServerSentEvent, text: str) -> None:
        """See what an event shows that the decoder took for `text` and nothing else; "" if it was something else."""
        if text and self._after and self._text_in(event) == text:
            self._proven, self._left = True, MAX_PATTERNS
            return
        self._after, self._proven = "", False
        if not (text and self._left):
            return
        # Where the text stands in the data, if it does so just once and as it is.
        data, quoted = event.data, f'"{text}"'
        at = data.find(quoted)
        if at >= 0 and data.find(quoted, at + 1) < 0:
            self._left -= 1
            self._before, self._after = data[: at + 1], data[at + len(quoted) - 1 :]
            self._name = event.event
