"""A server of the revisions with a handshake (2025-03-26 to 2025-11-25), over streamable HTTP."""

from __future__ import annotations

from contextlib import aclosing
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from ..base import ToolError
from .http import EVENTS, JSON, Broken, Http, messages, refusal
from .rpc import Message, encoded, is_answer, notification, request, result_of
from .server import CLIENT, Server

if TYPE_CHECKING:
    from .exchange import Exchange

NEWEST: Final = "2025-11-25"
VERSIONS: Final = (NEWEST, "2025-06-18", "2025-03-26", "2024-11-05")
_SESSION: Final = "mcp-session-id"
_HEADERS: Final = {"Content-Type": JSON, "Accept": f"{JSON}, {EVENTS}"}


class Legacy:
    """A session with a server."""

    def __init__(self, http: Http, url: str) -> None:
        self._http = http
        self._url = url
        self._numbers = count(1)
        self._session: dict[str, str] = {}  # the headers that every request of the session has
        self.server = Server()

    async def open(self, exchange: Exchange) -> None:
        """Initialize the session. `exchange` is the request for it. Raises `ToolError`."""
        exchange.params = {"protocolVersion": NEWEST, "capabilities": {}, "clientInfo": CLIENT}
        self._session = {}
        result = await self._post(exchange)
        version = result.get("protocolVersion")
        if version not in VERSIONS:
            raise ToolError(f"the server speaks revision {str(version)[:40]} of MCP, which this client does not")
        self.server = Server.of(version, result)
        self._session["MCP-Protocol-Version"] = version
        await self._notify("notifications/initialized")

    async def request(self, exchange: Exchange) -> Message:
        """The result of a request. Raises `RpcError`, `ToolError`."""
        return await self._post(exchange)

    async def _post(self, exchange: Exchange) -> Message:
        number = next(self._numbers)
        params: dict[str, Any] = {**exchange.params}
        if exchange.context is not None:
            params["_meta"] = {"progressToken": number}
        body = encoded(request(number, exchange.method, params))
        async with self._http.send("POST", self._url, {**_HEADERS, **self._session}, body, exchange) as response:
            if response.status >= 400:
                raise await refusal(response)
            if session := response.headers.get(_SESSION):
                self._session["Mcp-Session-Id"] = session
            async with aclosing(messages(response)) as received:
                async for message in received:
                    if is_answer(message, number):
                        return result_of(message)
                    self._receive(message, number, exchange)
        raise Broken("the server ended its response without an answer")

    def _receive(self, message: Message, number: int, exchange: Exchange) -> None:
        """A message that comes before the answer."""
        params = message.get("params")
        if message.get("method") == "notifications/progress" and isinstance(params, dict):
            if params.get("progressToken") == number:
                exchange.progress(params)

    async def _notify(self, method: str) -> None:
        body = encoded(notification(method))
        async with self._http.send("POST", self._url, {**_HEADERS, **self._session}, body) as response:
            if response.status >= 400:
                raise await refusal(response)
