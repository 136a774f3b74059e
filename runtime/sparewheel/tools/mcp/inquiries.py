"""Requests of a server to this client: answered by the user where the client has the feature, else refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from ...jsontext import write
from ..base import ToolError
from .rpc import METHOD_NOT_FOUND, Message, RpcError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .exchange import Exchange
    from .sampling import Sampler

MAX_QUESTION: Final = 5_000  # characters of a question to the user
MAX_SCHEMA: Final = 20_000  # characters of JSON, of the form
MAX_QUESTIONS: Final = 20  # of one request
MAX_OPEN: Final = 8  # requests of a server at one time
_ACTIONS: Final = ("accept", "decline", "cancel")


def capabilities(sampler: Sampler | None) -> Message:
    """What this client announces to a server."""
    found: Message = {"elicitation": {"form": {}, "url": {}}}
    return {**found, "sampling": {}} if sampler else found


async def answer(method: object, params: object, exchange: Exchange, host: str, sampler: Sampler | None) -> Message:
    """The result of a request of the server at `host` that belongs to `exchange`, whose time does not count meanwhile.

    Sampling is refused without a `sampler`: a server may not use the model, which the user pays. So are roots: there
    are no folders.

    Raises:
        RpcError: this client does not do that.
    """
    if method == "ping":
        return {}
    if method == "sampling/createMessage" and sampler is not None:
        return await sampler.answer(params, exchange, host)
    if method != "elicitation/create":
        raise RpcError(METHOD_NOT_FOUND, f"this client does not answer {str(method)[:100]}")
    exchange.questions += 1
    if exchange.questions > MAX_QUESTIONS:
        return {"action": "cancel"}
    given = params if isinstance(params, dict) else {}
    text = given.get("message")
    message = f"{host} asks: {text if isinstance(text, str) else ''}"[:MAX_QUESTION]
    if given.get("mode") == "url":
        return {"action": await _opened(message, given.get("url"), exchange)}
    return await _filled(message, given.get("requestedSchema"), exchange)


async def _opened(message: str, url: object, exchange: Exchange) -> str:
    if not isinstance(url, str) or not url.lower().startswith(("https://", "http://")) or len(url) > MAX_QUESTION:
        return "decline"
    try:
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
    """The open requests of the server at `host`, each in a task. `respond` sends an answer."""

    def __init__(
        self, respond: Callable[[Message], Awaitable[None]], host: str, sampler: Sampler | None = None
    ) -> None:
        self._sampler = sampler
        self._respond = respond
        self._host = host
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
            method, params = message.get("method"), message.get("params")
            reply["result"] = await answer(method, params, exchange, self._host, self._sampler)
        except RpcError as error:
            reply["error"] = {"code": error.code, "message": str(error)}
        try:
            await self._respond(reply)
        except ToolError:  # the server will miss the answer, and end its request
            pass
