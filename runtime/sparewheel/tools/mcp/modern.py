"""A server of revision 2026-07-28: no handshake and no session; every request has all that it needs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ..base import ToolError
from .failures import Unanswered
from .headers import header_value
from .http import EVENTS, content_type, messages, refusal
from .link import HEADERS, LISTS, Link, listening
from .rpc import Message, RpcError, encoded, is_answer, request, result_of
from .server import CLIENT, Server

if TYPE_CHECKING:
    from .exchange import Exchange

VERSION: Final = "2026-07-28"
UNSUPPORTED_VERSION: Final = -32022
MODERN_ERRORS: Final = (-32020, -32021, UNSUPPORTED_VERSION)  # that no older server sends
MAX_ROUNDS: Final = 10  # questions and answers of one request
MAX_INQUIRIES: Final = 20  # in one round
_INTERACTIVE: Final = ("tools/call", "prompts/get", "resources/read")
_PREFIX: Final = "io.modelcontextprotocol/"
_META: Final = {f"{_PREFIX}protocolVersion": VERSION, f"{_PREFIX}clientInfo": CLIENT}


class Modern(Link):
    """Requests to a server."""

    @property
    def _meta(self) -> dict[str, Any]:
        return {**_META, f"{_PREFIX}clientCapabilities": self._answerer.capabilities}

    def begin(self, server: Server) -> None:
        """Use the server, whose facts were discovered, and listen for changes of its lists."""
        self.server = server
        if any(server.has(name, "listChanged") for name in LISTS):
            self._aside(listening(self._listen))

    async def request(self, exchange: Exchange) -> Message:
        params = exchange.params
        for number in range(MAX_ROUNDS):
            result = await self._post(exchange, params)
            kind = result.get("resultType", "complete")
            if kind == "complete":
                return result
            if kind != "input_required" or exchange.method not in _INTERACTIVE:
                raise ToolError(f"the server sent a result of type {str(kind)[:100]}, which this client does not know")
            asked = result.get("inputRequests")
            if not asked:
                await asyncio.sleep(min(number, 5))  # the server only wants to be asked again
            more: Message = {"inputResponses": await self._answers(asked, exchange)} if asked else {}
            if "requestState" in result:
                more["requestState"] = result["requestState"]
            params = {**exchange.params, **more}
        raise ToolError(f"the server asked more than {MAX_ROUNDS} times for input")

    async def _answers(self, asked: object, exchange: Exchange) -> Message:
        """The answers to the requests in a result, by their keys. Raises `ToolError` for what is not answered."""
        if not isinstance(asked, dict) or len(asked) > MAX_INQUIRIES:
            raise ToolError("the server asks for input in a form that this client does not know")
        answers: Message = {}
        for key, each in asked.items():
            inquiry = each if isinstance(each, dict) else {}
            try:
                answers[key] = await self._answerer.answer(inquiry.get("method"), inquiry.get("params"), exchange)
            except RpcError as error:
                raise ToolError(f"the server needs what this client does not give: {error}") from None
        return answers

    async def _post(self, exchange: Exchange, params: Message) -> Message:
        number = next(self._numbers)
        meta = self._meta
        if exchange.context is not None:
            meta["progressToken"] = number
        body = encoded(request(number, exchange.method, {**params, "_meta": meta}))
        headers = {**_headers(exchange.method, exchange.name), **exchange.headers}
        with self._run(exchange):
            async with self._http.send("POST", self._url, headers, body, exchange) as response:
                if response.status >= 400:
                    error = await refusal(response)
                    if error.message is not None:
                        result_of(error.message)  # raises the JSON-RPC error
                    raise error
                async with aclosing(messages(response)) as received:
                    async for message in received:
                        if is_answer(message, number):
                            return result_of(message)
                        self._receive(message, None, exchange, number)
        raise Unanswered("the server ended its response without an answer")

    async def _listen(self) -> bool:
        """Read the stream of changes. Returns whether the server has one."""
        number, method = next(self._numbers), "subscriptions/listen"
        wanted = {f"{name}ListChanged": True for name in LISTS if self.server.has(name, "listChanged")}
        body = encoded(request(number, method, {"notifications": wanted, "_meta": self._meta}))
        async with self._http.send("POST", self._url, _headers(method), body) as response:
            if response.status != 200 or content_type(response) != EVENTS:
                return False
            if self.listens:
                self.changed.update(LISTS)  # what was reported after the last stream ended is lost
            self.listens = True
            async with aclosing(messages(response)) as received:
                async for message in received:
                    if is_answer(message, number):
                        break
                    self._receive(message, None, None)
        return True


def _headers(method: str, name: str = "") -> dict[str, str]:
    headers = {**HEADERS, "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
    return {**headers, "Mcp-Name": header_value(name)} if name else headers
