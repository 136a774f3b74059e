"""Answers requests with a recording. No request leaves: one that is not in the recording is an error that says so."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError, TransportError
from ..jsontext import read
from ..redaction.sought import MASK
from .masking import Masking

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping

    from ..transports.base import HttpRequest, HttpResponse, Transport
    from ..transports.router import Tap
    from .form import Exchange, RecordedResponse, Recording

GRACE: Final = 5.0  # seconds in which the reader of an answer has to leave where it has left before
_SHOWN: Final = 8  # exchanges that an error names
_HINT: Final = "Make the recording again (--record), or ask what was asked when it was made."
# What the runtime and its tools write anew each time: dates and times, and ids of calls that the model has not named.
_VOLATILE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\bcall_[0-9a-f]{16}\b"
)


class Player:
    """Plays a recording. Each exchange answers one request; of equal ones the first that is left.

    `timed`: with the times of the recording, else without waiting.
    """

    def __init__(self, recording: Recording, *, timed: bool = False) -> None:
        self._recording = recording
        self._timed = timed
        self._left: list[Exchange | None] = list(recording.exchanges)
        self._places: dict[tuple[str, str], list[int]] = {}
        for number, exchange in enumerate(recording.exchanges):
            self._places.setdefault((exchange.request.method, exchange.request.url), []).append(number)
        self._missed: ConfigError | None = None

    def tap(self, secrets: Callable[[], Iterable[str]]) -> Tap:
        """Answers the requests of a session, or of several; `secrets` gives those that may occur."""
        masking = Masking(secrets)

        @asynccontextmanager
        async def stream(transport: Transport, request: HttpRequest) -> AsyncIterator[HttpResponse]:
            asked = _Asked(request, masking)
            exchange = self._find(asked)
            playing = _Playing(exchange, self._timed, asked)
            await playing.begin()
            yield playing

        return stream

    def env(self, env: Mapping[str, str]) -> dict[str, str]:
        """`env` with a placeholder for each secret that the recorded sessions had: no key is needed to play it.

        It begins like the key, because what a model streams is held back as long as it may be a key.
        """
        return {**env, **self._recording.keys}

    def _find(self, asked: _Asked) -> Exchange:
        """Take the exchange that answers a request. Raises `ConfigError`."""
        numbers = [number for number in self._places.get(asked.place, ()) if self._left[number] is not None]
        for same in (_exactly, _nearly):
            for number in numbers:
                exchange = self._left[number]
                if exchange is not None and same(exchange.request.body.content, asked.body):
                    self._left[number] = None
                    return exchange
        raise self._miss(asked)

    def _miss(self, asked: _Asked) -> ConfigError:
        """The error of a request that is not in the recording; after the first one, what follows is due to that."""
        if self._missed is not None:
            return ConfigError(f"{self._missed.info.message} (Then it was asked for {asked}.)", _HINT)
        entries = self._recording.exchanges
        shown = [
            f"{_named(each.request.method, each.request.url, each.request.body.content)}"
            + (" (used)" if self._left[number] is None else "")
            for number, each in enumerate(entries[:_SHOWN])
        ]
        more = f", and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
        has = f"It has {len(entries)}: {'; '.join(shown)}{more}." if entries else "It has none."
        self._missed = ConfigError(f"The recording has no answer to {asked}. {has}{self._nearest(asked)}"[:4000], _HINT)
        return self._missed

    def _nearest(self, asked: _Asked) -> str:
        """Where the request differs from one that is left."""
        for number in self._places.get(asked.place, ()):
            exchange = self._left[number]
            if exchange is not None:
                found = _difference(_value(exchange.request.body.content), _value(asked.body))
                return f" The next of this address differs at {found}." if found else ""
        return ""


class _Asked:
    """A request as a recording has it."""

    def __init__(self, request: HttpRequest, masking: Masking) -> None:
        self.place = (request.method, masking.url(request.url))
        self.body = masking.request(request.body)

    def __str__(self) -> str:
        return _named(*self.place, self.body)


class _Playing:
    """The `HttpResponse` of an exchange."""

    def __init__(self, exchange: Exchange, timed: bool, asked: _Asked) -> None:
        self._exchange = exchange
        self._timed = timed
        self._asked = asked
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._ms = 0  # of the recording, at which this is

    @property
    def _response(self) -> RecordedResponse:
        assert self._exchange.response is not None  # `begin` returns only if there is one
        return self._exchange.response

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def url(self) -> str:
        return self._response.url

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    async def begin(self) -> None:
        """Wait for the head of the response. Raises what the request had failed with."""
        if self._exchange.response is None:
            await self._end()
        else:
            await self._until(self._response.ms)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for ms, piece in self._response.pieces():
            await self._until(ms)
            yield piece
        await self._end()

    async def _until(self, ms: int) -> None:
        self._ms = ms
        await asyncio.sleep(max(self._began + ms / 1000 - self._loop.time(), 0) if self._timed else 0)

    async def _end(self) -> None:
        """What comes after the last piece."""
        end = self._exchange.end
        if end.how == "complete":
            return
        if end.how == "failed" and end.error is not None:
            await self._until(end.ms)
            raise TransportError(end.error.info)
        if end.how == "left":  # then it was still under way: a time limit, or another model that was faster
            await asyncio.sleep(max(end.ms - self._ms, 0) / 1000 + GRACE)
            raise ConfigError(f"The recording of {self._asked} ends before its answer does: it was not read on.", _HINT)
        raise ConfigError(f"The recording of {self._asked} lacks the answer, which was too large.", _HINT)


def _exactly(recorded: bytes, asked: bytes) -> bool:
    return recorded == asked


def _nearly(recorded: bytes, asked: bytes) -> bool:
    return _steady(recorded) == _steady(asked)


def _steady(body: bytes) -> str:
    return _VOLATILE.sub("~", body.decode("latin-1"))


def _named(method: str, url: str, body: bytes) -> str:
    value = _value(body)
    model = value.get("model") or value.get("method") if isinstance(value, dict) else None
    about = f"{str(model)[:100]}, " if model else ""
    return f"{method} {url[:200]} ({about}{len(body)} bytes)"


def _value(body: bytes) -> Any:
    try:
        return read(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _difference(recorded: Any, asked: Any, path: str = "") -> str:
    """The first place where two JSON values differ, and what is there; "" if nowhere."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in dict.fromkeys([*recorded, *asked]):
            if found := _difference(recorded.get(key), asked.get(key), f"{path}.{key}" if path else str(key)):
                return found
        return ""
    if isinstance(recorded, list) and isinstance(asked, list):
        for number, (one, other) in enumerate(zip(recorded, asked, strict=False)):
            if found := _difference(one, other, f"{path}[{number}]"):
                return found
        return "" if len(recorded) == len(asked) else f"{path}: {len(recorded)} were recorded, {len(asked)} asked"
    if recorded == asked:
        return ""
    return f"{path or 'its body'}: {_short(recorded)} was recorded, {_short(asked)} asked"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return repr(text if len(text) <= 80 else f"{text[:80]}…") if text != MASK else MASK
