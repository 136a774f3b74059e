"""Agents together: who takes over, who works on a task, and where it ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.testing import Reply, ToolCall, Usage, errors, openai_chat
from tests.support.agentic import call, calls, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Script, ScriptedTransport, check_rules, session

TEAM = """
agents:
  root:
    model: openai/a
    instruction: You lead.
    fallback: {retries: -1}
    handoffs: [poet]
    sub_agents: [poet, cook]
  poet: {model: openai/b, description: Writes poems, instruction: You rhyme., handoffs: [root], fallback: {retries: -1}}
  cook: {model: openai/c, description: Cooks, instruction: You cook., fallback: {retries: -1}}
"""


def sent(transport: ScriptedTransport, number: int) -> list[tuple[str, Any]]:
    return [(m["role"], m["content"]) for m in json.loads(transport.requests[number].body)["messages"]]


def test_a_handoff_lasts_and_there_is_one_instruction_at_a_time() -> None:
    script = {"a": [call("handoff", '{"agent": "poet"}')], "b": [say("A rhyme."), say("Another.")], "c": []}
    (first, second), transport = play_agent(script, text=TEAM, prompts=("a poem", "one more"))
    assert first.of("handoff") == [{"type": "handoff", "from": "root", "to": "poet"}]
    assert first.terminal["model"] == "openai/b"
    assert {event["agent"] for event in first.events} == {"root", "poet"}
    assert first.terminal["agent"] == "poet"
    assert second.of("handoff") == []
    assert second.of("start") == [{"type": "start", "model": "openai/b"}]
    for number in (1, 2):
        assert [content for role, content in sent(transport, number) if role == "system"] == ["You rhyme."]
    assert sent(transport, 2)[-2:] == [("assistant", "A rhyme."), ("user", "one more")]


def test_only_configured_agents_can_take_over() -> None:
    (played,), _ = play_agent(
        {"a": [call("handoff", '{"agent": "cook"}'), say("Then I do.")], "b": [], "c": []}, text=TEAM
    )
    (result,) = played.of("tool_result")
    assert result["is_error"] is True
    assert "must be one of ['poet']" in result["output"]


def test_a_task_is_worked_on_by_itself_and_its_answer_comes_back() -> None:
    task = '{"agent": "cook", "task": "a soup", "expected_output": "a recipe"}'
    script = {
        "a": [call("transfer_task", task), openai_chat(text="Here.", usage=Usage(1, 1))],
        "b": [],
        "c": [openai_chat(text="Boil water.", usage=Usage(10, 10))],
    }
    (played,), transport = play_agent(script, text=TEAM)
    assert sent(transport, 1) == [("system", "You cook."), ("user", "a soup\n\nExpected output: a recipe")]
    assert sent(transport, 2)[-1] == ("tool", "Boil water.")
    inner = [event for event in played.events if event.get("task") == "c1"]
    assert {event["agent"] for event in inner if event["type"] == "delta"} == {"cook"}
    assert "start" not in {event["type"] for event in inner}
    assert played.of("handoff") == [
        {"type": "handoff", "from": "root", "to": "cook"},
        {"type": "handoff", "from": "cook", "to": "root"},
    ]
    assert played.result is not None
    assert played.result["message"]["content"] == "Here."
    assert played.result["usage"]["input_tokens"] == 11
    assert [record["model"] for record in played.result["attempts"]] == ["openai/a", "openai/c", "openai/a"]


def test_several_tasks_at_once_and_one_that_fails_takes_nobody_down() -> None:
    asked = calls(
        ("1", "transfer_task", '{"agent": "cook", "task": "a soup"}'),
        ("2", "transfer_task", '{"agent": "poet", "task": "a poem"}'),
    )
    script: dict[str, list[Script]] = {
        "a": [asked, say("Half of it.")],
        "b": [say("A rhyme.")],
        "c": [errors.openai_invalid_key()],
    }
    (played,), _ = play_agent(script, text=TEAM)
    results = {event["id"]: (event["is_error"], event["output"]) for event in played.of("tool_result")}
    assert results["2"] == (False, "A rhyme.")
    assert results["1"][0] is True
    assert results["1"][1].startswith("cook could not do it: ")
    assert played.terminal["type"] == "finish"
    assert [record["attempt"] for record in played.result["attempts"]] == [1, 2, 3, 4]  # type: ignore[index]


def think() -> str:
    return "hm"


LIMITS = {
    "max_iterations: 1": "it may take no further step (max_iterations)",
    "max_tool_calls: 1": "it may call no further tools (max_tool_calls)",
    "limits: {tokens: 10}": "its budget is used up",
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("words", ["Half a soup.", ""])
def test_who_gave_a_task_is_told_that_a_limit_has_ended_it(limit: str, words: str) -> None:
    text = TEAM.replace("instruction: You cook.", f"instruction: You cook., {limit}")
    working = openai_chat(text=words, tool_calls=[ToolCall("c2", "think", "{}")], usage=Usage(10, 10))
    script = {"a": [call("transfer_task", '{"agent": "cook", "task": "soup"}'), say("ok")], "b": [], "c": [working]}
    (played,), transport = play_agent(script, tool(think), text=text)
    said = f"Its last text:\n\n{words}" if words else "It wrote no text."
    told = f"cook did not finish: {LIMITS[limit]}. {said}"
    result = played.of("tool_result")[-1]
    assert (result["output"], result["is_error"]) == (told, True)
    assert sent(transport, -1)[-1] == ("tool", told)


def test_who_gave_a_task_is_told_that_the_answer_was_cut_off() -> None:
    cut = openai_chat(text="Boil wa", finish="length")
    script = {"a": [call("transfer_task", '{"agent": "cook", "task": "soup"}'), say("ok")], "b": [], "c": [cut]}
    (played,), _ = play_agent(script, text=TEAM)
    (result,) = played.of("tool_result")
    assert result["output"].startswith("cook did not finish: its answer was cut off")
    assert result["output"].endswith("Boil wa")


def test_a_round_of_handoffs_ends() -> None:
    script = {
        "a": [call("handoff", '{"agent": "poet"}', f"a{n}") for n in range(9)],
        "b": [call("handoff", '{"agent": "root"}', f"b{n}") for n in range(9)],
        "c": [],
    }
    (played,), _ = play_agent(script, text=TEAM)
    assert played.terminal["kind"] == "loop"
    assert len(played.of("handoff")) == 10


def test_force_handoff_lets_another_agent_have_the_last_word() -> None:
    text = """
agents:
  root: {model: openai/a, force_handoff: editor, fallback: {retries: -1}}
  editor: {model: openai/b, fallback: {retries: -1}}
"""
    (played,), _ = play_agent({"a": [say("draft")], "b": [say("final")]}, text=text)
    assert played.result is not None
    assert played.result["message"]["content"] == "final"


def test_stopping_closes_the_blocks_of_sub_agents_too() -> None:
    async def main() -> None:
        silent = Reply(openai_chat(text=["Boil", " water"]), silent_after=2)
        transport = ScriptedTransport({"a": [call("transfer_task", '{"agent": "cook", "task": "x"}')], "c": [silent]})
        conversation = session(transport, [], text=TEAM)
        events: list[dict[str, Any]] = []
        seen = asyncio.Event()

        async def consume() -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(dict(event) for event in batch)
                    if any(event["type"] == "delta" for event in batch):
                        seen.set()

        task = asyncio.ensure_future(consume())
        await seen.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        check_rules(events)
        closed = [event for event in events if event["type"] == "block_end" and event["agent"] == "cook"]
        assert [(event["task"], event["content"]) for event in closed] == [("c1", "Boil")]
        assert transport.open == 0

    run(main())


def test_who_took_over_stays_in_charge_when_the_turn_then_fails() -> None:
    script: dict[str, list[Script]] = {
        "a": [call("handoff", '{"agent": "poet"}')],
        "b": [errors.openai_server_error(), say("A rhyme.")],
        "c": [],
    }
    (failed, second), _ = play_agent(script, text=TEAM, prompts=("a poem", "again"))
    assert failed.terminal["type"] == "error"
    assert second.terminal["agent"] == "poet"
