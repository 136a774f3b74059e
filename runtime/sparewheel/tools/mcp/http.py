"""HTTP requests to one server: to checked addresses only, with the headers of the agent file and of the sign-in."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from ...errors import ProviderError, TransportError
from ...sse import SSEDecoder
from ...transports.base import REDIRECTS, HttpRequest, read_at_most
from ..base import ToolError, unattended
from .failures import Refused, Unanswered, Unreachable
from .rpc import MAX_ERROR, MAX_MESSAGE, decoded, error_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from ...sse import ServerSentEvent
    from ...transports.base import HttpResponse, Transport, Url
    from ..web.addresses import AddressRules
    from .authorizer import Authorizer
    from .exchange import Exchange
    from .rpc import Message

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
MAX_REDIRECTS: Final = 3
MAX_WAIT: Final = 30.0  # seconds that a server may ask to wait before its stream is read on
MAX_STREAM: Final = 64 * 1024 * 1024  # bytes of the answer to one request, with its notifications


@dataclass(slots=True)
class Http:
    """The HTTP client of one server. `headers` and those of the authorizer are secrets."""

    transport: Transport
    rules: AddressRules
    authorizer: Authorizer
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @asynccontextmanager
    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", exchange: Exchange | None = None
    ) -> AsyncIterator[HttpResponse]:
        """Send a request; the response may have any status. A sign-in does not count as time of the `exchange`.

        Raises:
            Unreachable: there was no response.
            Refused: the sign-in failed.
            ToolError: the address may not be requested.
        """
        explain = method == "POST" if exchange is None else exchange.explain  # not of a stream that only listens
        place = self.rules.check(url)
        async with AsyncExitStack() as stack:
            response = await self._enter(stack, method, place, headers, body, explain)
            if response.status in (401, 403) and await self._signed_in(response, exchange):
                await stack.aclose()
                response = await self._enter(stack, method, place, headers, body, explain)
            yield response

    async def _signed_in(self, response: HttpResponse, exchange: Exchange | None) -> bool:
        challenge = response.headers.get("www-authenticate")
        try:
            if exchange is None:
                return await self.authorizer.challenged(response.status, challenge, unattended)
            with exchange.patience.paused():
                return await self.authorizer.challenged(response.status, challenge, exchange.ask)
        except ToolError as error:
            raise Refused(str(error), response.status, None) from None

    async def _enter(
        self, stack: AsyncExitStack, method: str, place: Url, headers: Mapping[str, str], body: bytes, explain: bool
    ) -> HttpResponse:
        """Send, and follow redirects where the transport does not: to the same origin only, because of the headers."""
        for _ in range(MAX_REDIRECTS + 1):
            sent = {**headers, **self.headers, **await self.authorizer.headers()}
            request = HttpRequest(method, str(place), sent, body, explain=explain)
            try:
                response = await stack.enter_async_context(self.transport.stream(request))
            except TransportError as error:
                text = f"{error.info.message} {error.info.hint}".rstrip()
                raise Unreachable(text, hidden=error.info.kind == "network_or_cors") from None
            target = response.headers.get("location") if response.status in REDIRECTS else None
            if target is None:
                return response
            await stack.aclose()
            place = self._redirected(place, target, response.status)
        raise ToolError(f"the server redirects more than {MAX_REDIRECTS} times")

    def _redirected(self, place: Url, target: str, status: int) -> Url:
        try:
            found = self.rules.check(urljoin(str(place), target))
        except ValueError:  # brackets that hold no IPv6 address
            raise ToolError("the server redirects to what is not a URL") from None
        if found.origin != place.origin or status not in (307, 308):
            raise ToolError(f"the server redirects to {found.origin}{found.path}"[:MAX_ERROR] + ": name that address")
        return found


async def refusal(response: HttpResponse) -> Refused:
    """What a response with a status of 400 or more means."""
    text = await _body(response, MAX_MESSAGE)
    message: Message | None = None
    try:
        [message] = decoded(text)
    except (ToolError, ValueError):  # not JSON, or a batch
        pass
    error = error_of(message) if message else None
    shown = str(error) if error else text.decode("utf-8", "replace").strip()[:MAX_ERROR]
    return Refused(f"HTTP {response.status}: {shown or 'no text'}", response.status, message if error else None)


@dataclass(slots=True)
class Cursor:
    """Where an event stream is: the id of its last event, and the time to wait before reading on, in seconds."""

    last: str = ""
    wait: float = 1.0


async def messages(response: HttpResponse, cursor: Cursor | None = None) -> AsyncGenerator[Message, None]:
    """The messages of a response, as they arrive. Moves `cursor`.

    Raises:
        Unanswered: the connection broke.
        ToolError: the response is neither JSON nor an event stream, or too large.
    """
    kind = content_type(response)
    if kind == EVENTS:
        async with aclosing(events(response)) as found:
            async for event in found:
                if cursor is not None:
                    cursor.last = event.id or cursor.last
                    cursor.wait = cursor.wait if event.retry is None else min(event.retry / 1000, MAX_WAIT)
                if event.event == "message" and event.data:
                    for message in decoded(event.data):
                        yield message
    elif kind == JSON or kind.endswith("+json"):
        for message in decoded(await _body(response, MAX_MESSAGE)):
            yield message
    else:
        raise ToolError(f"the server sent {kind[:100] or 'no content type'} instead of JSON or an event stream")


def content_type(response: HttpResponse) -> str:
    """The media type of a response in lower case, without parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


async def events(response: HttpResponse) -> AsyncGenerator[ServerSentEvent, None]:
    """The events of a response. Raises `Unanswered`, `ToolError` like `messages`."""
    decoder, size = SSEDecoder(MAX_MESSAGE), 0
    try:
        async with aclosing(response.chunks()) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_STREAM:
                    raise ToolError(f"the server sent more than {MAX_STREAM} bytes")
                for event in decoder.feed(chunk):
                    yield event
        for event in decoder.close():
            yield event
    except TransportError as error:
        raise Unanswered(error.info.message) from None
    except ProviderError as error:
        raise ToolError(error.info.message) from None


async def _body(response: HttpResponse, limit: int) -> bytes:
    """The body. Raises `ToolError` if it is longer than `limit` bytes, `Unanswered` if it does not end."""
    try:
        body = await read_at_most(response, limit + 1)
    except TransportError as error:
        raise Unanswered(error.info.message) from None
    if len(body) > limit:
        raise ToolError(f"the server sent more than {limit} bytes")
    return body
