"""From bytes to server-sent events: the parser of the HTML standard, incremental and bounded in memory.

Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream". Pure: no I/O, no clock.

Kept by hand: it runs for every chunk of a stream and must limit the size of an event. httpx-sse is bound to its HTTP
client, sseclient-py reads blocking iterators without a limit.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from .errors import ErrorInfo, ProviderError

MAX_EVENT_SIZE: Final = 12 * 1024 * 1024  # a picture of 9 MB in base64
MAX_UNFRAMED: Final = 64 * 1024


@dataclass(slots=True)  # not frozen and not a named tuple: creating one, for every delta, costs a fifth
class ServerSentEvent:
    """One event. `retry` is the reconnection time in milliseconds that was last sent, None before the first."""

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None


class SSEDecoder:
    """Decodes one body, fed in chunks of any size.

    `unframed` has the lines that belong to no event, which the standard ignores: servers write errors there. It keeps
    the first `MAX_UNFRAMED` characters. `rest` has the data of the event that the end of the body cut.

    `feed` and `close` raise `ProviderError` (kind `server_error`) when one event is longer than `max_event_size`
    characters, so that a hostile or broken stream uses bounded memory.
    """

    def __init__(self, max_event_size: int = MAX_EVENT_SIZE) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._max = max_event_size
        self._size = 0  # characters in the data lines of the event being built
        self._started = False
        self._after_cr = False
        # An unfinished line is kept in pieces, because joining them at every feed would take quadratic time.
        self._pending: list[str] = []
        self._pending_size = 0
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        self._retry: int | None = None
        self._unframed: list[str] = []
        self._unframed_size = 0
        self.rest = ""

    @property
    def unframed(self) -> str:
        return "\n".join(self._unframed)

    @property
    def is_open(self) -> bool:
        """Whether there is text that belongs to no complete event."""
        return bool(self._pending or self._data or self._unframed)

    @property
    def bare_json(self) -> str:
        """The text outside of events up to now, an unfinished line included; "" unless it begins like JSON."""
        outside = self._unframed or self._pending
        if not outside or outside[0].lstrip(" \ufeff")[:1] not in ("{", "["):
            return ""
        return "\n".join([*self._unframed, "".join(self._pending)])

    @property
    def open_data(self) -> str:
        """The data of the event that has not ended yet, an unfinished line included."""
        line = "".join(self._pending)
        return "\n".join([*self._data, line[5:]] if line.startswith("data:") else self._data)

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Take the next bytes; return the events they complete, in order."""
        return self._feed_text(self._decoder.decode(chunk))

    def close(self) -> list[ServerSentEvent]:
        """End the body; return the last events. An event without its blank line is discarded, as the standard demands.

        A CR as the last character is a line end and may complete an event.
        """
        events = self._feed_text(self._decoder.decode(b"", True))
        if self._pending:
            line = "".join(self._pending)
            self._pending.clear()
            self._pending_size = 0
            self._line(line, events)
        self.rest = "\n".join(self._data)
        self._data.clear()
        self._event = ""
        self._size = 0
        return events

    def _feed_text(self, text: str) -> list[ServerSentEvent]:
        if not text:
            return []
        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        if self._after_cr:
            text = text.removeprefix("\n")  # second half of a CRLF that was split between two chunks
            self._after_cr = False
        if "\r" in text:
            self._after_cr = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *blocks, rest = text.split("\n\n")
        events: list[ServerSentEvent] = []
        if blocks and (self._pending or self._data or self._event):
            self._block(blocks.pop(0), events)  # began in an earlier chunk
        for block in blocks:
            # Fast path: nearly every event is a single line of data within one chunk.
            if block.startswith("data: ") and "\n" not in block and len(block) <= self._max:
                events.append(ServerSentEvent(block[6:], "message", self._id, self._retry))
            else:
                self._block(block, events)
        *lines, rest = rest.split("\n")
        self._lines(lines, events)
        if rest:
            self._pending.append(rest)
            self._pending_size += len(rest)
            self._bound()
        return events

    def _block(self, block: str, events: list[ServerSentEvent]) -> None:
        self._lines(block.split("\n"), events)
        self._dispatch(events)

    def _lines(self, lines: list[str], events: list[ServerSentEvent]) -> None:
        """Process complete lines; the first may have begun in an earlier chunk."""
        if lines and self._pending:
            self._pending.append(lines[0])
            lines[0] = "".join(self._pending)
            self._pending.clear()
            self._pending_size = 0
        for line in lines:
            self._line(line, events)

    def _line(self, line: str, events: list[ServerSentEvent]) -> None:
        if line.startswith("data: "):  # the most common case first
            self._add(line[6:])
        elif not line:
            self._dispatch(events)
        elif line[0] != ":":
            self._field(line.removeprefix("\ufeff"))  # a gateway joined two bodies

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._add(value)
        elif name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry":
            if value.isascii() and value.isdigit():
                self._retry = int(value[:9])
        elif self._unframed_size < MAX_UNFRAMED:
            self._unframed.append(line[: MAX_UNFRAMED - self._unframed_size])
            self._unframed_size += len(line) + 1

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
            events.append(ServerSentEvent(data, self._event or "message", self._id, self._retry))
            self._data.clear()
        self._event = ""
        self._size = 0

    def _add(self, data: str) -> None:
        self._data.append(data)
        self._size += len(data)
        self._bound()

    def _bound(self) -> None:
        if self._size + self._pending_size > self._max:
            raise ProviderError(
                ErrorInfo(
                    "server_error",
                    f"The stream has an event of more than {self._max} characters.",
                    "The provider, or a proxy on the way, sent something other than an event stream.",
                )
            )
