"""A model that lives in the page (`createRuntime({models})`) as a transport.

Some models exist only where a document is (the browser's own language model) or where the embedder put them. What the
page sends becomes server-sent events, so the layers above read it like any other answer.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from ..errors import KINDS, ErrorInfo, TransportError
from ..jsontext import read, write
from ..transports.local import LocalResponse
from .calls import HostCallError

EMBED: Final = "page:embed"
"""The address to which texts to embed are sent; all others get prompts."""

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from ..errors import Kind
    from ..transports.base import HttpRequest
    from .calls import HostCalls, OpenCall


class PageTransport:
    """Sends requests to models of the page."""

    def __init__(self, calls: HostCalls) -> None:
        self._calls = calls

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        if request.url == EMBED:
            yield LocalResponse(body=await self._embeddings(request))
            return
        async with self._calls.open("model", read(request.body)) as call:
            yield LocalResponse(body=_events(call))

    async def _embeddings(self, request: HttpRequest) -> bytes:
        """The embeddings of texts, in the shape that OpenAI's endpoint has."""
        async with self._calls.open("embed", read(request.body)) as call:
            try:
                vectors = (await call.next()).get("value")
            except HostCallError as error:
                raise TransportError(_failure(error)) from None
        found = vectors if isinstance(vectors, list) else []
        return write({"data": [{"embedding": each} for each in found]}).encode()


async def _events(call: OpenCall) -> AsyncGenerator[bytes, None]:
    while True:
        try:
            piece = await call.next()
        except HostCallError as error:
            raise TransportError(_failure(error)) from None
        yield b"data: " + write(piece).encode() + b"\n\n"
        if piece.get("done") is True:
            return


def _failure(error: HostCallError) -> ErrorInfo:
    kind: Kind = error.kind if error.kind in KINDS else "server_error"
    return ErrorInfo(kind, str(error)[:500], "The model lives in this page; the text is the page's own.")
