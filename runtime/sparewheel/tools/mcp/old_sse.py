"""A server of revision 2024-11-05: one stream of events for all that it sends, and an address to post to."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ..base import ToolError
from ..web.addresses import normalise
from .failures import Unanswered
from .handshake import Handshake
from .http import EVENTS, content_type, events, refusal
from .link import HEADERS
from .rpc import Message, decoded, encoded, is_id, notification, result_of

if TYPE_CHECKING:
    from ..base import AskUser
    from .exchange import Exchange
    from .http import Http
    from .sampling import Sampler


class OldSse(Handshake):
    """A connection to a server. It is not alive any more when the stream has ended."""

    def __init__(self, http: Http, url: str, sampler: Sampler | None = None) -> None:
        super().__init__(http, url, sampler)
        self._endpoint: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting: dict[int, tuple[asyncio.Future[Message], Exchange]] = {}

    async def open(self, ask: AskUser) -> None:
        """Open the stream, and initialize. Raises `ToolError`."""
        exchange = self._initialize(ask)
        async with exchange.patience:
            self._aside(self._read(exchange))
            await asyncio.shield(self._endpoint)
            self._meet(await self.request(exchange))
            await self._send(notification("notifications/initialized"))

    async def request(self, exchange: Exchange) -> Message:
        if not self.alive:
            raise ToolError("the connection to the server has ended")
        number, message = self._numbered(exchange)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future, exchange
        try:
            with self._asked(exchange, number):
                await self._send(message, exchange)
                return result_of(await future)
        finally:
            del self._waiting[number]
            future.cancel()

    async def _send(self, message: Message, exchange: Exchange | None = None) -> None:
        url = await asyncio.shield(self._endpoint)
        async with self._http.send("POST", url, HEADERS, encoded(message), exchange) as response:
            if response.status >= 400:
                raise await refusal(response)

    async def _read(self, exchange: Exchange) -> None:
        """Read the stream until it ends; all requests that wait have failed then. `exchange` is the first of them."""
        failure: ToolError = Unanswered("the stream of the server ended")
        try:
            async with self._http.send("GET", self._url, {"Accept": EVENTS}, exchange=exchange) as response:
                if response.status >= 400:
                    raise await refusal(response)
                if content_type(response) != EVENTS:
                    raise ToolError("the server has no stream of events at this address")
                async with aclosing(events(response)) as found:
                    async for event in found:
                        if event.event == "endpoint" and not self._endpoint.done():
                            self._endpoint.set_result(self._place(event.data))
                        elif event.event == "message" and event.data:
                            for message in decoded(event.data):
                                self._take(message)
        except ToolError as error:
            failure = error
        finally:
            self.alive = False
            if not self._endpoint.done():
                self._endpoint.set_exception(failure)
                self._endpoint.exception()  # marks it as retrieved
            for future, _ in self._waiting.values():
                if not future.done():
                    future.set_exception(failure)

    def _place(self, text: str) -> str:
        """The address to post to. Raises `ToolError` if it is on another server, which must not get the headers."""
        try:
            url = normalise(urljoin(self._url, text.strip()))
        except ValueError:
            raise ToolError("the server names no address to post to") from None
        if url.origin != normalise(self._url).origin:
            raise ToolError("the server names an address of another server to post to")
        return str(url)

    def _take(self, message: Message) -> None:
        number = message.get("id")
        if "method" not in message:
            for each, (future, _) in self._waiting.items():
                if is_id(number, each) and not future.done():
                    future.set_result(message)
            return
        params = message.get("params")
        token = params.get("progressToken") if isinstance(params, dict) else None
        _, exchange = self._waiting.get(token, (None, None)) if isinstance(token, int) else (None, None)
        self._receive(message, self._inquiries, exchange, token if isinstance(token, int) else 0)
