"""A server of the revisions with a handshake (2025-03-26 to 2025-11-25), over streamable HTTP."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

from ..base import ToolError
from .failures import Expired, Refused, Unanswered, Unreachable
from .handshake import Handshake
from .http import EVENTS, Cursor, content_type, messages, refusal
from .link import HEADERS, listening
from .rpc import Message, encoded, is_answer, is_id, notification, result_of

if TYPE_CHECKING:
    from ...transports.base import HttpResponse
    from ..base import AskUser
    from .exchange import Exchange
    from .http import Http
    from .sampling import Sampler

MAX_RESUMED: Final = 20  # times that the stream of one request is read on after it ended
_VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,1000}")  # what a header can send back
_ID: Final = "Mcp-Session-Id"
_VERSION: Final = "MCP-Protocol-Version"
_NO_ID: Final = (
    "; if the server has sessions, it has to let the page read their id: Access-Control-Expose-Headers: Mcp-Session-Id"
)


class Legacy(Handshake):
    """A session with a server. A session that has expired is renewed once for a request."""

    def __init__(self, http: Http, url: str, sampler: Sampler | None = None) -> None:
        super().__init__(http, url, sampler)
        self._session: dict[str, str] = {}  # the headers that every request of the session has
        self._renewing = asyncio.Lock()
        self._listener: asyncio.Task[None] | None = None

    async def open(self, ask: AskUser) -> None:
        """Initialize the session. Raises `ToolError`."""
        exchange = self._initialize(ask)
        session: dict[str, str] = {}
        async with exchange.patience:
            version = self._meet(await self._post(exchange, session))
            self._session = session
            if version != "2025-03-26":
                session[_VERSION] = version
            with suppress(Refused):  # some servers take no notifications; others tell the next request what is wrong
                await self._initialized(session)
        if self._listener is not None:
            self._listener.cancel()
        self._listener = self._aside(listening(self._listen))

    async def _initialized(self, session: dict[str, str]) -> None:
        try:
            await self._send(notification("notifications/initialized"))
        except Unreachable as error:  # the server's CORS headers may not allow the one with the version
            if not error.hidden or session.pop(_VERSION, None) is None:
                raise
            await self._send(notification("notifications/initialized"))

    async def request(self, exchange: Exchange) -> Message:
        session = self._session
        try:
            return await self._post(exchange, session)
        except Expired as error:
            await self._renew(session, exchange)
            if error.answered and exchange.method == "tools/call":
                raise Unanswered(str(error)) from None  # the session is new for the next call
        return await self._post(exchange, self._session)

    async def close(self) -> None:
        is_alive, session = self.alive, self._session
        await super().close()
        if is_alive and _ID in session:
            with suppress(ToolError, TimeoutError):
                async with asyncio.timeout(1), self._http.send("DELETE", self._url, session):
                    pass

    async def _renew(self, expired: dict[str, str], exchange: Exchange) -> None:
        """Open another session, once for all requests that found the same one expired."""
        async with self._renewing:
            if self._session is expired:
                await self.open(exchange.ask)
                self.changed.add("tools")
        if exchange.renewed is not None:
            await exchange.renewed()

    # Requests ---------------------------------------------------------------------------------------------------

    async def _post(self, exchange: Exchange, session: dict[str, str]) -> Message:
        number, message = self._numbered(exchange)
        body = encoded(message)
        cursor = Cursor()
        with self._asked(exchange, number):
            async with self._http.send("POST", self._url, {**HEADERS, **session}, body, exchange) as response:
                await _check(response, session, number)
                if (found := response.headers.get(_ID.lower(), "")) and _VISIBLE.fullmatch(found):
                    session[_ID] = found
                answer = await self._answer(response, number, exchange, cursor)
            return result_of(answer or await self._resumed(number, exchange, session, cursor))

    async def _answer(self, response: HttpResponse, number: int, exchange: Exchange, cursor: Cursor) -> Message | None:
        """The answer in a response; None if the response ends without it."""
        try:
            async with aclosing(messages(response, cursor)) as received:
                async for message in received:
                    if is_answer(message, number):
                        return message
                    self._receive(message, self._inquiries, exchange, number)
        except Unanswered:
            if not cursor.last:
                raise
        return None

    async def _resumed(self, number: int, exchange: Exchange, session: dict[str, str], cursor: Cursor) -> Message:
        """Read on after the last event of a stream that has ended. Raises `Unanswered` if the answer does not come."""
        for _ in range(MAX_RESUMED):
            if not _VISIBLE.fullmatch(cursor.last):
                break
            await asyncio.sleep(cursor.wait)
            headers = {"Accept": EVENTS, "Last-Event-ID": cursor.last, **session}
            async with self._http.send("GET", self._url, headers, exchange=exchange) as response:
                if response.status != 200:
                    break
                if (answer := await self._answer(response, number, exchange, cursor)) is not None:
                    return answer
        raise Unanswered("the server ended its response without an answer")

    async def _send(self, message: Message) -> None:
        """Send a notification or an answer."""
        async with self._http.send("POST", self._url, {**HEADERS, **self._session}, encoded(message)) as response:
            if response.status >= 400:
                raise await refusal(response)

    # What comes unasked -----------------------------------------------------------------------------------------

    async def _listen(self) -> bool:
        """Read the stream of messages that belong to no request. Returns whether the server has such a stream."""
        async with self._http.send("GET", self._url, {"Accept": EVENTS, **self._session}) as response:
            if response.status != 200 or content_type(response) != EVENTS:
                return False
            async with aclosing(messages(response)) as received:
                async for message in received:
                    self._receive(message, self._inquiries, None)
        return True


async def _check(response: HttpResponse, session: dict[str, str], number: int) -> None:
    """Raises what a status of 400 or more means for the request of this number.

    An answer to the request, even with the status 404, was not refused for its session if it does not tell so.
    """
    if response.status < 400:
        return
    error = await refusal(response)
    is_answered = error.message is not None and is_id(error.message.get("id"), number)
    is_about_session = "session" in str(error).lower() or (error.status == 404 and not is_answered)
    if _ID in session and error.status in (400, 404) and is_about_session:
        raise Expired(str(error), answered=is_answered)
    if session and _ID not in session and error.status in (400, 404) and not is_answered:
        raise Refused(f"{error}{_NO_ID}", error.status, error.message)
    if error.message is not None:
        result_of(error.message)  # raises the JSON-RPC error
    raise error
