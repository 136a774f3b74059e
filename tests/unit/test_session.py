"""One conversation: its history, its one active turn, and what stopping leaves behind."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import REFUSED, Played, ScriptedTransport, bare, check_rules, collect, session

if TYPE_CHECKING:
    from sparewheel.session import Session

ANSWER = openai_chat(text="Answer")


def sent(transport: ScriptedTransport) -> list[list[tuple[str, str]]]:
    """The conversation each request carried, as (role, content)."""
    bodies = [json.loads(request.body) for request in transport.requests]
    return [[(message["role"], message["content"]) for message in body["messages"]] for body in bodies]


async def stop_after(conversation: Session, events: int) -> Played:
    """Cancel the turn once so many events have come, as an abort does; take what is said after that."""
    played = Played()
    seen = asyncio.Event()

    async def consume() -> None:
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
                if len(played.events) >= events:
                    seen.set()

    task = asyncio.ensure_future(consume())
    await seen.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    check_rules(played.events)
    return played


def test_a_conversation_carries_its_turns() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [ANSWER, openai_chat(text="Again")]})
        conversation = session(transport, ["a"])
        await collect(conversation, "one")
        await collect(conversation, "two")
        assert sent(transport) == [
            [("system", "Be brief."), ("user", "one")],
            [("system", "Be brief."), ("user", "one"), ("assistant", "Answer"), ("user", "two")],
        ]
        export = conversation.export()
        assert [episode["outcome"] for episode in export.pop("episodes")] == ["finished", "finished"]
        assert export == {
            "version": 1,
            "agent": "root",
            "messages": [
                {"role": "user", "content": "one"},
                {"role": "assistant", "content": "Answer"},
                {"role": "user", "content": "two"},
                {"role": "assistant", "content": "Again"},
            ],
        }

    run(main())


def test_a_failed_turn_is_forgotten_so_that_asking_again_does_not_ask_twice() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [errors.openai_invalid_key(), ANSWER]})
        conversation = session(transport, ["a"])
        failed = await collect(conversation, "one")
        assert failed.terminal["type"] == "error"
        assert failed.result is None
        await collect(conversation, "one")
        assert sent(transport)[1] == [("system", "Be brief."), ("user", "one")]

    run(main())


def test_stopping_in_the_middle_keeps_what_was_shown() -> None:
    async def main() -> None:
        endless = Reply(openai_chat(text=["Hal", "f", "more"]), silent_after=3)
        transport = ScriptedTransport({"a": [endless, ANSWER]})
        conversation = session(transport, ["a"])
        played = await stop_after(conversation, 4)
        assert transport.open == 0
        assert [bare(event) for event in played.events[-2:]] == [
            {"type": "block_end", "kind": "text", "content": "Half", "attempt": 1, "index": 0},
            {
                "type": "aborted",
                "reason": "user",
                "partial": "Half",
                "message": {"role": "assistant", "content": "Half"},
                "usage": None,
            },
        ]
        await collect(conversation, "go on")
        assert sent(transport)[1] == [
            ("system", "Be brief."),
            ("user", "hi"),
            ("assistant", "Half"),
            ("user", "go on"),
        ]

    run(main())


def test_a_call_that_was_cut_is_not_in_the_partial_message() -> None:
    async def main() -> None:
        calls = [ToolCall("c1", "look", '{"word": 1}'), ToolCall("c2", "look", ['{"wo', 'rd": 2}'])]
        endless = Reply(openai_chat(text="Half", tool_calls=calls, finish=None), silent_after=6)
        played = await stop_after(session(ScriptedTransport({"a": [endless]}), ["a"]), 8)
        blocks = [(e["type"], e["id"], e["name"]) for e in played.of("block_start", "block_end") if "id" in e]
        ids = [("block_start", "c1"), ("block_start", "c2"), ("block_end", "c1"), ("block_end", "c2")]
        assert blocks == [(kind, call_id, "look") for kind, call_id in ids]
        shape = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"word": 1}'}}
        assert played.terminal["message"] == {"role": "assistant", "content": "Half", "tool_calls": [shape]}

    run(main())


@pytest.mark.parametrize(
    ("reply", "events"),
    [(Reply(silent_after=-1), 1), (Reply(silent_after=0), 1), (REFUSED, 2)],
    ids=["opening", "before the first content", "waiting to retry"],
)
def test_stopping_while_waiting_is_immediate_and_leaves_no_trace(reply: Reply, events: int) -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [reply, ANSWER]})
        conversation = session(transport, ["a"], fallback="retries: 1, backoff: {initial: 50s}")
        played = await stop_after(conversation, events)
        assert asyncio.get_running_loop().time() == 0
        assert transport.open == 0
        assert played.of("aborted") == [
            {"type": "aborted", "reason": "user", "partial": "", "message": None, "usage": None}
        ]
        await collect(conversation, "next")
        assert sent(transport)[-1] == [("system", "Be brief."), ("user", "next")]

    run(main())


def test_a_consumer_that_walks_away_closes_the_connection_and_frees_the_session() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [Reply(ANSWER, silent_after=2), ANSWER]})
        conversation = session(transport, ["a"])
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                if batch[-1]["type"] == "delta":
                    break
        assert transport.open == 0
        assert (await collect(conversation)).terminal["type"] == "finish"

    run(main())


def test_a_second_turn_at_the_same_time_is_refused_and_does_not_disturb_the_first() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [Reply(ANSWER, every=1)]})
        conversation = session(transport, ["a"])
        async with asyncio.TaskGroup() as group:
            first = group.create_task(collect(conversation))
            await asyncio.sleep(0.5)
            with pytest.raises(ConfigError, match="a run is already active"):
                async for _ in conversation.turn("hi"):
                    raise AssertionError("the refused turn must not say anything")
        assert first.result().terminal["type"] == "finish"

    run(main())


@pytest.mark.parametrize("prompt", [None, 7, ["hi"], {"text": "hi"}])
def test_a_prompt_that_is_not_text_is_refused_before_anything_is_sent(prompt: Any) -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": []})
        conversation = session(transport, ["a"])
        with pytest.raises(ConfigError, match=r"expected a prompt string|prompt\[0\] must be"):
            async for _ in conversation.turn(prompt):
                raise AssertionError("nothing may be said")
        assert transport.asked == []

    run(main())


def test_a_bug_below_ends_the_turn_with_one_error() -> None:
    async def main() -> None:
        conversation = session(ScriptedTransport({}), ["a"])  # a model the transport has never heard of
        played = await collect(conversation)
        assert played.types == ["start", "error"]
        assert played.terminal["kind"] == "internal"
        assert played.terminal["message"] == "KeyError: 'a'"

    run(main())


def test_restart_forgets_the_conversation() -> None:
    async def main() -> None:
        transport = ScriptedTransport({"a": [ANSWER, ANSWER]})
        conversation = session(transport, ["a"])
        await collect(conversation, "one")
        conversation.restart()
        await collect(conversation, "two")
        assert sent(transport)[1] == [("system", "Be brief."), ("user", "two")]

    run(main())
