"""The connection to one server: opened when it is needed, and again after it has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..base import ToolError
from .failures import Unreachable
from .modern import UNSUPPORTED_VERSION
from .opening import open_link
from .rpc import RpcError

if TYPE_CHECKING:
    from ..base import AskUser
    from .exchange import Exchange
    from .http import Http
    from .link import Link
    from .rpc import Message
    from .sampling import Sampler

MAX_REST: Final = 300.0  # seconds
REST: Final = 5.0  # times as long as the attempt to connect took


class Connection:
    """A failed attempt to connect is not repeated before a rest, so that a dead server delays few steps.

    `suspect`: the last request got no response, so the server may have changed or gone.
    """

    def __init__(self, http: Http, url: str, transport_type: str, sampler: Sampler | None = None) -> None:
        self.host = urlsplit(url).netloc
        self.link: Link | None = None
        self.suspect = False
        self._http = http
        self._url = url
        self._type = transport_type
        self._sampler = sampler
        self._lock = asyncio.Lock()
        self._failure: ToolError | None = None
        self._rest_until = 0.0

    async def open(self, ask: AskUser) -> Link:
        """The connection, opened if it is not. Raises `ToolError`."""
        async with self._lock:
            if self.link is not None and self.link.alive:
                return self.link
            began = asyncio.get_running_loop().time()
            if self._failure is not None and began < self._rest_until:
                raise self._failure
            await self.close()
            try:
                self.link = await open_link(self._http, self._url, self._type, ask, self._sampler)
                self.suspect = False
            except ToolError as error:
                await self.failed(error, began)
                raise
            self._failure = None
            return self.link

    async def failed(self, error: ToolError, began: float) -> None:
        """An attempt that began at a time of the event loop's clock has failed: rest, in proportion to what it took."""
        now = asyncio.get_running_loop().time()
        self._failure, self._rest_until = error, now + min(REST * (now - began), MAX_REST)
        if self.link is not None:
            self.link.alive = False  # so that closing it sends nothing
            await self.close()

    async def request(self, exchange: Exchange) -> Message:
        """The result of a request. Raises `RpcError`, `ToolError`."""
        link = await self.open(exchange.ask)
        try:
            async with exchange.patience:
                return await link.request(exchange)
        except Unreachable:
            self.suspect = True
            raise
        except RpcError as error:
            if error.code == UNSUPPORTED_VERSION:  # the server was replaced by another
                link.alive = False
            raise

    async def close(self) -> None:
        if self.link is not None:
            await self.link.close()
            self.link = None
