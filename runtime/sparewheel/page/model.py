"""A model that lives in the page: the worker asks over the message port, the page answers piece by piece.

Some models exist only where a document is (the browser's own language model) or where the embedder put them. To the
layers above this is a transport like the others: what the page says becomes server-sent events, cancelling closes the
line.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..errors import KINDS, ErrorInfo, TransportError
from ..jsontext import read
from ..transports.mock import MockResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from ..errors import Kind
    from ..transports.base import HttpRequest

# What a page has said and nobody has read yet is bounded by what the page's model has written, not by us: it is told no
# faster than it asks its own model, and one answer is one answer.
_Pieces = asyncio.Queue[dict[str, Any]]


class PageTransport:
    """`post` takes a message for the page; `deliver` takes the page's answers, as the worker receives them."""

    def __init__(self, post: Callable[[dict[str, Any]], None]) -> None:
        self._post = post
        self._numbers = itertools.count(1)
        self._open: dict[int, _Pieces] = {}

    def deliver(self, answer: dict[str, Any]) -> None:
        """One answer: `{request}` with `text`, `done: true` or `error` and `kind`. Late ones are ignored."""
        number = answer.get("request")
        if isinstance(number, int) and number in self._open:
            self._open[number].put_nowait(answer)

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[MockResponse]:
        number = next(self._numbers)
        self._open[number] = pieces = _Pieces()
        done = False

        async def body() -> AsyncGenerator[bytes, None]:
            nonlocal done
            while not done:
                piece = await pieces.get()
                if "error" in piece:
                    done = True
                    raise TransportError(_failure(piece))
                done = piece.get("done") is True
                yield b"data: " + json.dumps(piece).encode() + b"\n\n"

        self._post({"type": "model_request", "request": number, **read(request.body)})
        try:
            yield MockResponse(body=body())
        finally:
            del self._open[number]
            if not done:
                self._post({"type": "model_cancel", "request": number})


def _failure(piece: dict[str, Any]) -> ErrorInfo:
    kind: Kind = piece["kind"] if piece.get("kind") in KINDS else "server_error"
    hint = "The model lives in this page; the page says why it cannot answer."
    return ErrorInfo(kind, str(piece["error"])[:500], hint)
