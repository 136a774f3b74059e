"""What the servers of the revisions with a handshake have in common (2024-11-05 to 2025-11-25)."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..base import ToolError
from .exchange import Exchange
from .inquiries import Inquiries
from .link import ASIDE_TIMEOUT, Link
from .rpc import notification, request
from .server import CLIENT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..base import AskUser
    from .http import Http
    from .rpc import Message
    from .sampling import Sampler

NEWEST: Final = "2025-11-25"
VERSIONS: Final = (NEWEST, "2025-06-18", "2025-03-26", "2024-11-05")
START_TIMEOUT: Final = 15.0  # seconds


class Handshake(Link):
    """A connection that begins with `initialize`. The server may ask for something in the middle of a request."""

    def __init__(self, http: Http, url: str, sampler: Sampler | None = None) -> None:
        super().__init__(http, url, sampler)
        self._inquiries = Inquiries(self._send, self._answerer)

    async def close(self) -> None:
        await super().close()
        await self._inquiries.stop()

    @abstractmethod
    async def _send(self, message: Message) -> None:
        """Send a notification or an answer. Raises `ToolError`."""

    def _initialize(self, ask: AskUser) -> Exchange:
        """The first request. `ask` asks the user while it waits."""
        params = {"protocolVersion": NEWEST, "capabilities": self._answerer.capabilities, "clientInfo": CLIENT}
        return Exchange("initialize", params, START_TIMEOUT, asker=ask)

    def _meet(self, result: Message) -> str:
        """Take what the server says of itself; return the revision that it speaks. Raises `ToolError`."""
        version = result.get("protocolVersion")
        if version not in VERSIONS:
            raise ToolError(f"the server speaks revision {str(version)[:40]} of MCP, which this client does not")
        self.server = Server.of(version, result)
        return str(version)

    def _numbered(self, exchange: Exchange) -> tuple[int, Message]:
        """The request of an exchange, and its number."""
        number = next(self._numbers)
        params: dict[str, Any] = {**exchange.params}
        if exchange.context is not None:
            params["_meta"] = {"progressToken": number}
        return number, request(number, exchange.method, params)

    @contextmanager
    def _asked(self, exchange: Exchange, number: int) -> Iterator[None]:
        """While a request waits for its answer. The server is told if it is stopped."""
        try:
            with self._run(exchange):
                yield
        except asyncio.CancelledError:
            if exchange.method != "initialize" and self.alive:
                self._aside(self._cancelled(number))
            raise
        finally:
            self._inquiries.end(exchange)

    async def _cancelled(self, number: int) -> None:
        async with asyncio.timeout(ASIDE_TIMEOUT):
            await self._send(notification("notifications/cancelled", {"requestId": number, "reason": "stopped"}))
