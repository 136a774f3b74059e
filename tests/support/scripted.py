"""The scripted provider without sockets: the same replies, on a fake clock.

A scenario is a table: for each model, what it does request by request; `play` gives the whole event list of one turn.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparewheel.agent import Runner
from sparewheel.agent.toolbox import Toolbox
from sparewheel.chain.health import Health
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import SparewheelError
from sparewheel.messages import AssistantMessage
from sparewheel.session import Session
from sparewheel.state.session_state import Conversation, SessionState
from sparewheel.testing import Reply, dropped
from sparewheel.testing.script import Finish, Head, Hold, Pause, Send, steps
from sparewheel.transcript import fold
from sparewheel.transports.base import broken_off, no_answer
from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    from sparewheel.config.specs import ResolvedTeam
    from sparewheel.messages import Message
    from sparewheel.page.results import Result
    from sparewheel.tools.base import Toolset
    from sparewheel.transports.base import HttpRequest, Transport

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel, as servers send it."""

REFUSED = dropped()
"""No response at all, with the error text of `fetch`, which is the same for CORS."""

Script = Reply | tuple[bytes, ...]


class ScriptedTransport:
    """Plays each model's replies in order; a request without a reply fails the test."""

    def __init__(self, script: Mapping[str, Sequence[Script]]) -> None:
        self._script = {model.rpartition("/")[2]: list(replies) for model, replies in script.items()}
        self.requests: list[HttpRequest] = []
        self.open = 0

    @property
    def asked(self) -> list[str]:
        """The models asked, in order."""
        return [_model(request) for request in self.requests if request.body]

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[LocalResponse]:
        self.requests.append(request)
        scripted = self.reply_to(request)
        reply = scripted if isinstance(scripted, Reply) else Reply(scripted)
        if reply.raw and not reply.events:  # connection refused, or closed before the response
            raise no_answer("TypeError: Failed to fetch", request.url)
        self.open += 1
        try:
            plan = iter(steps(reply))
            for step in plan:
                if isinstance(step, Head):
                    break
                await _wait(step)
            yield LocalResponse(reply.status, reply.headers, _body(plan))
        finally:
            self.open -= 1

    def reply_to(self, request: HttpRequest) -> Script:
        return self.next_reply(_model(request))

    def next_reply(self, model: str) -> Script:
        queue = self._script[model]
        assert queue, f"{model} was asked once too often"
        return queue.pop(0)


def _model(request: HttpRequest) -> str:
    """The model of a request: in the URL for Gemini, in the body for the others."""
    if ":streamGenerateContent" in request.url:
        return request.url.rpartition("/")[2].partition(":")[0]
    return str(json.loads(request.body)["model"])


async def _wait(step: object) -> None:
    if isinstance(step, Pause):
        await asyncio.sleep(step.seconds)
    elif isinstance(step, Hold):
        assert step.gate is None, "gates belong to real sockets"
        await asyncio.sleep(1e9)


async def _body(plan: Any) -> AsyncGenerator[bytes, None]:
    for step in plan:
        if isinstance(step, Send):
            yield step.data
        elif isinstance(step, Finish):
            if step.kind != "end":
                raise broken_off("TypeError: network error", "")
        elif isinstance(step, Hold) and step.ping_every:
            while True:
                await asyncio.sleep(step.ping_every)
                yield b": ping\n\n"
        else:
            await _wait(step)


AGENT = """
agents:
  root:
    model: {first}
    instruction: Be brief.
    fallback: {{models: [{rest}], {fallback}}}
    timeouts: {{{timeouts}}}
providers:
  other: {{base_url: "https://other.example.test", token_key: OTHER_KEY}}
"""
ENV = {"OPENAI_API_KEY": "sk-CANARY-0123456789", "OTHER_KEY": "sk-CANARY-9876543210"}


@dataclass
class Played:
    """The outcome of one turn."""

    events: list[dict[str, Any]] = field(default_factory=list)
    error: SparewheelError | None = None
    result: Result | None = None
    seconds: float = 0.0  # of the fake clock

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def terminal(self) -> dict[str, Any]:
        return self.events[-1]

    def of(self, *types: str) -> list[dict[str, Any]]:
        """The events of these types, without their stamps."""
        return [bare(event) for event in self.events if event["type"] in types]

    @property
    def told(self) -> list[dict[str, Any]]:
        """The events without their stamps, deltas and blocks joined to one line an attempt: short enough to assert."""
        lines: list[dict[str, Any]] = []
        for event in self.events:
            if event["type"] == "delta":
                text = event.get("content") or event.get("reasoning")
                if lines and lines[-1].get("type") == "text" and lines[-1]["attempt"] == event["attempt"]:
                    lines[-1]["text"] += text
                else:
                    lines.append({"type": "text", "attempt": event["attempt"], "text": text})
            elif event["type"] not in ("block_start", "block_end"):
                lines.append(bare(event))
        return lines


def finish(text: str, model: str, **usage: int | None) -> dict[str, Any]:
    """A plain `finish` event without its stamps: the whole answer is `text`, tokens not named are unknown."""
    unknown = dict.fromkeys(("input_tokens", "output_tokens", "cached_tokens", "written_tokens", "reasoning_tokens"))
    message = {"role": "assistant", "content": text}
    return {"type": "finish", "reason": "stop", "model": model, "message": message, "usage": {**unknown, **usage}}


def bare(event: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key not in ("turn", "seq", "agent", "retrying_at")}


class State(SessionState):
    """The state of a test's session, and the toolsets of its agents."""

    open_toolsets: Callable[[Any], Sequence[Toolset]] = staticmethod(lambda _: ())

    def __init__(self, **fields: Any) -> None:
        super().__init__(Conversation([], ""), **fields)


def session_of(
    team: ResolvedTeam,
    transport: Transport,
    state: State | None = None,
    *,
    health: Health | None = None,
    history: Sequence[Message] = (),
    **options: Any,
) -> Session:
    """A session without a boundary. `options` are those of `Runner`."""
    state = state or State()
    state.conversation = Conversation(list(history), team.root)
    return Session(Runner(team, transport, health or Health(), state, Toolbox(state.open_toolsets), **options))


def session(
    transport: ScriptedTransport,
    models: Sequence[str],
    *,
    fallback: str = "retries: -1",
    timeouts: str = "",
    health: Health | None = None,
    text: str | None = None,
    context: State | None = None,
) -> Session:
    """A session whose chain is `models`, without jitter. They share a key, but for those at `other/`."""
    if text is None:
        first, *rest = [model if "/" in model else f"openai/{model}" for model in models]
        text = AGENT.format(first=first, rest=", ".join(rest), fallback=fallback, timeouts=timeouts)
    team = resolve_team(load_agent_file(text), None, ENV)
    return session_of(team, transport, context, health=health, jitter=lambda: 0.5)


async def collect(conversation: Session, prompt: str = "hi") -> Played:
    """Run one turn to its end, and check the rules that every turn keeps."""
    played = Played()
    start = asyncio.get_running_loop().time()
    try:
        async for batch in conversation.turn(prompt):
            played.events += [dict(event) for event in batch]
    except SparewheelError as error:
        played.error = error
    played.result = conversation.result
    played.seconds = round(asyncio.get_running_loop().time() - start, 3)
    check_rules(played.events)
    return played


def play(
    script: Mapping[str, Sequence[Script]], *, fallback: str = "retries: -1", timeouts: str = ""
) -> tuple[Played, ScriptedTransport]:
    """One turn over a chain of the script's models, in their order."""
    transport = ScriptedTransport(script)
    played = run(collect(session(transport, list(script), fallback=fallback, timeouts=timeouts)))
    assert transport.open == 0, "a connection was left open"
    return played, transport


def check_rules(events: Sequence[Mapping[str, Any]]) -> None:
    """The rules every turn keeps: contiguous `seq`, one turn, one terminal event at the end, every block closed."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["turn"] for event in events}) == 1
    terminals = [event["type"] for event in events if event["type"] in ("finish", "error", "aborted")]
    assert len(terminals) == 1
    assert events[-1]["type"] == terminals[0]
    opened: set[tuple[int, int]] = set()
    for event in events:
        if event["type"] == "block_start":
            opened.add((event["attempt"], event["index"]))
        elif event["type"] == "block_end":
            opened.remove((event["attempt"], event["index"]))
        elif event["type"] == "delta":
            assert (event["attempt"], event["index"]) in opened
    assert not opened
    assert terminal_message(events[-1]) == folded_message(events)
    if events[-1]["type"] == "finish" and (usage := fold(events)["usage"]):  # type: ignore[arg-type]  # plain dicts
        assert usage == events[-1]["usage"]


def terminal_message(event: Mapping[str, Any]) -> AssistantMessage:
    """The message that a terminal event carries; an empty one where it has none."""
    message: AssistantMessage | None = event["partial_message"] if event["type"] == "error" else event["message"]
    return message or {"role": "assistant", "content": ""}


def folded_text(events: Sequence[Mapping[str, Any]]) -> str:
    """The text that a page shows in the end: what the last step streamed and did not discard, sub-agents left out."""
    return fold(events)["text"]  # type: ignore[arg-type]  # events, as plain dicts


def folded_message(events: Sequence[Mapping[str, Any]]) -> AssistantMessage:
    """The message that the events come to."""
    return fold(events)["message"]  # type: ignore[arg-type]  # events, as plain dicts
