"""A transport that is a function: what tests and simulations put in the network's place."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .local import LocalResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from .base import HttpRequest


class MockTransport:
    """Answers with `handler(request)`, which may raise. Remembers requests, and how many are still open."""

    def __init__(self, handler: Callable[[HttpRequest], LocalResponse | Awaitable[LocalResponse]]) -> None:
        self._handler = handler
        self.requests: list[HttpRequest] = []
        self.open = 0

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        self.requests.append(request)
        self.open += 1
        try:
            answer: Any = self._handler(request)
            yield answer if isinstance(answer, LocalResponse) else await answer
        finally:
            self.open -= 1
