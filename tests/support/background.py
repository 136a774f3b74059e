"""Responses in the background without sockets: the scripted provider's, on a fake clock, with faults at any byte."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from sparewheel.chain.cancelling import cancelled
from sparewheel.chain.log import AttemptLog
from sparewheel.chain.question import Question
from sparewheel.chain.step import Step
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.messages import user
from sparewheel.testing.background import Background, BackgroundResponse, BackgroundStore
from sparewheel.testing.record import Request
from sparewheel.transcript import fold
from sparewheel.transports.base import broken_off, no_answer
from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run
from tests.support.scripted import ENV, Played, ScriptedTransport, collect, session_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

    from sparewheel.config.specs import ResolvedTeam
    from sparewheel.session import Session
    from sparewheel.transports.base import HttpRequest
    from tests.support.scripted import Script

    Kept: TypeAlias = Script | Background

FaultKind = Literal["reset", "end", "stall", "late"]
Fault: TypeAlias = "tuple[int, FaultKind] | None"  # after so many bytes of a connection


class KeptTransport(ScriptedTransport):
    """Plays responses in the background, too. `faults` are those of the connections to streams, in their order."""

    def __init__(self, script: Mapping[str, Sequence[Kept]], faults: Sequence[Fault] = ()) -> None:
        super().__init__({})
        self.dead = False  # the tab is gone: nothing goes out any more
        self.on_cancel: Script | None = None  # the reply to requests to cancel, in place of the store's
        self._replies = {model: list(replies) for model, replies in script.items()}
        self._faults = list(faults)
        self._now = 0.0
        self._store = BackgroundStore(self._time)

    @property
    def responses(self) -> list[BackgroundResponse]:
        return self._store.responses

    @property
    def said(self) -> list[str]:
        """The requests, each by its method, and its path and query below the base URL."""
        return [f"{each.method} {each.url.partition('/v1')[2]}" for each in self.requests]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the requests that have one."""
        return [json.loads(each.body) for each in self.requests if each.body]

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        if self.dead:
            raise no_answer("TypeError: Failed to fetch", request.url)
        async with super().stream(request) as response:
            is_stream = request.url.endswith("/responses") or "stream=true" in request.url
            fault = self._faults.pop(0) if self._faults and is_stream else None
            body = response.chunks() if fault is None else _faulty(response.chunks(), *fault)
            yield LocalResponse(response.status, response.headers, body)

    def reply_to(self, request: HttpRequest) -> Script:
        url = urlsplit(request.url)
        if self.on_cancel is not None and url.path.endswith("/cancel"):
            return self.on_cancel
        arrived = Request(request.method, url.path, url.query, request.headers, request.body)
        stored = self._store.reply_to(arrived)
        if stored is not None:
            return stored
        queue = self._replies[str(arrived.model)]
        assert queue, f"{arrived.model} was asked once too often"
        reply = queue.pop(0)
        return self._store.create(reply, arrived) if isinstance(reply, Background) else reply

    def _time(self) -> float:
        """The time of the loop; after its end, the last one."""
        with suppress(RuntimeError):
            self._now = asyncio.get_running_loop().time()
        return self._now


async def _faulty(chunks: AsyncGenerator[bytes, None], at: int, kind: FaultKind) -> AsyncGenerator[bytes, None]:
    async with aclosing(chunks):
        async for chunk in chunks:
            if len(chunk) < at:
                at -= len(chunk)
                yield chunk
                continue
            if at:
                yield chunk[:at]
            if kind != "late":
                break
            await asyncio.sleep(4)
            if chunk[at:]:
                yield chunk[at:]
            at = 1 << 60
        else:
            return
    if kind == "reset":
        raise broken_off("TypeError: network error", "")
    if kind == "stall":
        await asyncio.sleep(1e9)


AGENT = """
agents:
  root:
    model: a
    fallback: {{models: [{spares}], delay: 0s, backoff: {{initial: 1s, jitter: 0}}, {fallback}}}
    timeouts: {{{timeouts}}}
models:
  a: {{provider: kept, model: a, resume: background}}
  b: {{provider: kept, model: b, resume: background}}
  plain: {{provider: kept, model: plain}}
providers:
  kept: {{base_url: "https://kept.example.test/v1", token_key: OTHER_KEY, api_type: openai_responses}}
"""


def kept_session(
    transport: KeptTransport, *, spares: str = "", fallback: str = "retries: -1", timeouts: str = ""
) -> Session:
    """A session whose model `a` has `resume: background`; `spares` names its fallback models."""
    text = AGENT.format(spares=spares, fallback=fallback, timeouts=timeouts)
    return session_of(_team(text), transport, jitter=lambda: 0.5)


@cache
def _team(text: str) -> ResolvedTeam:
    return resolve_team(load_agent_file(text), None, ENV)


def kept_step(transport: KeptTransport, reattach: Mapping[str, Any] | None = None, **options: str) -> Step:
    """A step of the chain of such a session."""
    runner = kept_session(transport, **options).runner
    return Step(runner.chain(runner.team.agents["root"]), Question([user("hi")], reattach=reattach), AttemptLog())


async def events_of(step: Step) -> list[dict[str, Any]]:
    async with aclosing(step.events()) as batches:
        return [dict(event) async for batch in batches for event in batch]


def play_kept(
    script: Mapping[str, Sequence[Kept]], faults: Sequence[Fault] = (), **options: str
) -> tuple[Played, KeptTransport]:
    """One turn, and what is cancelled after it."""
    transport = KeptTransport(script, faults)

    async def main() -> Played:
        played = await collect(kept_session(transport, **options))
        await cancelled()
        transport._time()
        return played

    played = run(main())
    assert transport.open == 0, "a connection was left open"
    return played, transport


def told(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the events of a step come to: message, attempts and usage, and how much was made void."""
    folded = fold(events)  # type: ignore[arg-type]  # plain dicts
    counts = {name: sum(event["type"] == name for event in events) for name in ("discard", "usage", "retry")}
    shown = {"message": folded["message"], "attempts": folded["attempts"], "usage": folded["usage"]}
    return {**shown, "counts": counts}
