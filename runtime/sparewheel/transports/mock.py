"""A transport that is a function: what tests and simulations put in the network's place."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping

    from .base import HttpRequest


@dataclass(slots=True)
class MockResponse:
    """A scripted answer. `body` is bytes, pieces of bytes, or an async iterable that may wait and may raise."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | AsyncIterable[bytes] = b""

    async def chunks(self) -> AsyncIterator[bytes]:
        if isinstance(self.body, bytes):
            yield self.body
        elif hasattr(self.body, "__aiter__"):
            async for chunk in self.body:
                yield chunk
        else:
            for chunk in self.body:
                yield chunk


class MockTransport:
    """Answers with `handler(request)`, which may raise. Remembers requests, and how many are still open."""

    def __init__(self, handler: Callable[[HttpRequest], MockResponse | Awaitable[MockResponse]]) -> None:
        self._handler = handler
        self.requests: list[HttpRequest] = []
        self.open = 0

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[MockResponse]:
        self.requests.append(request)
        self.open += 1
        try:
            answer: Any = self._handler(request)
            yield answer if isinstance(answer, MockResponse) else await answer
        finally:
            self.open -= 1
