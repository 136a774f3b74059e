"""The network as a function of the page's: the embedder's own `fetch`, in the place of the worker's.

The worker posts `{type: "fetch_request", request, method, url, headers, redirect, body?}` and takes it back with
`fetch_cancel`. The page answers with commands: `{request}` with `status`, `url` and `headers`, then `chunk` for each
piece of the body, then `done: true`; or `error`, in the page's own words, at any time. Bodies go out as text, which is
all we ever send; they come back in base64, because a piece may end in the middle of a character, and need not be text
at all.

A piece is answered when it is read. The page leaves only so many unanswered, so it never runs far ahead of us.
"""

from __future__ import annotations

import asyncio
import itertools
from base64 import b64decode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import ErrorInfo, TransportError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

    from ..transports.base import HttpRequest

_HINT: Final = "The page makes the requests of this runtime (createRuntime's option fetch); the words are its own."


class PageFetchTransport:
    """`post` takes a message for the page as it is, key and all; `deliver` takes the page's answers."""

    def __init__(self, post: Callable[[dict[str, Any]], None]) -> None:
        self._post = post
        self._numbers = itertools.count(1)
        self._open: dict[int, _Line] = {}

    async def deliver(self, answer: dict[str, Any]) -> None:
        """Hand over one answer; returns when it has been read, or nobody wants it any more."""
        number = answer.get("request")
        line = self._open.get(number) if isinstance(number, int) else None
        if line is not None:
            await line.put(answer)

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[PageFetchResponse]:
        number = next(self._numbers)
        self._open[number] = line = _Line()
        linger = False
        body = {"body": request.body.decode()} if request.body else {}  # a GET must have none, not even an empty one
        asked = {"method": request.method, "url": request.url, "headers": dict(request.headers), **body}
        asked["redirect"] = request.redirect
        try:
            self._post({"type": "fetch_request", "request": number, **asked})
            head = await line.next()
            if "error" in head:
                host = urlsplit(request.url).netloc
                raise _failure("network_or_cors", f"{host} gave no answer ({_words(head)}).")
            yield PageFetchResponse(head, line)
            linger = True  # all is said, but the body may not have ended yet: it gets a moment for that
        finally:
            del self._open[number]
            line.close()
            if not line.ended:
                self._post({"type": "fetch_cancel", "request": number, "linger": linger})


class PageFetchResponse:
    """The `Response` that the page's function gave."""

    def __init__(self, head: Mapping[str, Any], line: _Line) -> None:
        self._line = line
        self.status: int = head["status"]
        self.url: str = head["url"]
        self.headers: Mapping[str, str] = head["headers"]

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while not self._line.ended:
            piece = await self._line.next()
            if "error" in piece:
                raise _failure("network", f"The connection broke in the middle of the answer ({_words(piece)}).")
            if "chunk" in piece:
                yield b64decode(piece["chunk"])


class _Line:
    """What the page has said of one request and nobody has read yet."""

    def __init__(self) -> None:
        self.ended = False
        self._pieces: asyncio.Queue[tuple[dict[str, Any], asyncio.Event]] = asyncio.Queue()

    async def put(self, piece: dict[str, Any]) -> None:
        """Returns when the piece has been read."""
        read = asyncio.Event()
        self._pieces.put_nowait((piece, read))
        await read.wait()

    async def next(self) -> dict[str, Any]:
        piece, read = await self._pieces.get()
        read.set()
        self.ended = "error" in piece or "done" in piece
        return piece

    def close(self) -> None:
        """Nobody reads on."""
        while not self._pieces.empty():
            self._pieces.get_nowait()[1].set()


def _failure(kind: Any, message: str) -> TransportError:
    return TransportError(ErrorInfo(kind, message, _HINT))


def _words(piece: Mapping[str, Any]) -> str:
    return str(piece["error"])[:500].rstrip(".")
