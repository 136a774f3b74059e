"""Writes a recording: a line for each exchange, when it is over."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..config.vendor_keys import Secrets
from ..errors import TransportError
from ..jsontext import MAX_CHARS, whole, write
from .form import HEADER, body_of, exchange_line, masked_key
from .masking import Masking

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence

    from ..transports.base import HttpRequest, HttpResponse, Transport
    from ..transports.router import Tap


class Recorder:
    """Gives each line of a recording, without its line end, to `write_line`, which must not raise."""

    def __init__(self, write_line: Callable[[str], object]) -> None:
        self._write_line = write_line
        self._keys: dict[str, str] = {}
        write_line(HEADER)

    def tap(self, secrets: Callable[[], Iterable[str]]) -> Tap:
        """Records the requests of a session, or of several; `secrets` gives those that may occur."""
        masking = Masking(secrets)

        @asynccontextmanager
        async def stream(transport: Transport, request: HttpRequest) -> AsyncIterator[HttpResponse]:
            exchange = _Exchange(request)
            try:
                async with AsyncExitStack() as stack:
                    try:
                        response = await stack.enter_async_context(transport.stream(request))
                    except TransportError as error:
                        exchange.error = error
                        raise
                    exchange.answered(response)
                    yield _Recorded(response, exchange)
            finally:
                self._write_line(exchange.line(masking))

        return stream

    def turn(self, messages: Sequence[Mapping[str, Any]], hidden: Callable[[str], str]) -> None:
        """A turn begins; `messages` is its conversation, of which the last one is the prompt."""
        self._write_line(hidden(write({"type": "turn", "messages": list(messages)})))

    def keys(self, env: Mapping[str, str]) -> None:
        """A session has this env, of whose secrets only the form is kept (`Player.env`)."""
        secrets = Secrets(env)
        masked = {name: masked_key(value) for name, value in env.items() if secrets.is_secret(name)}
        if new := {name: form for name, form in masked.items() if self._keys.get(name) != form}:
            self._keys |= new
            self._write_line(write({"type": "keys", "env": new}))


class _Exchange:
    """What is known of an exchange that is under way."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._response: HttpResponse | None = None
        self._headers_ms = 0
        self._pieces: list[tuple[int, bytes]] = []
        self._size = 0
        self.complete = False
        self.error: TransportError | None = None

    def _ms(self) -> int:
        return max(round((self._loop.time() - self._began) * 1000), 0)

    def answered(self, response: HttpResponse) -> None:
        self._response, self._headers_ms = response, self._ms()

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= MAX_CHARS:
            self._pieces.append((self._ms(), chunk))
        else:
            self._pieces.clear()  # as it cannot be read again

    def line(self, masking: Masking) -> str:
        request, response = self._request, self._response
        end: dict[str, Any] = {"how": "complete" if self.complete else "left", "ms": self._ms()}
        if self._size > MAX_CHARS:
            end["how"] = "too_large"
        elif self.error is not None:
            facts = asdict(self.error.info)
            end["how"] = "failed"
            end["error"] = facts | {name: whole(masking.text(facts[name])) for name in ("message", "hint")}
        exchange = {
            "type": "exchange",
            "at": self._at,
            "request": {
                "method": request.method,
                "url": masking.url(request.url),
                "headers": masking.headers(request.headers),
                "body": body_of(masking.request(request.body)),
            },
            "response": response
            and {
                "status": response.status,
                "url": masking.url(response.url) if response.url else "",
                "headers": masking.headers(response.headers),
                "ms": self._headers_ms,
            },
            "end": end,
        }
        return exchange_line(exchange, masking.answer(self._pieces))


class _Recorded:
    """A response whose chunks are kept on their way."""

    def __init__(self, response: HttpResponse, exchange: _Exchange) -> None:
        self._response = response
        self._exchange = exchange
        self.status = response.status
        self.url = response.url
        self.headers = response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        exchange = self._exchange
        try:
            async with aclosing(self._response.chunks()) as chunks:
                async for chunk in chunks:
                    exchange.add(chunk)
                    yield chunk
            exchange.complete = True
        except TransportError as error:
            exchange.error = error
            raise
