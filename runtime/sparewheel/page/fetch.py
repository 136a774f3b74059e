"""The page's own `fetch` (`createRuntime({fetch})`) as a transport, in place of the worker's.

Request bodies go out as text: the runtime sends nothing else. Bodies of answers come back as bytes, because a piece may
end in the middle of a character and need not be text.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import ErrorInfo, TransportError
from ..transports.base import MAX_CHUNK
from .calls import HostCallError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from ..transports.base import HttpRequest
    from .call_messages import FetchHead, FetchRequest
    from .calls import HostCalls, OpenCall

_HINT: Final = "The page makes the requests of this runtime (createRuntime's option fetch); the text is the page's own."


class PageFetchTransport:
    """Sends requests through the page."""

    def __init__(self, calls: HostCalls) -> None:
        self._calls = calls

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[PageFetchResponse]:
        wanted: FetchRequest = {
            "url": request.url,
            "method": request.method,
            "headers": dict(request.headers),
            "redirect": request.redirect,
        }
        if request.body:  # a GET must have none, not even an empty one
            wanted["body"] = request.body.decode()
        async with self._calls.open("fetch", wanted) as call:
            try:
                head = await call.next()
            except HostCallError as error:
                host = urlsplit(request.url).netloc
                raise _failure("network_or_cors", f"{host} gave no answer ({_text(error)}).") from None
            yield PageFetchResponse(head["value"], call)
            call.linger = True  # a connection whose answer is cut off cannot be used again


class PageFetchResponse:
    """The `Response` that the page's function returned."""

    def __init__(self, head: FetchHead, call: OpenCall) -> None:
        self._call = call
        self.status: int = head["status"]
        self.url: str = head["url"]
        self.headers: Mapping[str, str] = head["headers"]

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while True:
            try:
                piece = await self._call.next()
            except HostCallError as error:
                message = f"The connection broke in the middle of the answer ({_text(error)})."
                raise _failure("network", message) from None
            if "bytes" in piece:
                data = b64decode(piece["bytes"])
                yield data[:MAX_CHUNK]
                for start in range(MAX_CHUNK, len(data), MAX_CHUNK):
                    await asyncio.sleep(0)
                    yield data[start : start + MAX_CHUNK]
            if piece.get("done") is True:
                return


def _failure(kind: Any, message: str) -> TransportError:
    return TransportError(ErrorInfo(kind, message, _HINT))


def _text(error: HostCallError) -> str:
    return str(error)[:500].rstrip(".")
