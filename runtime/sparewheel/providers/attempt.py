"""One request to one model, start to end: bytes up, provider events out. Nothing here tries twice."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError, SparewheelError
from ..errors.classify import classify
from ..jsontext import read
from ..sse import MAX_EVENT_SIZE, ServerSentEvent, SSEDecoder
from ..transports.base import read_at_most
from .assembly import Assembly, ProviderEvent
from .shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from ..transports.base import HttpResponse, Transport
    from .base import ModelRequest, StreamDecoder, WireFormat

MAX_ERROR_BODY: Final = 64 * 1024
MAX_BODY: Final = 256 * 1024 * 1024
"""Bytes of one answer, about a million deltas: one that goes on and on costs bounded memory."""

_TRUNCATED: Final = ErrorInfo(
    "stream_truncated",
    "The connection ended in the middle of the answer.",
    "The provider, or a proxy on the way, closed it early; trying again usually helps.",
)
_TOO_LONG: Final = ErrorInfo(
    "server_error",
    "The answer does not end.",
    "The provider, or something between it and the browser, sends more than any answer holds.",
)
_NOT_A_STREAM: Final = ErrorInfo(
    "unsupported",
    "The server answered with a document instead of a stream.",
    "Check base_url: it must be the address of an API that streams server-sent events.",
)


async def run_attempt(
    wire: WireFormat, request: ModelRequest, transport: Transport
) -> AsyncGenerator[list[ProviderEvent], None]:
    """Yield what each network chunk brought, as lists; `start` comes first, once the answer's headers are there.

    The last event is `done` or `error`, never both, never neither. Every block that was opened is closed before it.
    """
    assembly = Assembly(request.spec.ref)
    try:
        async with transport.stream(wire.request(request)) as response:
            if not 200 <= response.status < 300:
                raise await _http_error(response, request)
            yield [ProviderEvent("start", assembly)]
            async with aclosing(_read(response, wire.decoder(assembly, request.spec), assembly)) as batches:
                async for batch in batches:
                    yield batch
        assembly.close_all()
        _check_calls(assembly)
    except SparewheelError as error:
        error.provider, error.model = request.spec.provider, request.spec.ref
        assembly.close_all()
        yield [*assembly.drain(), ProviderEvent("error", assembly, error=error)]
        return
    yield [*assembly.drain(), ProviderEvent("done", assembly, reason=assembly.reason or "other")]


async def _read(
    response: HttpResponse, decoder: StreamDecoder, assembly: Assembly
) -> AsyncGenerator[list[ProviderEvent], None]:
    """Decode the body until the end marker. What was decoded before a failure has been yielded before it is raised."""
    sse, shortcut = SSEDecoder(), Shortcut(decoder, assembly)
    async with aclosing(response.chunks()) as chunks:
        begun, size = False, 0
        async for chunk in chunks:
            if not begun and (begun := bool(chunk.strip())) and chunk.lstrip()[:1] in b"{[<":
                await _document(chunk, chunks, decoder)
                return
            shortcut.feed(sse.feed(chunk))
            if batch := assembly.drain():
                yield batch
            if decoder.ended:
                return
            size += len(chunk)
            if size > MAX_BODY:
                raise ProviderError(_TOO_LONG)
    shortcut.feed(sse.close())
    if not decoder.ended:
        raise ProviderError(_TRUNCATED)


async def _document(first: bytes, rest: AsyncIterator[bytes], decoder: StreamDecoder) -> None:
    """A 200 that is no stream: an error object, a server that answers in one piece, or a page put in between."""
    parts, size = [first], len(first)
    async for chunk in rest:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_EVENT_SIZE:
            raise ProviderError(_NOT_A_STREAM)
    body = b"".join(parts)
    try:
        read(body)
    except ValueError:
        raise ProviderError(_NOT_A_STREAM if body.lstrip().startswith(b"<") else _TRUNCATED) from None
    decoder.feed(ServerSentEvent(body.decode("utf-8", "replace")))
    if not decoder.ended:
        raise ProviderError(_NOT_A_STREAM)


def _check_calls(assembly: Assembly) -> None:
    """No tool call goes on whose arguments are not whole. A model that ran out of room has said so itself."""
    if assembly.drop_unsound_calls() and assembly.reason != "length":
        raise ProviderError(
            ErrorInfo(
                "server_error",
                "The model asked for a tool with arguments that are not a JSON object.",
                "Trying again, or another model, usually helps.",
            )
        )


async def _http_error(response: HttpResponse, request: ModelRequest) -> ProviderError:
    body = await read_at_most(response, MAX_ERROR_BODY)
    info = classify(
        status=response.status,
        headers=response.headers,
        body=body,
        provider=request.spec.provider,
        url=request.spec.base_url,
        key_name=request.spec.key_name,
        secrets=[request.spec.key] if request.spec.key else [],
    )
    return ProviderError(info)
