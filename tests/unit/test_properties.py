"""Random faults, cuts and stops: whatever happens, the rules of a turn hold and the next turn works."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.chain.health import Health
from sparewheel.errors import SparewheelError
from sparewheel.testing import Reply, ToolCall, dropped, errors, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import REFUSED, ScriptedTransport, check_rules, folded_message, folded_text, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.scripted import Script

    Stop = tuple[float, int, bool]
    Told = dict[str, Any]

STREAMS = [
    openai_chat(text=["Grüße ", "🌍", " und mehr"]),
    openai_chat(reasoning=["hm", " hm"], text="Ja."),
    openai_chat(
        text="x", tool_calls=[ToolCall("c", "look", ['{"a"', ": 1}"]), ToolCall("d", "find", "{}")], interleave=True
    ),
    openai_chat(refusal="Nein."),
    openai_chat(text=["lang", "es "], finish="length"),
    openai_chat(),
]
WHOLE = st.sampled_from(STREAMS).map(Reply)
CUT = st.builds(
    lambda events, at, how: Reply(events, cut_at=at, cut=how),
    st.sampled_from(STREAMS),
    st.integers(0, 1500),
    st.sampled_from(["reset", "end"]),
)
SLOW = st.builds(
    lambda events, silent, every, delay: Reply(events, silent_after=silent, every=every, delay=delay),
    st.sampled_from(STREAMS),
    st.one_of(st.none(), st.integers(-1, 5)),
    st.sampled_from([0, 0.3, 61]),
    st.sampled_from([0, 1, 31]),
)
ERROR = st.sampled_from(
    [
        *(
            errors.openai_server_error(),
            errors.openai_rate_limit(retry_after=3),
            errors.openai_rate_limit(retry_after=999),
        ),
        *(errors.openai_invalid_key(), errors.openai_insufficient_quota(), errors.openai_context_length()),
        *(errors.anthropic_overloaded(), Reply((b"data: {oops\n\n",)), Reply(errors.openai_stream_error())),
        *(REFUSED, dropped(), Reply.json(200, {"error": {"message": "odd"}}), Reply(status=204)),
    ]
)
SCRIPT = st.fixed_dictionaries(
    {model: st.lists(st.one_of(WHOLE, CUT, SLOW, ERROR), max_size=6) for model in ("a", "other/b", "c")}
)
FALLBACK = st.builds(
    lambda retries, partial, hedge: f"retries: {retries}, on_partial: {partial}{hedge}",
    st.sampled_from([-1, 1, 2]),
    st.sampled_from(["restart", "keep", "continue"]),
    st.sampled_from(["", ", hedge_after: 500ms"]),
)
STOP = st.tuples(st.floats(0, 100), st.just(0), st.booleans())  # after seconds and passes of the loop; pressed twice?
# Slow enough to race after half a second, in steps that meet, and stopped in the midst of it.
RACER = st.builds(
    lambda events, every, delay, broken: Reply(events, every=every, delay=delay, silent_after=broken),
    st.sampled_from(STREAMS),
    st.sampled_from([0, 0.3]),
    st.sampled_from([0.3, 0.6, 0.9]),
    st.sampled_from([None, None, 2]),
)
RACE = st.fixed_dictionaries(
    {model: st.lists(st.one_of(RACER, RACER, ERROR), max_size=3) for model in ("a", "other/b", "c")}
)
IN_THE_RACE = st.tuples(st.integers(5, 30).map(lambda tenths: tenths / 10), st.integers(0, 30), st.booleans())
LAST = Reply(openai_chat(text="Last."))


class Patient(ScriptedTransport):
    """When a model's script is used up, it gives the `last` answer."""

    def __init__(self, script: Mapping[str, Sequence[Script]], last: Reply = LAST) -> None:
        super().__init__(script)
        self._last = last

    def stream(self, request: Any) -> Any:
        queue = self._script[str(json.loads(request.body)["model"])]
        if not queue:
            queue.append(self._last)
        return super().stream(request)


def check_pairs(transport: ScriptedTransport) -> None:
    """Every request is one a strict API takes: no model has the last word, each call exactly one result behind it."""
    for request in transport.requests:
        messages = json.loads(request.body)["messages"]
        assert messages[-1]["role"] in ("user", "tool")
        open_calls: list[str] = []
        for message in messages:
            if message["role"] == "tool":
                open_calls.remove(message["tool_call_id"])
            else:
                assert not open_calls
                assert message["content"] or message.get("tool_calls")
                open_calls = [call["id"] for call in message.get("tool_calls", [])]
        assert not open_calls


async def cancel(task: asyncio.Task[None], seconds: float, passes: int, twice: bool) -> None:
    await asyncio.wait([task], timeout=seconds)
    for _ in range(passes):
        await asyncio.sleep(0)
    task.cancel()
    if twice:
        await asyncio.sleep(0)
        task.cancel()


@settings(max_examples=300)
@given(SCRIPT, FALLBACK, st.lists(st.one_of(st.none(), STOP), min_size=1, max_size=3))
def test_whatever_happens(script: dict[str, list[Reply]], fallback: str, stops: list[Stop | None]) -> None:
    check_turns(script, fallback, stops)


@settings(max_examples=300)
@given(RACE, st.sampled_from(["restart", "keep", "continue"]), st.lists(IN_THE_RACE, min_size=1, max_size=2))
def test_whatever_happens_in_a_race(script: dict[str, list[Reply]], partial: str, stops: list[Stop]) -> None:
    check_turns(script, f"retries: -1, on_partial: {partial}, hedge_after: 500ms", stops)


def check_turns(script: dict[str, list[Reply]], fallback: str, stops: Sequence[Stop | None]) -> list[list[Told]]:
    """Three turns at most, each stopped at some time or left to itself, then one that must be able to run.

    Returns the events of each turn.
    """
    turns: list[list[Told]] = []

    async def main() -> None:
        transport = Patient(script)
        conversation = session(transport, list(script), fallback=fallback, health=Health())
        for stop in [*stops, None]:
            events: list[Told] = []
            turns.append(events)

            async def consume(events: list[Told] = events) -> None:
                async with aclosing(conversation.turn("hi")) as batches:
                    async for batch in batches:
                        events += [dict(event) for event in batch]

            task = asyncio.ensure_future(consume())
            if stop is not None:
                await cancel(task, *stop)
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            if not events:  # stopped before its first step
                assert isinstance(outcome, asyncio.CancelledError)
                continue
            check_rules(events)
            assert transport.open == 0
            terminal = events[-1]["type"]
            if terminal == "finish":
                assert outcome is None
                assert conversation.result is not None
                assert folded_message(events) == conversation.result["message"]
                assert conversation.result["attempts"][-1]["attempt"] == len(conversation.result["attempts"])
            elif terminal == "error":
                assert isinstance(outcome, SparewheelError)
                assert events[-1]["kind"] != "internal", events[-1]["message"]
            else:
                assert isinstance(outcome, asyncio.CancelledError)
                assert events[-1]["partial"] == folded_text(events)
        check_pairs(transport)

    run(main())
    return turns
