"""Requests of a server to this client: answered by the user where the client has the feature, else refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...jsontext import write
from ..base import ToolError
from .rpc import METHOD_NOT_FOUND, Message, RpcError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..web.addresses import AddressRules
    from .exchange import Exchange
    from .sampling import Sampler

MAX_QUESTION: Final = 5_000  # characters of a question to the user
MAX_SCHEMA: Final = 20_000  # characters of JSON, of the form
MAX_QUESTIONS: Final = 20  # of one request
MAX_OPEN: Final = 8  # requests of a server at one time
_ACTIONS: Final = ("accept", "decline", "cancel")


@dataclass(frozen=True, slots=True)
class Answerer:
    """What this client does for the server at `host`.

    The user is asked to open only addresses that `rules` allow, which are those of the server's requests.
    Sampling is refused without a `sampler`: a server may not use the model, which the user pays. So are roots: there
    are no folders.
    """

    host: str
    rules: AddressRules
    sampler: Sampler | None = None

    @property
    def capabilities(self) -> Message:
        """What is announced to the server."""
        found: Message = {"elicitation": {"form": {}, "url": {}}}
        return {**found, "sampling": {}} if self.sampler else found

    async def answer(self, method: object, params: object, exchange: Exchange) -> Message:
        """The result of a request of the server that belongs to `exchange`, whose time does not count meanwhile.

        Raises:
            RpcError: this client does not do that.
        """
        if method == "ping":
            return {}
        if method == "sampling/createMessage" and self.sampler is not None:
            return await self.sampler.answer(params, exchange, self.host)
        if method != "elicitation/create":
            raise RpcError(METHOD_NOT_FOUND, f"this client does not answer {str(method)[:100]}")
        exchange.questions += 1
        if exchange.questions > MAX_QUESTIONS:
            return {"action": "cancel"}
        given = params if isinstance(params, dict) else {}
        text = given.get("message")
        message = f"{self.host} asks: {text if isinstance(text, str) else ''}"[:MAX_QUESTION]
        if given.get("mode") == "url":
            return {"action": await self._opened(message, given.get("url"), exchange)}
        return await _filled(message, given.get("requestedSchema"), exchange)

    async def _opened(self, message: str, url: object, exchange: Exchange) -> str:
        if not isinstance(url, str) or len(url) > MAX_QUESTION:
            return "decline"
        try:
            self.rules.check(url)
            return _action(await exchange.ask(message, {}, url=url))
        except ToolError:  # a page must not open the address
            return "decline"


async def _filled(message: str, schema: object, exchange: Exchange) -> Message:
    if not isinstance(schema, dict) or len(write(schema)) > MAX_SCHEMA:
        return {"action": "decline"}
    try:
        found = await exchange.ask(message, schema)
    except ToolError:  # the schema has numbers that a page cannot show
        return {"action": "decline"}
    action = _action(found)
    if action != "accept":
        return {"action": action}
    content = found.get("content")
    return {"action": action, "content": {**_defaults(schema), **(content if isinstance(content, dict) else {})}}


def _defaults(schema: Message) -> Message:
    """The defaults of the fields of a form, which an answer may leave out."""
    fields = schema.get("properties")
    if not isinstance(fields, dict):
        return {}
    return {name: each["default"] for name, each in fields.items() if isinstance(each, dict) and "default" in each}


def _action(found: Message) -> str:
    action = found.get("action")
    return action if action in _ACTIONS else "cancel"


class Inquiries:
    """The open requests of a server, each in a task. `respond` sends what the `answerer` answers."""

    def __init__(self, respond: Callable[[Message], Awaitable[None]], answerer: Answerer) -> None:
        self._respond = respond
        self._answerer = answerer
        self._open: dict[str | int, tuple[asyncio.Task[None], Exchange]] = {}

    def begin(self, message: Message, exchange: Exchange) -> None:
        """Answer a request. One more than `MAX_OPEN` at a time gets no answer."""
        number = message.get("id")
        if not isinstance(number, (str, int)) or number in self._open or len(self._open) >= MAX_OPEN:
            return
        task = asyncio.ensure_future(self._answer(number, message, exchange))
        self._open[number] = task, exchange
        task.add_done_callback(lambda _: self._open.pop(number, None))

    def cancel(self, number: object) -> None:
        """The server no longer waits for an answer."""
        if isinstance(number, (str, int)) and number in self._open:
            self._open[number][0].cancel()

    def end(self, exchange: Exchange) -> None:
        """The request is over, so no answer is of use any more."""
        for task, asked in self._open.values():
            if asked is exchange:
                task.cancel()

    async def stop(self) -> None:
        """End all of them."""
        tasks = [task for task, _ in self._open.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, number: str | int, message: Message, exchange: Exchange) -> None:
        reply: Message = {"jsonrpc": "2.0", "id": number}
        try:
            reply["result"] = await self._answerer.answer(message.get("method"), message.get("params"), exchange)
        except RpcError as error:
            reply["error"] = {"code": error.code, "message": str(error)}
        try:
            await self._respond(reply)
        except ToolError:  # the server will miss the answer, and end its request
            pass
