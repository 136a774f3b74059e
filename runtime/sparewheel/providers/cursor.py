"""Reads the stream of one background response over several connections, each of which goes on where the last one broke.

The position is the `sequence_number` of the last event that was read completely. Only models with `resume: background`
are read this way: finding the number costs a search in each event, and its JSON is parsed only after a cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ..errors import ErrorInfo, ProviderError
from ..jsontext import read
from ..sse import ServerSentEvent
from .frames import NotJson
from .reader import TRUNCATED, BodyReader
from .reading import count, mapping, string
from .responses_background import is_response_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .assembly import Assembly
    from .base import StreamDecoder

_NUMBER: Final = '"sequence_number"'  # inside of a string its quotes would be escaped
_ID: Final = re.compile(r'\s*\{(?:"[a-z_]+": ?(?:"[\w.]*"|\d+), ?)*"response": ?\{"id": ?"([^"\\]+)"')
_FAILED: Final = frozenset({"response.failed", "response.cancelled"})
UNFINISHED: Final = ("queued", "in_progress")
"""The states of a response that is still generated."""


class Refused(ProviderError):
    """The server does not go on with the stream where it broke. The whole response may still be there."""

    def __init__(self, reason: str) -> None:
        super().__init__(ErrorInfo("stream_truncated", f"The stream cannot be taken up again: {reason}."))


class Cursor:
    """How far a response has been read. `response_id` is "" until it is known, or if it cannot be used; `on_known` is
    called then.

    `ended`: its last event has been read. `reported`: its stream contained an error, so only the response itself tells
    whether it goes on.
    """

    def __init__(self, response_id: object = "", on_known: Callable[[], object] = lambda: None) -> None:
        self.response_id = string(response_id) if is_response_id(response_id) else ""
        self._on_known = on_known
        self.ended = False
        self.reported = False
        self._end: ServerSentEvent | None = None
        self._last: ServerSentEvent | None = None  # whose number has not been read yet
        self._after: int | None = None
        self._unnumbered = False  # the last event had no number, so the position is not known
        self._skip_to: int | None = None  # what a server sends again although it was not asked to

    @property
    def after(self) -> int | None:
        """The number of the last event that was read; None before the first one."""
        self._settle()
        return self._after

    @property
    def is_sure(self) -> bool:
        """Whether the stream can be taken up at the position: nothing without a number came after it."""
        self._settle()
        return not self._unnumbered

    def _settle(self) -> None:
        """Read the number of the last event."""
        if self._last is not None:
            number = _number(self._last)
            self._last = None
            if number is None:
                self._unnumbered = True
            else:
                self._after = number

    def reconnect(self) -> None:
        """Another connection begins, which is asked for the events after the position."""
        self._skip_to = self.after
        self.reported = False

    def skips(self, event: ServerSentEvent) -> bool:
        """Whether an event of this connection has been read already. Raises `Refused` if some are missing before it."""
        if self._skip_to is None:
            return False
        number = _number(event)
        if number is None or number <= self._skip_to:
            return True
        if number > self._skip_to + 1:
            raise Refused("events are missing")
        self._skip_to = None
        return False

    def took(self, event: ServerSentEvent) -> None:
        """An event was read completely."""
        if _NUMBER in event.data:
            self._last, self._unnumbered = event, False
        elif "response." in event.data or event.event.startswith("response."):  # neither a heartbeat nor `[DONE]`
            self._unnumbered = True
        if not self.response_id and '"response"' in event.data:
            self.identify(mapping(_value(event).get("response")).get("id"))

    def end(self, event: ServerSentEvent, *, ended: bool) -> None:
        """The last event of a connection was read. `ended`: it ends the response, which `[DONE]` alone does not."""
        self.ended = ended
        self._end = event

    @property
    def final(self) -> dict[str, Any]:
        """The response as its last event has it; empty if it has not come, or does not have it."""
        return mapping(_value(self._end).get("response")) if self._end is not None else {}

    def failed(self, event: ServerSentEvent) -> None:
        """The server reported an error in an event."""
        self.reported = True
        self.ended = (_value(event).get("type") or event.event) in _FAILED

    def identify_in(self, text: str) -> None:
        """Find the id in the beginning of an event that was cut."""
        if not self.response_id and (found := _ID.match(text)):
            self.identify(found[1])

    def identify(self, value: object) -> None:
        """The id of the response is known, if it is one."""
        if is_response_id(value):
            self.response_id = string(value)
            self._on_known()


class CursorReader(BodyReader):
    """A `BodyReader` that keeps a cursor. A body that ends early leaves its blocks open for the next connection."""

    def __init__(
        self, decoder: StreamDecoder, assembly: Assembly, explain: Callable[[object], ErrorInfo], cursor: Cursor
    ) -> None:
        super().__init__(decoder, assembly, explain)
        self._cursor = cursor
        self._take = self._follow

    def feed(self, chunk: bytes) -> bool:
        try:
            return super().feed(chunk)
        except ProviderError:
            if self._document is not None:
                self._check_document(b"".join(self._document))
            raise

    def identify(self) -> None:
        """Find the id of the response in an event that has not come completely."""
        if not self._cursor.response_id:
            self._cursor.identify_in(self._sse.open_data)

    def _check_error(self, text: str, *, alone: bool = True) -> None:
        try:
            super()._check_error(text, alone=alone)
        except ProviderError:
            self._cursor.failed(ServerSentEvent(text))
            raise

    def _end_body(self) -> None:
        if self._document is not None:
            self._check_document(b"".join(self._document))
        super()._end_body()
        cursor = self._cursor
        cursor.identify_in(self._sse.rest)
        cursor.ended = self._has_end
        if cursor.response_id and not cursor.ended:
            raise ProviderError(TRUNCATED)

    @property
    def _has_end(self) -> bool:
        """Whether the response has ended."""
        return self._frames.ended and (self._assembly.reason or self._assembly.failure) is not None

    def _follow(self, events: Iterable[ServerSentEvent]) -> None:
        cursor = self._cursor
        for event in events:
            if cursor.skips(event):
                continue
            try:
                self._shortcut.feed((event,))
            except NotJson:
                raise
            except ProviderError:
                cursor.failed(event)
                raise
            cursor.took(event)
            if self._frames.ended:
                cursor.end(event, ended=self._has_end)
                return

    def _check_document(self, body: bytes) -> None:
        """Refuse a document in place of the stream, unless it is the whole response, and the first to come."""
        cursor = self._cursor
        try:
            document = mapping(read(body))
        except ValueError:
            document = {}
        if cursor.response_id and not document:  # the page of a proxy
            raise ProviderError(TRUNCATED)
        if document.get("status") in UNFINISHED and document.get("object") == "response":
            cursor.identify(document.get("id"))
        if cursor.response_id:
            raise Refused("the server does not stream it")


def _value(event: ServerSentEvent) -> dict[str, Any]:
    try:
        return mapping(read(event.data))
    except ValueError:
        return {}


def _number(event: ServerSentEvent) -> int | None:
    return count(_value(event).get("sequence_number"))
