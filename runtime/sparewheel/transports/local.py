"""A response that is made on this side, without a network: of demo models, of models in the page, and of tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(slots=True)
class LocalResponse:
    """An `HttpResponse`. `body` is bytes, pieces of bytes, or an async generator that may wait and may raise."""

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
