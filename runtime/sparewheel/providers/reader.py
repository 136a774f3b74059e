"""Decodes the body of one response, chunk by chunk, into an assembly. No I/O."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError
from ..errors.classify import classify
from ..errors.hints import no_key_hint
from ..jsontext import read
from ..sse import MAX_EVENT_SIZE, ServerSentEvent, SSEDecoder
from ..transports.base import read_at_most
from .shortcut import Shortcut

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..transports.base import HttpResponse
    from .assembly import Assembly
    from .base import StreamDecoder

MAX_ERROR_BODY: Final = 64 * 1024
MAX_BODY: Final = 256 * 1024 * 1024
"""Bytes of one answer, about a million deltas: the limit on the memory that an endless answer can cost."""
MAX_SILENT_EVENTS: Final = 100_000
"""Events in a row that add nothing to the answer."""

_TRUNCATED: Final = ErrorInfo(
    "stream_truncated",
    "The connection ended in the middle of the answer.",
    "The provider, or a proxy on the way, closed it early; trying again usually helps.",
)
_TOO_LONG: Final = ErrorInfo(
    "response_too_large",
    "The answer does not end.",
    "The provider, or a proxy on the way, sends more than any answer contains. Try another model.",
)
_NOT_A_STREAM: Final = ErrorInfo(
    "unsupported",
    "The server answered with a document instead of a stream.",
    "Check base_url: it must be the address of an API that streams server-sent events.",
)
_BROKEN_CALL: Final = ErrorInfo(
    "server_error",
    "The model asked for a tool with arguments that are not a JSON object.",
    "Trying again, or another model, usually helps.",
)


class BodyReader:
    """Reads one 2xx response: server-sent events, or one JSON document from a server that does not stream.

    Call `feed` for each chunk until it returns True or the body ends, then `finish`.
    """

    def __init__(self, decoder: StreamDecoder, assembly: Assembly) -> None:
        self._decoder = decoder
        self._assembly = assembly
        self._sse = SSEDecoder()
        self._shortcut = Shortcut(decoder, assembly)
        self._begun = False
        self._document: list[bytes] | None = None  # the chunks of a body that is no stream
        self._size = 0
        self._silent = 0  # events since the last one that added something

    def feed(self, chunk: bytes) -> bool:
        """Decode the next bytes; return whether the format's end marker has come.

        Raises `ProviderError` for an error object, bytes that are not the format, or a body without end. The assembly
        then holds what was decoded before.
        """
        if not self._begun and (start := chunk.lstrip()[:1]):
            self._begun = True
            if start in b"{[<":
                self._document = []
        self._size += len(chunk)
        if self._document is not None:
            self._document.append(chunk)
            if self._size > MAX_EVENT_SIZE:
                raise ProviderError(_NOT_A_STREAM)
            return False
        events = self._sse.feed(chunk)
        self._shortcut.feed(events)
        if self._decoder.ended:
            return True
        self._silent = 0 if self._assembly.pending else self._silent + len(events)
        if self._size > MAX_BODY or self._silent > MAX_SILENT_EVENTS:
            raise ProviderError(_TOO_LONG)
        return False

    def finish(self) -> None:
        """The body is over: close the blocks and check that the answer is complete.

        Raises `ProviderError` when the end marker is missing or a tool call is unusable. A call that was cut by the
        output limit (reason `length`) is removed without an error.
        """
        if self._document is not None:
            self._read_document(b"".join(self._document))
        elif not self._decoder.ended:
            self._shortcut.feed(self._sse.close())
        if not self._decoder.ended:
            raise ProviderError(_TRUNCATED if self._document is None else _NOT_A_STREAM)
        self._assembly.close_all()
        if self._assembly.drop_unsound_calls() and self._assembly.reason != "length":
            raise ProviderError(_BROKEN_CALL)

    def _read_document(self, body: bytes) -> None:
        """A 200 that is no stream: an error object, an answer in one piece, or the page of a proxy."""
        try:
            read(body)
        except ValueError:
            raise ProviderError(_NOT_A_STREAM if body.lstrip().startswith(b"<") else _TRUNCATED) from None
        self._decoder.feed(ServerSentEvent(body.decode("utf-8", "replace")))


async def http_error(response: HttpResponse, spec: ModelSpec) -> ProviderError:
    """The error that a response with a status outside 200 to 299 stands for. Reads at most `MAX_ERROR_BODY` bytes."""
    body = await read_at_most(response, MAX_ERROR_BODY)
    info = classify(
        status=response.status,
        headers=response.headers,
        body=body,
        provider=spec.provider,
        url=spec.base_url,
        key_name=spec.key_name,
        secrets=[spec.key] if spec.key else [],
    )
    if info.kind == "auth" and not (spec.key or spec.headers):
        info = replace(info, hint=no_key_hint(spec.base_url))
    return ProviderError(info)
