"""A transport that is a function: what tests and simulations put in the network's place."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

    from .base import HttpRequest


@dataclass(slots=True)
class MockResponse:
    """A scripted answer. `body` is bytes, pieces of bytes, or an async generator that may wait and may raise."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | AsyncGenerator[bytes, None] = b""
    url: str = ""

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        if isinstance(self.body, bytes):
            yield self.body
        elif isinstance(self.body, AsyncGenerator):
            async with aclosing(self.body) as chunks:
                async for chunk in chunks:
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
