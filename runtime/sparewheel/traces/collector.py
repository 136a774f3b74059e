"""Sends spans to a collector that the user names, in batches and beside the turns: it never slows or fails one."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ..config.providers import PROVIDERS
from ..config.vendor_keys import is_loopback, is_vendors
from ..errors import ConfigError, TransportError
from ..jsontext import write
from ..transports.base import HttpRequest
from ..transports.urls import read_url
from .fold import Fold
from .otlp import to_otlp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from ..config.specs import ModelSpec, ResolvedTeam
    from ..transports.base import Transport
    from .spans import Span

PATH: Final = "/v1/traces"
DELAY: Final = 1.0  # seconds in which spans are collected for one request
LIMIT: Final = 10.0  # seconds for one request, and for the last one at the end
MAX_WAITING: Final = 10_000  # spans; later ones are dropped
MAX_BATCH: Final = 500  # spans of one request
_HINT: Final = "Name the address of a collector for OTLP over HTTP, such as http://localhost:4318."


def collector_url(text: str, models: Collection[str] = ()) -> str:
    """The address to which spans are sent; without a path it is that of the protocol.

    `models` are addresses of the agent's models. Raises `ConfigError` for a host of a model, or what is no address.
    """
    try:
        url = read_url(text.strip())
    except (ValueError, AttributeError):
        raise ConfigError("otlp: is not an http(s) address without user and password.", _HINT) from None
    host = url.host
    vendors = not is_loopback(host) and any(is_vendors(vendor, host) for vendor in PROVIDERS)
    if vendors or any(url.origin == _origin(each) for each in models):
        raise ConfigError(f"otlp: {host} serves models; traces are not sent there.", _HINT)
    return str(url) if url.path != "/" or url.query else f"{url.origin}{PATH}"


def addresses(team: ResolvedTeam) -> set[str]:
    """The addresses of the models that a team may ask."""
    specs: list[ModelSpec] = []
    for agent in team.agents.values():
        specs += [*agent.chain, *agent.models.values(), *agent.title_models, *agent.rag_models.values()]
    return {spec.base_url for spec in specs}


def _origin(address: str) -> str:
    with suppress(ValueError):
        return read_url(address).origin
    return ""


class Collector:
    """Takes the events of sessions and sends their spans to `url`, with `transport`.

    `warn` is told once if the collector does not take them. `close` waits for what is left. Nothing here raises.
    """

    def __init__(
        self, url: str, transport: Transport, warn: Callable[[str], object], *, contents: bool = False
    ) -> None:
        self._url = url
        self._transport = transport
        self._warn: Callable[[str], object] | None = warn
        self._contents = contents
        self._waiting: list[Span] = []
        self._folds: set[Fold] = set()  # with a turn that runs
        self._task: asyncio.Task[None] | None = None
        self._at_once = asyncio.Event()

    def listener(self) -> Callable[[Iterable[Mapping[str, Any]]], None]:
        """Takes the batches of events of one session, as they come."""
        fold = Fold(contents=self._contents)

        def see(events: Iterable[Mapping[str, Any]]) -> None:
            try:
                at = time.time_ns()
                for event in events:
                    if spans := fold.push(at, event):
                        self._add(spans)
                (self._folds.add if fold.open else self._folds.discard)(fold)
            except Exception as error:  # of an event that is not as expected: the turn goes on
                self._problem(f"an event could not be traced ({type(error).__name__}: {error})")

        return see

    async def close(self) -> None:
        """Send what is left, for at most `LIMIT` seconds."""
        for fold in self._folds:
            if spans := fold.rest(time.time_ns()):
                self._add(spans)
        await self.flush()
        if self._task is not None:
            self._task.cancel()

    async def flush(self) -> None:
        """Send now what waits, for at most `LIMIT` seconds."""
        if self._task is not None:
            self._at_once.set()
            await asyncio.wait({self._task}, timeout=LIMIT)
            self._at_once.clear()

    def _add(self, spans: list[Span]) -> None:
        room = MAX_WAITING - len(self._waiting)
        if len(spans) > room:
            self._problem("it is too slow, and spans are dropped")
        self._waiting += spans[:room]
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DELAY):
                await self._at_once.wait()
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            try:
                async with asyncio.timeout(LIMIT):
                    await self._post(write(to_otlp(batch)).encode("utf-8", "backslashreplace"))
            except TimeoutError:
                self._problem(f"it gave no answer within {LIMIT:g} s")
            except TransportError as error:
                self._problem(error.info.message)
            except Exception as error:  # of a platform: a turn has nothing to do with it
                self._problem(f"{type(error).__name__}: {error}")

    async def _post(self, body: bytes) -> None:
        request = HttpRequest("POST", self._url, {"Content-Type": "application/json"}, body)
        async with self._transport.stream(request) as response:
            if not 200 <= response.status < 300:
                self._problem(f"it answered with status {response.status}")

    def _problem(self, reason: str) -> None:
        if self._warn is not None:
            warn, self._warn = self._warn, None
            warn(f"The collector of traces ({self._url}) does not take them: {reason[:300].rstrip('.')}. Turns go on.")
