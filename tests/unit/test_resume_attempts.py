"""The attempts of a turn that goes on: they go on counting, and its events and its records tell the same of them."""

from __future__ import annotations

import json
import subprocess
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from sparewheel.state.journal import Memory, Store
from sparewheel.state.journal.course import attempts_of
from sparewheel.state.journal.shelf import export
from sparewheel.testing import Reply, errors, openai_chat
from sparewheel.transcript import Transcript, fold
from tests.support.agentic import call, say, tool
from tests.support.fakeloop import run
from tests.support.kept import Watched, kept, survivor
from tests.support.scripted import ScriptedTransport
from tests.unit.test_resume import events_of
from tests.unit.test_transcript import FOLD, snapshots

PAST = Path(__file__).resolve().parents[1] / "support" / "past.mjs"
CHAIN = "agents: {root: {model: openai/a, fallback: {models: [openai/b], retries: -1, backoff: {jitter: 0}}}}"
CUT = Reply(openai_chat(text=["Half ", "of it"], finish=None), every=0.3)
REFUSED = errors.openai_invalid_key()
Events = list[dict[str, Any]]


def look() -> str:
    """Looks."""
    return "seen"


def brief(folded: Any) -> list[tuple[Any, ...]]:
    """Number, step, model, state and discarded text of each attempt."""
    return [
        (
            *(each[name] for name in ("attempt", "step", "model", "state")),
            (each["discarded_output"] or {}).get("text"),
        )
        for each in folded["attempts"]
    ]


def by_node(script: Path, given: Any) -> Any:
    """What a script makes of a value."""
    done = subprocess.run(["node", script], input=json.dumps(given), capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)


async def interrupted(session: Any, memory: Memory, last: str) -> tuple[Events, Memory]:
    """The events of a turn up to the text `last`, and what a process leaves that is killed when they are stored."""
    events: Events = []
    async with aclosing(session.turn("hi")) as batches:
        async for batch in batches:
            events += [dict(event) for event in batch]
            if any(event.get("content") == last for event in batch):
                session.write_log()
                await session.recorder.store.flush("one")
                return events, survivor(memory)
    raise AssertionError(f"there was no {last!r}")


async def agrees(store: Store, events: Events, *, numbers: list[int]) -> list[tuple[Any, ...]]:
    """Check that the events and the records give the same attempts, in both languages; return them."""
    live = fold(events)  # type: ignore[arg-type]  # events, as plain dicts
    assert by_node(FOLD, [events]) == [snapshots(events)]
    [stored] = by_node(PAST, await export(store, "one"))
    assert brief(stored) == brief(live)
    assert (stored["text"], stored["step"], stored["status"]) == (live["text"], live["step"], "finished")
    assert [each["attempt"] for each in live["attempts"]] == numbers
    return brief(live)


@pytest.mark.parametrize("reopened", [False, True])
def test_after_a_failure_in_a_further_step(reopened: bool) -> None:
    async def main() -> None:
        store = Store(Watched())
        replies: dict[str, list[Any]] = {"a": [call("look"), CUT, say("Done")], "b": [REFUSED, say("Done")]}
        session = await kept(store, ScriptedTransport(replies), tool(look), text=CHAIN)
        events = await events_of(session.turn("hi"))
        assert events[-1]["type"] == "error"
        if reopened:
            await session.close()
            session = await kept(store, ScriptedTransport({"a": [say("Done")]}), tool(look), text=CHAIN, again=True)
        second = await events_of(session.resume())
        assert (second[0]["resumed"], "attempt" in second[0]) == (True, False)
        told = await agrees(store, [*events, *second], numbers=[1, 2, 3, 4])
        assert [each[1:2] + each[3:] for each in told] == [
            *((1, "answered", None), (2, "failed", "Half of it"), (2, "failed", None), (2, "answered", None))
        ]
        await session.close()

    run(main())


@pytest.mark.parametrize("steps", [0, 1])
def test_after_an_interruption(steps: int) -> None:
    async def main() -> None:
        memory = Memory()
        before = [call("look")] * steps
        text = Reply(openai_chat(text=["On", "ly", "!"]), every=0.5)
        session = await kept(
            Store(Watched(memory)), ScriptedTransport({"a": [*before, CUT], "b": [text]}), tool(look), text=CHAIN
        )
        events, left = await interrupted(session, memory, "ly")
        store = Store(Watched(left))
        replies: dict[str, list[Any]] = {"a": [CUT], "b": [say("Done")]}
        again = await kept(store, ScriptedTransport(replies), tool(look), text=CHAIN, again=True)
        second = await events_of(again.resume())
        first = steps + 1
        assert second[0].get("attempt") == (None if steps else first + 2)
        told = await agrees(store, [*events, *second], numbers=list(range(1, first + 4)))
        assert [each[3:] for each in told[steps:]] == [
            *(("failed", "Half of it"), ("failed", "Only"), ("failed", "Half of it"), ("answered", None))
        ]
        assert {each[1] for each in told[steps:]} == {first}
        await again.close()
        await session.close()

    run(main())


def test_after_two_interruptions() -> None:
    async def main() -> None:
        memory = Memory()
        text = Reply(openai_chat(text=["On", "ly", "!"]), every=0.5)
        session = await kept(Store(Watched(memory)), ScriptedTransport({"a": [text]}), text=CHAIN)
        events, left = await interrupted(session, memory, "On")
        other = await kept(Store(Watched(left)), ScriptedTransport({"a": [text]}), text=CHAIN, again=True)
        async with aclosing(other.resume()) as batches:
            async for batch in batches:
                events += [dict(event) for event in batch]
                if any(event.get("content") == "ly" for event in batch):
                    break
            other.write_log()
            await other.recorder.store.flush("one")  # type: ignore[union-attr]
            store = Store(Watched(survivor(left)))
        last = await kept(store, ScriptedTransport({"a": [say("Done")]}), text=CHAIN, again=True)
        events += await events_of(last.resume())
        told = await agrees(store, events, numbers=[1, 2, 3])
        assert [each[3:] for each in told] == [("failed", "On"), ("failed", "Only"), ("answered", None)]
        for each in (session, other, last):
            await each.close()

    run(main())


def test_a_reader_that_sees_only_the_rest_counts_from_there() -> None:
    start = {"type": "start", "turn": "t", "seq": 1, "model": "m/a", "resumed": True, "attempt": 3}
    delta = {"type": "delta", "turn": "t", "seq": 2, "attempt": 3, "index": 0, "content": "x"}
    transcript = Transcript()
    for event in (start, delta):
        transcript.push(event)  # type: ignore[arg-type]  # an event, as a plain dict
    assert [each["attempt"] for each in transcript.snapshot()["attempts"]] == [3]


def test_an_attempt_that_can_be_taken_up_is_under_way() -> None:
    start, step = {"type": "start"}, {"type": "step", "step": 2}
    delta, usage = {"type": "delta", "attempt": 1}, {"type": "usage", "attempt": 1}
    assert attempts_of([]) == (0, False)
    assert attempts_of([start]) == attempts_of([start, delta]) == (1, True)
    assert attempts_of([start, delta, usage]) == (1, False)
    assert attempts_of([start, delta, usage, step]) == (2, True)
    assert attempts_of([start, delta, {"type": "start", "resumed": True, "attempt": 2}]) == (2, True)
