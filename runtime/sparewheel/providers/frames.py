"""The step between server-sent events and the decoders of all formats: noise is skipped, errors are raised.

A decoder receives JSON objects only. Everything else that servers and gateways put into a stream is read here: empty
data, heartbeats and comments sent as data, two frames in one event, `data:` inside the data, errors as bare text or
HTML, and error objects of another vendor's shape.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError
from ..errors.shapes import is_error
from ..jsontext import read, read_first
from .reading import ErrorObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..sse import ServerSentEvent
    from .base import StreamDecoder

DONE: Final = "[DONE]"
MAX_ERROR_TEXT: Final = 64 * 1024

_NOT_JSON: Final = ErrorInfo(
    "server_error", "The stream has an event that is not JSON.",
    "The provider, or a proxy on the way, garbled it. Trying again usually helps.",
)  # fmt: skip
NOT_A_STREAM: Final = ErrorInfo(
    "unsupported", "The server answered with a document instead of a stream.",
    "Check base_url: it must be the address of an API that streams server-sent events.",
)  # fmt: skip

# Bounds of data that is not one JSON value, which is read with more effort.
_MAX_LINES: Final = 256
_MAX_VALUES: Final = 64
_MAX_LINE: Final = 1024 * 1024

_HEARTBEAT: Final = re.compile(r"\W{0,3}(?:ping|pong|keep[-_ ]?alive|heart[-_ ]?beat)\b", re.IGNORECASE)
_FRAMED: Final = re.compile(r"(?:data:[ \t\ufeff]*)+")
_NAMES_OF_NOISE: Final = frozenset("ping pong keepalive keep-alive heartbeat comment".split())
_FIELDS: Final = ("event:", "id:", "retry:", ":")
_BLANK: Final = " \t\r\n\0\ufeff"
_ERROR_WORD: Final = re.compile(r"\W{0,3}(?:error|exception|fatal|failed|failure)\b", re.IGNORECASE)
_ERROR_JSON: Final = re.compile(r'\{\s*"error"')
_MARKUP: Final = re.compile(r"<(?:!doctype|html|head|body|center|title|h1|\?xml|!--)", re.IGNORECASE)


class NotJson(ProviderError):
    """Data that is neither JSON nor known noise."""

    def __init__(self) -> None:
        super().__init__(_NOT_JSON)


class Frames:
    """Feeds a decoder with the JSON objects of events. `explain` classifies the body of an error.

    `ended`: an end marker was received, the format's own or `[DONE]`, which gateways send in every format.
    """

    def __init__(self, decoder: StreamDecoder, explain: Callable[[object], ErrorInfo]) -> None:
        self._decoder = decoder
        self._explain = explain
        self._done = False
        self.ended = False

    @property
    def ends_with_body(self) -> bool:
        return self._decoder.ends_with_body

    @property
    def done(self) -> bool:
        """Whether `[DONE]` has come."""
        return self._done

    def finish(self) -> None:
        """The body is over: complete what the decoder holds back."""
        self._decoder.finish(done=self._done)

    def feed(self, event: ServerSentEvent) -> None:
        """Process one event. Raises `ProviderError` for an error, and for data that is neither JSON nor known noise."""
        try:
            value = read(event.data, cut=True)
        except ValueError:
            self._frames(event.data, event.event)
            return
        self._take(value, event.event)

    def feed_document(self, text: str) -> None:
        """Process a body, or a part of one, that is not framed as events. Raises like `feed`."""
        text = text.strip(_BLANK)
        try:
            value = read(text, cut=True)
        except ValueError:
            self._frames(text, "")
            return
        self._take(value, "", alone=True)

    def feed_late(self, event: ServerSentEvent) -> None:
        """Process an event after `[DONE]`: some gateways send the token counts there. Anything else is ignored."""
        try:
            value = read(event.data)
        except ValueError:
            return
        if isinstance(value, dict) and isinstance(usage := value.get("usage"), dict):
            self._decoder.feed({"usage": usage}, "")

    def error_in(self, text: str) -> ProviderError | None:
        """The error in text that is not an event; None if there is none."""
        try:
            return self.complete_error(text)
        except ValueError:
            return self._error_in_prose(text.strip(_BLANK))

    def complete_error(self, text: str, *, alone: bool = True) -> ProviderError | None:
        """The error in a JSON document, or in the first of several; None if there is none. `alone`: it is no event.

        Raises `ValueError` for what does not begin with a complete JSON value.
        """
        text = text.strip(_BLANK)
        try:
            value = read(text)
        except ValueError:
            value = read(text[: read_first(text)[1]])
        objects = value if isinstance(value, list) else [value]
        found = next((each for each in objects if isinstance(each, dict) and is_error(each, alone=alone)), None)
        return None if found is None else self._error(found)

    def _take(self, value: object, name: str, *, alone: bool = False) -> None:
        if isinstance(value, dict):
            if is_error(value, name, alone=alone):
                raise self._error(value)
            try:
                self._decoder.feed(value, name)
            except ErrorObject as error:
                raise self._error(error.body) from None
            self.ended = self._decoder.ended
        elif isinstance(value, list):  # Gemini outside an event stream
            for each in value:
                if isinstance(each, dict) and not self.ended:
                    self._take(each, name, alone=alone)
        elif isinstance(value, str) and value.strip(_BLANK):
            self._frames(value, name)

    def _frames(self, text: str, name: str) -> None:
        """Read data that is not one JSON value."""
        if name in _NAMES_OF_NOISE:
            return
        if _MARKUP.match(text.lstrip(_BLANK)):
            raise self._error(text[:MAX_ERROR_TEXT])
        lines = text.split("\n", _MAX_LINES)
        if len(lines) > _MAX_LINES:
            raise NotJson()
        for line in lines:
            self._line(_FRAMED.sub("", line.strip(_BLANK), 1).strip(_BLANK), name)

    def _line(self, line: str, name: str) -> None:
        if self.ended or not line or line.startswith(_FIELDS) or _HEARTBEAT.match(line):
            return
        if line.upper() == DONE:
            self._done = self.ended = True
        elif line[0] in "{[":
            self._values(line, name)
        elif error := self._error_in_prose(line):
            raise error
        elif name == "error":
            raise self._error(line[:MAX_ERROR_TEXT])

    def _values(self, line: str, name: str) -> None:
        """Read several JSON values in a row, the last of which may be `[DONE]`."""
        if line.endswith(DONE):
            line, done = line.removesuffix(DONE).rstrip(_BLANK), True
        else:
            done = False
        for value in self._split(line):
            if isinstance(value, (dict, list)) and not self.ended:
                self._take(value, name)
        if done:
            self._done = self.ended = True

    def _split(self, line: str) -> list[object]:
        """All values of a line. Raises `ProviderError` if there is anything else, before any of them has an effect."""
        values: list[object] = []
        at = 0
        try:
            while at < len(line):
                if len(line) > _MAX_LINE or len(values) == _MAX_VALUES:
                    raise ValueError
                _, end = read_first(line, at)
                values.append(read(line[at:end], cut=True))
                at = end + len(line[end:]) - len(line[end:].lstrip(_BLANK))
        except ValueError:
            raise self._error_in_prose(line) or NotJson() from None
        return values

    def _error_in_prose(self, text: str) -> ProviderError | None:
        """The error that text reports: by its first word, as HTML, or by a phrase that `classify` knows."""
        if text.startswith(("{", "[")) and not _ERROR_JSON.match(text) and not _ERROR_WORD.match(text):
            return None  # an event that was cut: its text is the model's
        error = self._error(text[:MAX_ERROR_TEXT])
        if _ERROR_WORD.match(text) or error.info.kind not in ("unknown", "empty_output", "aborted"):
            return error
        return None

    def _error(self, body: object) -> ProviderError:
        info = self._explain(body)
        if info.kind == "invalid_request" and isinstance(body, str) and _MARKUP.match(body) and info.status is None:
            return ProviderError(NOT_A_STREAM)
        return ProviderError(info)
