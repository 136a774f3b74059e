"""The reducer: at every event the answer so far, at the end the result's message, and the same as in JavaScript."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.testing import Reply, ToolCall, openai_chat
from sparewheel.transcript import Transcript
from tests.support.agentic import play_agent, say, tool
from tests.unit import test_properties as chains
from tests.unit import test_properties_agents as agents

FOLD = Path(__file__).resolve().parents[1] / "support" / "fold.mjs"


def snapshots(events: list[Any]) -> list[dict[str, Any]]:
    """What the Python reducer gives after every event, in the words of the page."""
    transcript = Transcript()
    found: list[dict[str, Any]] = []
    for index, event in enumerate(events):
        transcript.push(event, index * 10)
        told: dict[str, Any] = {**transcript.snapshot(), "asked": transcript.message}
        told["toolCalls"] = told.pop("tool_calls")
        found.append(told)
    return found


def test_python_and_javascript_fold_the_same_events_to_the_same() -> None:
    turns: list[list[dict[str, Any]]] = []

    @settings(max_examples=100, database=None)
    @given(chains.SCRIPT, chains.FALLBACK, st.lists(st.one_of(st.none(), chains.STOP), min_size=1, max_size=2))
    def gather(script: Any, fallback: str, stops: Any) -> None:
        turns.extend(chains.check_turns(script, fallback, stops))

    @settings(max_examples=100, database=None)
    @given(agents.SCRIPT, st.sampled_from(sorted(agents.FORMATS)), agents.ANSWERED, st.lists(agents.STOP, max_size=2))
    def gather_agents(script: Any, form: str, answered: float | None, stops: Any) -> None:
        turns.extend(agents.check_stops(script, form, answered, stops))

    gather()
    gather_agents()
    assert {event["type"] for events in turns for event in events} > {
        "discard",
        "tool_call",
        "media",
        "annotation",
        "step",
    }
    done = subprocess.run(["node", FOLD], input=json.dumps(turns), capture_output=True, encoding="utf-8", check=True)
    for events, theirs in zip(turns, json.loads(done.stdout), strict=True):
        assert snapshots(events) == theirs


def test_the_message_is_there_at_every_event() -> None:
    broken = Reply(openai_chat(text=["No", "no"], finish=None), cut_at=9999)
    asking = openai_chat(reasoning=["h", "m"], text="Let me.", tool_calls=[ToolCall("c", "look", ['{"a"', ": 1}"])])

    def look(a: int) -> str:
        return f"seen {a}"

    [played], _ = play_agent(
        {"a": [broken], "b": [asking, say("Done.")]},
        tool(look),
        text="agents: {root: {model: openai/a, fallback: {models: [openai/b], retries: -1}}}",
    )
    transcript = Transcript()
    told: list[Any] = []
    for event in played.events:
        transcript.push(event)  # type: ignore[arg-type]  # an event, as a plain dict
        if not told or transcript.message != told[-1]:
            told.append(transcript.message)

    def message(content: str, **more: Any) -> dict[str, Any]:
        return {"role": "assistant", "content": content, **more}

    def calls(arguments: str) -> list[dict[str, Any]]:
        return [{"id": "c", "type": "function", "function": {"name": "look", "arguments": arguments}}]

    assert told == [
        message(""),
        message("No"),
        message("Nono"),
        message(""),
        message("", reasoning="h"),
        message("", reasoning="hm"),
        message("Let me.", reasoning="hm"),
        message("Let me.", reasoning="hm", tool_calls=calls("")),
        message("Let me.", reasoning="hm", tool_calls=calls('{"a"')),
        message("Let me.", reasoning="hm", tool_calls=calls('{"a": 1}')),
        message(""),
        message("Done."),
    ]


def test_time_is_linear_and_asking_now_and_then_is_cheap() -> None:
    def take(count: int) -> float:
        transcript = Transcript()
        started = time.process_time()
        transcript.push({"type": "start", "model": "m/a", "turn": "t", "seq": 1, "agent": "root"})
        for number in range(count):
            transcript.push({"type": "delta", "turn": "t", "attempt": 1, "index": 0, "content": "word "})
            if number % (count // 50) == 0:
                assert transcript.message["content"]
        assert len(transcript.message["content"]) == count * 5
        return time.process_time() - started

    take(1000)
    short = min(take(10_000) for _ in range(3))
    assert any(take(200_000) < 20 * 6 * short for _ in range(3))
