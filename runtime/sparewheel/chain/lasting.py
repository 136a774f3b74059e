"""Keeps the first connection of a background response for some seconds after it was left, until its id is known.

Closing the connection does not end the response, and without the id it cannot be cancelled. Once the id is known, the
attempt reads its connection directly.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from ..errors import SparewheelError
from .cancelling import CANCEL_LIMIT, run_beside

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from ..transports.base import HttpRequest, HttpResponse, Transport

MAX_BYTES: Final = 1024 * 1024
"""Bytes within which the id is looked for. The event that has it repeats the instruction and the tools."""


class LastingTransport:
    """`transport` for the request that makes a response, whose id `is_known` or not.

    Once nothing else reads the connection, `left` gets all that has come, each time there is more, and returns whether
    that is enough.
    """

    def __init__(self, transport: Transport, is_known: Callable[[], bool], left: Callable[[bytes], bool]) -> None:
        self._transport = transport
        self._is_known = is_known
        self._left = left

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        connection = self._transport.stream(request)
        opening = asyncio.ensure_future(connection.__aenter__())
        try:
            response = _LastingResponse(await asyncio.shield(opening), self._is_known)
        except asyncio.CancelledError:
            run_beside(self._read_on(connection, opening))
            raise
        try:
            yield response
        except BaseException as error:
            if response.pending is not None and not self._is_known():
                run_beside(self._read_on(connection, opening, response))
            else:
                await response.close()
                await connection.__aexit__(type(error), error, error.__traceback__)
            raise
        await response.close()
        await connection.__aexit__(None, None, None)

    async def _read_on(
        self,
        connection: AbstractAsyncContextManager[HttpResponse],
        opening: asyncio.Future[HttpResponse],
        response: _LastingResponse | None = None,
    ) -> None:
        """Read until the id is known."""
        try:
            async with asyncio.timeout(CANCEL_LIMIT):
                response = response or _LastingResponse(await opening, self._is_known)
                if not 200 <= response.status < 300:
                    return
                while not self._left(response.read) and await response.more() is not None:
                    pass
        except (SparewheelError, TimeoutError):
            pass
        finally:
            if response is not None:
                await response.close()
                await connection.__aexit__(None, None, None)
            elif not opening.done():
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)


class _LastingResponse:
    """A response whose first chunks are read in tasks of their own, so that a reader can leave them."""

    def __init__(self, response: HttpResponse, is_known: Callable[[], bool]) -> None:
        self.status = response.status
        self.url = response.url
        self.headers: Mapping[str, str] = response.headers
        self.read = b""  # what has come before the id was known
        self.pending: asyncio.Future[bytes | None] | None = None
        self._chunks = response.chunks()
        self._is_known = is_known

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while not self._is_known() and len(self.read) < MAX_BYTES:
            chunk = await self.more()
            if chunk is None:
                return
            yield chunk
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                yield chunk

    async def more(self) -> bytes | None:
        """The next chunk; None at the end. A reader that is cancelled leaves it to the next one."""
        if self.pending is None:
            self.pending = asyncio.ensure_future(_next(self._chunks))
        pending = self.pending
        try:
            chunk = await asyncio.shield(pending)
        finally:
            if pending.done():
                self.pending = None
        self.read += chunk or b""
        return chunk

    async def close(self) -> None:
        """End the body."""
        if self.pending is not None:
            self.pending.cancel()
            await asyncio.gather(self.pending, return_exceptions=True)
        await self._chunks.aclose()


async def _next(chunks: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(chunks, None)
