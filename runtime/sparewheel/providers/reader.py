"""Decodes the body of one response, chunk by chunk, into an assembly; reads the bodies of errors."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError, SparewheelError, TransportError
from ..errors.classify import classify
from ..errors.hints import no_key_hint
from ..jsontext import is_cut, read
from ..sse import MAX_EVENT_SIZE, ServerSentEvent, SSEDecoder
from .frames import NOT_A_STREAM, Frames, NotJson
from .shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from ..config.resolved import ModelSpec
    from ..transports.base import HttpResponse
    from .assembly import Assembly
    from .base import StreamDecoder

MAX_ERROR_BODY: Final = 64 * 1024
MAX_BODY: Final = 256 * 1024 * 1024
"""Bytes of one answer, about a million deltas: the limit on the memory that an endless answer can cost."""
MAX_SILENT_EVENTS: Final = 100_000
"""Events in a row that add nothing to the answer."""
ERROR_SECONDS: Final = 5.0
"""For the body of an error, once its status is known."""
LATE_SECONDS: Final = 0.2
"""For token counts after the end of an answer that had none."""

TRUNCATED: Final = ErrorInfo(
    "stream_truncated",
    "The connection ended in the middle of the answer.",
    "The provider, or a proxy on the way, closed it early; trying again usually helps.",
)
_NO_REASON: Final = ErrorInfo(
    "stream_truncated",
    "The answer ended without a finish reason.",
    "The provider, or a proxy on the way, cut it; trying again usually helps. For a server that never sends finish "
    "reasons, add end_marker: done to the provider_opts of the model.",
)
_TOO_LONG: Final = ErrorInfo(
    "response_too_large",
    "The answer does not end.",
    "The provider, or a proxy on the way, sends more than any answer contains. Try another model.",
)
_BROKEN_CALL: Final = ErrorInfo(
    "server_error",
    "The model asked for a tool with arguments that are not a JSON object.",
    "Trying again, or another model, usually helps.",
)


_PAGE_END: Final = re.compile(rb"</html>\s*\Z", re.IGNORECASE)
_BLANK: Final = b" \t\r\n\xef\xbb\xbf"  # what may come before the first character of a body; with a BOM


class BodyReader:
    """Reads one 2xx response: server-sent events, or one JSON document from a server that does not stream.

    Call `feed` for each chunk until it returns True or the body ends, then `finish`. `explain` classifies the body of
    an error.
    """

    def __init__(self, decoder: StreamDecoder, assembly: Assembly, explain: Callable[[object], ErrorInfo]) -> None:
        self._assembly = assembly
        self._sse = SSEDecoder()
        self._frames = Frames(decoder, explain)
        self._shortcut = Shortcut(self._frames, assembly)
        self._take: Callable[[Iterable[ServerSentEvent]], None] = self._shortcut.feed
        self._begun = False
        self._document: list[bytes] | None = None  # the chunks of a body that is no stream
        self._is_page = False  # which is HTML
        self._size = 0
        self._silent = 0  # events since the last one that added something

    def feed(self, chunk: bytes) -> bool:
        """Decode the next bytes; return whether the format's end marker has come.

        Raises `ProviderError` for an error object, bytes that are not the format, or a body without end. The assembly
        then holds what was decoded before.
        """
        if not self._begun and (start := chunk.lstrip(_BLANK)[:1]):
            self._begun = True
            if start in b"{[<":
                self._document = []
                self._is_page = start == b"<"
        self._size += len(chunk)
        if self._document is not None:
            self._document.append(chunk)
            if self._size > MAX_EVENT_SIZE:
                raise ProviderError(NOT_A_STREAM)
            if self._size <= MAX_ERROR_BODY:
                self._check_open(chunk)
            return False
        events = self._sse.feed(chunk)
        left = iter(events)
        self._take(left)
        if self._frames.ended:
            for event in left:
                self._frames.feed_late(event)
            return True
        if self._sse.is_open and _may_end(chunk):
            self._check_error(self._sse.bare_json)
            self._check_error(self._sse.open_data, alone=False)
        self._silent = 0 if self._assembly.pending else self._silent + len(events)
        if self._size > MAX_BODY or self._silent > MAX_SILENT_EVENTS:
            raise ProviderError(_TOO_LONG)
        return False

    @property
    def lacks_usage(self) -> bool:
        """Whether the token counts may come after `[DONE]`, the last event."""
        return self._frames.done and not self._assembly.usage.known

    def feed_late(self, chunk: bytes | None) -> None:
        """Decode bytes after the end marker, for the token counts in them; None: the body is over."""
        if chunk is None:
            self._sse.close()
            self._frames.feed_late(ServerSentEvent(self._sse.rest))
            return
        for event in self._sse.feed(chunk):
            self._frames.feed_late(event)

    def finish(self) -> None:
        """The body is over: close the blocks and check that the answer is complete, which only a known finish reason
        and, where the format has one, its end marker show.

        Raises `ProviderError` when the answer is not complete, or a tool call is unusable. Calls of an answer that the
        output limit or a filter cut are removed, whatever their arguments look like.
        """
        self._end_body()
        self._read_unframed()
        assembly = self._assembly
        self._frames.finish()
        assembly.close_all()
        if assembly.failure:
            raise ProviderError(assembly.failure)
        if not self._is_complete():
            if self._document is not None and not assembly.streamed:
                raise ProviderError(NOT_A_STREAM)
            raise ProviderError(_NO_REASON if self._frames.ended and assembly.reason is None else TRUNCATED)
        if not assembly.settle_calls():
            raise ProviderError(_BROKEN_CALL)

    def _check_open(self, chunk: bytes) -> None:
        """Raise the error that a document is, if it is complete with this chunk."""
        document = self._document or []
        if self._is_page and _PAGE_END.search(b"".join(document[-16:])):
            self._read_document(b"".join(document).decode("utf-8", "replace"))
        elif _may_end(chunk) and not self._is_page:
            self._check_error(b"".join(document).decode("utf-8", "replace"))

    def _check_error(self, text: str, *, alone: bool = True) -> None:
        """Raise the error that is complete without the end of its event: the server may keep the connection open."""
        if not text:
            return
        with suppress(ValueError):
            if error := self._frames.complete_error(text, alone=alone):
                raise error

    def _end_body(self) -> None:
        if self._document is not None:
            self._read_document(b"".join(self._document).decode("utf-8-sig", "replace"))
        elif not self._frames.ended:
            self._take(self._sse.close())

    def _is_complete(self) -> bool:
        if self._assembly.reason is None:
            return False
        return self._frames.ended or (self._frames.ends_with_body and not self._sse.rest)

    def _read_document(self, text: str) -> None:
        """A 200 that is no stream: an error object, an answer in one piece, or the page of a proxy."""
        try:
            self._frames.feed_document(text)
        except NotJson as error:
            raise (ProviderError(TRUNCATED) if is_cut(text) else error) from None

    def _read_unframed(self) -> None:
        """Read what stands outside of events in a body without a good end: an error, or the answer in one piece."""
        text = self._sse.unframed
        if self._document is not None or self._is_complete() or not (text or self._sse.rest):
            return
        if error := self._frames.error_in(text or self._sse.rest):
            raise error
        if text.startswith("{") and not self._assembly.streamed:
            self._read_document(text)


def explain(body: object, spec: ModelSpec, response: HttpResponse | None = None) -> ErrorInfo:
    """The error that a body stands for. Of the headers of a response that began well, only Retry-After counts.

    The headers are read only here: in a browser that takes as long as a delta.
    """
    headers: Mapping[str, str] = response.headers if response else {}
    status = response.status if response and not 200 <= response.status < 300 else None
    if status is None:
        headers = {name: value for name, value in headers.items() if name.lower().startswith("retry-after")}
    info = classify(
        status=status,
        headers=headers,
        body=body,
        provider=spec.provider,
        url=spec.base_url,
        key_name=spec.key_name,
        secrets=[spec.key] if spec.key else [],
    )
    if info.kind == "auth" and not (spec.key or spec.headers):
        info = replace(info, hint=no_key_hint(spec.base_url))
    return info


async def late_usage(reader: BodyReader, chunks: AsyncIterator[bytes]) -> None:
    """Wait a moment for the token counts that some gateways send after `[DONE]`, up to the end of the body."""
    size = 0
    with suppress(TimeoutError, SparewheelError):
        async with asyncio.timeout(LATE_SECONDS):
            while reader.lacks_usage and size < MAX_ERROR_BODY:
                chunk = await anext(chunks, None)
                reader.feed_late(chunk)
                if chunk is None:
                    return
                size += len(chunk)


async def http_error(response: HttpResponse, spec: ModelSpec) -> ProviderError:
    """The error that a response with a status outside 200 to 299 stands for.

    Reads at most `MAX_ERROR_BODY` bytes, and no further than a complete JSON document. The status is enough if the
    body does not end or breaks off.
    """
    body = b""
    with suppress(TimeoutError, TransportError):
        async with asyncio.timeout(ERROR_SECONDS), aclosing(response.chunks()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) >= MAX_ERROR_BODY or (_may_end(chunk) and _is_json(body)):
                    break
    return ProviderError(explain(body[:MAX_ERROR_BODY], spec, response))


def _may_end(chunk: bytes) -> bool:
    return chunk.rstrip(_BLANK).endswith((b"}", b"]"))


def _is_json(body: bytes) -> bool:
    try:
        read(body)
    except ValueError:
        return False
    return True
