"""How a turn of several steps ends, and what stays of it: the conversation, the episode, the attempts."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.providers.history import NOT_RUN
from sparewheel.testing import Reply, ToolCall, Usage, errors, openai_chat
from tests.support.agentic import agent_file, call, context, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.lookup import look, sent
from tests.support.scripted import (
    Script,
    ScriptedTransport,
    check_rules,
    collect,
    session,
)


def test_an_error_after_a_step_keeps_the_work_that_was_done() -> None:
    replies: list[Script] = [call("look", '{"word": "x"}'), errors.openai_invalid_key(), say("Go on.")]
    (failed, second), transport = play_agent(replies, tool(look), prompts=("hi", "go on"))
    assert failed.terminal["type"] == "error"
    assert second.terminal["type"] == "finish"
    assert [message["role"] for message in sent(transport)] == ["user", "assistant", "tool", "user"]


@pytest.mark.parametrize("moment", ["tool_call", "tool_confirmation", "step"])
def test_stopping_in_any_phase_is_immediate_and_the_history_stays_valid(moment: str) -> None:
    async def main() -> None:
        stopped = []

        async def forever(context: Any) -> str:
            try:
                await asyncio.sleep(1e6)
            finally:
                stopped.append(True)
            return ""

        first = openai_chat(
            text="Let me see. ", tool_calls=[ToolCall("1", "forever", "{}"), ToolCall("2", "look", '{"word": "x"}')]
        )
        silent = Reply(say("never"), silent_after=1)
        replies: dict[str, list[Script]] = {
            "tool_call": [first, say("ok")],
            "tool_confirmation": [first, say("ok")],
            "step": [call("look", '{"word": "x"}'), silent, say("ok")],
        }
        transport = ScriptedTransport({"a": replies[moment]})
        own = context(tool(forever, read_only=moment != "tool_confirmation"), tool(look), interactive=True)
        conversation = session(transport, [], text=agent_file(), context=own)
        events: list[dict[str, Any]] = []
        seen = asyncio.Event()

        async def consume() -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(dict(event) for event in batch)
                    if any(event["type"] == moment for event in batch):
                        seen.set()

        task = asyncio.ensure_future(consume())
        await seen.wait()
        at = asyncio.get_running_loop().time()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.get_running_loop().time() == at
        check_rules(events)
        assert events[-1]["type"] == "aborted"
        assert transport.open == 0
        played = await collect(conversation, "next")
        assert played.terminal["type"] == "finish"
        messages = sent(transport)
        asked = [call["id"] for message in messages for call in message.get("tool_calls", [])]
        assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == asked
        if moment != "step":
            assert messages[-3]["content"] == NOT_RUN or "Not executed" in messages[-3]["content"]

    run(main())


def test_a_turn_begins_with_the_model_that_was_chosen() -> None:
    def choose() -> str:
        own.model = "openai/b"
        return "chosen"

    own = context(tool(choose))
    script: dict[str, list[Script]] = {"a": [call("choose")], "b": [say("one"), say("two")]}
    text = agent_file().replace("{retries: -1}", "{models: [openai/b], retries: -1}")
    (first, second), transport = play_agent(script, text=text, own=own, prompts=("hi", "again"))
    assert transport.asked == ["a", "b", "b"]
    assert [first.events[0]["model"], second.events[0]["model"]] == ["openai/a", "openai/b"]


def test_what_a_call_has_said_before_a_stop_is_still_told() -> None:
    async def main() -> list[dict[str, Any]]:
        def work(context: Any) -> str:
            context.progress("half")
            task.cancel()
            return "all"

        conversation = session(
            ScriptedTransport({"a": [call("work")]}), [], text=agent_file(), context=context(tool(work))
        )
        events: list[dict[str, Any]] = []

        async def consume() -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(dict(event) for event in batch)

        task = asyncio.ensure_future(consume())
        await asyncio.gather(task, return_exceptions=True)
        check_rules(events)
        return events

    assert [event["type"] for event in run(main())][-4:] == ["tool_call", "tool_output", "tool_result", "aborted"]


def test_the_episode_of_every_turn_is_recorded() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [call("look", '{"word": "x"}'), say("y"), errors.openai_invalid_key()]})
        conversation = session(transport, [], text=agent_file(), context=context(tool(look)))
        await collect(conversation)
        await collect(conversation)
        first, second = conversation.export()["episodes"]
        assert [(step["step"], step["tools"], step["model"]) for step in first["steps"]] == [
            (1, ["look"], "openai/a"),
            (2, [], "openai/a"),
        ]
        assert (first["outcome"], second["outcome"]) == ("finished", "failed")
        assert [(step["model"], step["tools"]) for step in second["steps"]] == [(None, [])]
        assert first["started"] <= first["ended"] <= second["started"]
        assert [attempt["outcome"] for attempt in first["attempts"]] == ["ok", "ok"]
        assert (second["kind"], second["usage"], second["attempts"][0]["status"]) == ("auth", None, 401)
        assert "Incorrect API key" in second["error"]
        assert "error" not in first

    run(main())


def test_the_episode_is_there_before_the_model_is_asked_and_ends_however_the_turn_does() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [Reply(silent_after=-1), say("y")]})
        conversation = session(transport, [], text=agent_file())
        turn = asyncio.ensure_future(collect(conversation))
        await asyncio.sleep(1)
        (record,) = conversation.export()["episodes"]
        assert (record["outcome"], record["ended"]) == ("started", None)
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        assert (record["outcome"], record["attempts"][0]["outcome"]) == ("aborted", "aborted")
        batches = conversation.turn("hi")
        await anext(batches)
        await batches.aclose()
        assert [record["outcome"] for record in conversation.export()["episodes"]] == ["aborted", "abandoned"]

    run(main())


def test_a_failure_in_a_later_step_lists_its_attempts_and_costs_budget() -> None:
    replies: list[Script] = [call("look", '{"word": "x"}')] * 5
    (played,), _ = play_agent(replies, tool(look))
    assert played.terminal["kind"] == "loop"
    assert [attempt["outcome"] for attempt in played.terminal["attempts"]] == ["ok"] * 5
    whole = openai_chat(text="x", usage=Usage(60, 50), done=False)
    dear = Reply((*whole, b"data: {oops\n\n"))
    (first, second), _ = play_agent([dear], text=agent_file("limits: {tokens: 100}"), prompts=("hi", "again"))
    assert first.terminal["kind"] == "server_error"
    assert second.terminal["message"] == "The session's budget is used up."


def test_a_failed_turn_lists_every_attempt_of_all_its_steps() -> None:
    file = agent_file().replace("{retries: -1}", "{models: [openai/b], retries: -1}")
    script: dict[str, list[Script]] = {
        "a": [errors.openai_server_error(), errors.openai_server_error()],
        "b": [call("look", '{"word": "x"}'), errors.openai_server_error()],
    }
    (played,), _ = play_agent(script, tool(look), text=file)
    told = [(each["attempt"], each["model"], each["outcome"]) for each in played.terminal["attempts"]]
    assert told == [
        (1, "openai/a", "failed"),
        (2, "openai/b", "ok"),
        (3, "openai/b", "failed"),
        (4, "openai/a", "failed"),
    ]
    assert played.error is not None
    assert played.error.to_dict()["attempts"] == played.terminal["attempts"]
    assert played.of("exhausted")[0]["models_tried"] == ["openai/b", "openai/a"]


def test_warnings_of_tools_are_said_once_a_turn() -> None:
    (played,), _ = play_agent([call("look", '{"word": "x"}'), say("ok")], tool(look), tool(look))
    assert len(played.of("warning")) == 1


def test_a_keep_keeps_its_partial_in_the_conversation() -> None:
    cut = Reply(openai_chat(text="Half", finish=None), cut_at=9999)
    file = agent_file("").replace("{retries: -1}", "{retries: -1, on_partial: keep}")
    (failed, _), transport = play_agent([cut, say("ok")], text=file, prompts=("hi", "go on"))
    assert failed.terminal["type"] == "error"
    assert [message["content"] for message in sent(transport)] == ["hi", "Half", "go on"]


def test_room_is_made_before_the_window_is_full_and_nothing_done_is_forgotten() -> None:
    file = """
agents: {root: {model: small, fallback: {retries: -1}}}
models: {small: {provider: other, model: a, context_limit: 100}}
providers: {other: {base_url: "https://other.example.test"}}
"""
    words = [openai_chat(text=f"answer {n} " + "x" * 60, usage=Usage(10, 10)) for n in range(4)]
    full = openai_chat(tool_calls=[ToolCall("c", "look", '{"word": "x"}')], usage=Usage(80, 15))
    replies: list[Script] = [*words, full, errors.openai_invalid_request("bad"), say("ok")]
    played, transport = play_agent(replies, tool(look), text=file, prompts=[f"question {n}" for n in range(6)])
    (compacted,) = played[4].of("compacted")
    assert compacted["dropped"] > 0
    assert compacted["attempt"] == 2
    asked = sent(transport, 5)
    assert asked[0]["content"].startswith("[Earlier messages were left out")
    assert asked[-1]["content"] == "x is a wheel"
    assert played[4].terminal["type"] == "error"
    again = sent(transport)
    assert again[0] == asked[0]
    assert [message["content"] for message in again if message["role"] == "tool"] == ["x is a wheel"]
    assert again[-1]["content"] == "question 5"
