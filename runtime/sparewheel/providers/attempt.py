"""One request to one model, start to end: bytes up, provider events out. Nothing here tries twice."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from pydantic_core import from_json

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
    if any(kind in response.headers.get("content-type", "").lower() for kind in ("text/html", "application/json")):
        raise await _not_a_stream(response, assembly)
    sse = SSEDecoder()
    async with aclosing(response.chunks()) as chunks:
        async for chunk in chunks:
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


async def _not_a_stream(response: HttpResponse, assembly: Assembly) -> ProviderError:
    """A 200 that is a document: an error object, a server that does not stream, or a page put in between."""
    body = await read_at_most(response, MAX_ERROR_BODY)
    try:
        document = from_json(body)
    except ValueError:
        document = None
    if isinstance(document, dict) and document.get("error"):
        return ProviderError(classify(body=document, provider=assembly.origin.partition("/")[0]))
    return ProviderError(
        ErrorInfo(
            "unsupported",
            "The server answered with a document instead of a stream.",
            "Check base_url: it must be the address of an API that streams server-sent events.",
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
    )
    return ProviderError(info)
