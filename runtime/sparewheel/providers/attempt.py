"""One request to one model, start to end: bytes up, provider events out. Nothing here tries twice."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from ..classify import classify
from ..errors import ErrorInfo, ProviderError, SparewheelError
from ..sse import SSEDecoder
from ..transports.base import read_at_most
from .assembly import Assembly
from .base import ProviderEvent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..sse import ServerSentEvent
    from ..transports.base import HttpResponse, Transport
    from .base import ModelRequest, StreamDecoder, WireFormat

MAX_ERROR_BODY: Final = 64 * 1024


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
            async with aclosing(_read(response, wire.decoder(assembly), assembly)) as batches:
                async for batch in batches:
                    yield batch
    except SparewheelError as error:
        error.provider, error.model = request.spec.provider, request.spec.ref
        assembly.close_all()
        yield [*assembly.drain(), ProviderEvent("error", assembly, error=error)]
        return
    assembly.close_all()
    yield [*assembly.drain(), ProviderEvent("done", assembly, reason=assembly.reason or "other")]


async def _read(
    response: HttpResponse, decoder: StreamDecoder, assembly: Assembly
) -> AsyncGenerator[list[ProviderEvent], None]:
    """Decode the body until the end marker. What was decoded before a failure has been yielded before it is raised."""
    sse = SSEDecoder()
    async for chunk in response.chunks():
        _feed(decoder, sse.feed(chunk))
        if batch := assembly.drain():
            yield batch
        if decoder.ended:
            return
    _feed(decoder, sse.close())
    if not decoder.ended:
        raise ProviderError(
            ErrorInfo(
                "stream_truncated",
                "The connection ended in the middle of the answer.",
                "The provider, or a proxy on the way, closed it early; trying again usually helps.",
            )
        )


def _feed(decoder: StreamDecoder, events: list[ServerSentEvent]) -> None:
    for event in events:
        decoder.feed(event)
        if decoder.ended:
            return


async def _http_error(response: HttpResponse, request: ModelRequest) -> ProviderError:
    body = await read_at_most(response, MAX_ERROR_BODY)
    info = classify(
        status=response.status,
        headers=response.headers,
        body=body,
        provider=request.spec.provider,
        url=request.spec.base_url,
    )
    return ProviderError(info)
