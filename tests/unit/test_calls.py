"""The calls of a step: whatever a tool, a schema or a model does, each call ends in one result and the turn goes on."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.agent.calls import unique_calls
from sparewheel.hooks.engine import Hook
from sparewheel.messages import Message, Text, ToolCall, assistant
from sparewheel.tools.base import ToolError, ToolResult, distinct, seconds
from tests.support.agentic import agent_file, call, calls, context, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, check_rules, session

NUMBER = {"type": "object", "properties": {"n": {"type": "number"}}}


def result(played: Played) -> tuple[str, bool]:
    (event,) = played.of("tool_result")
    assert played.terminal["type"] == "finish"
    return event["output"], event["is_error"]


def test_ids_of_calls_are_made_unique() -> None:
    asked = [ToolCall(call_id, "look", "{}") for call_id in ("a", "a", "a_2", "b", "a")]
    message = Message("assistant", (Text("Let me see."), *asked), model="openai/a")
    unique = unique_calls(message)
    assert [part.id for part in unique.tool_calls] == ["a", "a_2", "a_2_2", "b", "a_3"]
    assert (unique.text, unique.model) == ("Let me see.", "openai/a")
    assert unique_calls(message, [assistant("hi"), unique]).tool_calls[0].id == "a_4"
    assert unique_calls(unique) == unique
    assert distinct("x", ()) == "x"


def test_calls_of_one_id_are_asked_about_one_by_one() -> None:
    ran: list[int] = []
    own = context(tool(lambda n: ran.append(n), read_only=False), interactive=True)

    async def main() -> list[dict[str, Any]]:
        asked = calls(("c", "<lambda>", '{"n": 1}'), ("c", "<lambda>", '{"n": 2}'))
        again = calls(("c", "<lambda>", '{"n": 3}'))
        transport = ScriptedTransport({"a": [asked, again, say("Done.")]})
        events: list[dict[str, Any]] = []
        async with aclosing(session(transport, [], text=agent_file(), context=own).turn("hi")) as batches:
            async for batch in batches:
                for event in batch:
                    events.append(dict(event))
                    if event["type"] == "tool_confirmation":
                        word = "reject" if json.loads(event["args"])["n"] == 1 else "approve"
                        own.approvals.answer(word, call_id=event["id"])
        return events

    events = run(main())
    assert ran == [2, 3]
    keys = [event["id"] for event in events if event["type"] == "tool_confirmation"]
    assert keys == ["c", "c_2", "c_3"]
    assert events[-1]["type"] == "finish"


def test_the_call_of_a_tool_in_the_sandbox_is_marked() -> None:
    asked = calls(("c1", "boxed", "{}"), ("c2", "free", "{}"), ("c3", "missing", "{}"))

    def boxed() -> str:
        return "1"

    def free() -> str:
        return "2"

    (played,), _ = play_agent([asked, say("ok")], tool(boxed, sandboxed=True), tool(free))
    assert [event.get("sandboxed") for event in played.of("tool_call")] == [True, None, None]


@pytest.mark.parametrize(
    ("schema", "arguments", "problem"),
    [
        ({"multipleOf": 0}, '{"n": 3}', "arguments cannot be checked: ZeroDivisionError"),
        ({"multipleOf": 0.1}, '{"n": 1' + "0" * 400 + "}", "arguments cannot be checked: OverflowError"),
        ({"pattern": "("}, '{"n": "x"}', "The tool's schema cannot be used"),
        ({"$ref": "#/properties/n"}, '{"n": 1}', "arguments is nested too deeply"),
    ],
)
def test_a_schema_that_cannot_check_is_an_error_of_the_call(
    schema: dict[str, Any], arguments: str, problem: str
) -> None:
    parameters = {"type": "object", "properties": {"n": schema}}
    replies = [call("<lambda>", arguments), say("ok")]
    (played,), _ = play_agent(replies, tool(lambda n: "ran", parameters=parameters))
    output, is_error = result(played)
    assert output.startswith(problem)
    assert is_error is True


def test_a_defect_costs_one_call_and_not_its_neighbours() -> None:
    def strange() -> ToolResult:
        return ToolResult(7)  # type: ignore[arg-type]  # what a tool should not do

    asked = calls(("1", "strange", "{}"), ("2", "<lambda>", "{}"))
    (played,), _ = play_agent([asked, say("ok")], tool(strange), tool(lambda: "fine"))
    outputs = {event["id"]: event["output"] for event in played.of("tool_result")}
    assert outputs == {"1": "7", "2": "fine"}

    class Broken(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise KeyError("defect")

    own = context(tool(strange), tool(lambda: "fine"))
    own.permissions = Broken()
    (played,), _ = play_agent([asked, say("ok")], own=own)
    assert [event["output"] for event in played.of("tool_result")] == ["KeyError: 'defect'"] * 2
    assert played.terminal["type"] == "finish"


def test_half_an_emoji_in_a_result_is_replaced() -> None:
    (played,), transport = play_agent([call("<lambda>"), say("ok")], tool(lambda: "cut \ud83d"))
    assert result(played) == ("cut \ufffd", False)
    assert "cut \ufffd" in transport.requests[-1].body.decode()


def test_half_an_emoji_in_the_arguments_is_replaced() -> None:
    (played,), _ = play_agent([call("<lambda>", '{"n": "\\ud83d"}'), say("ok")], tool(lambda n: ascii(n)))
    assert result(played) == (r"'\ufffd'", False)


async def cancelled() -> None:
    raise asyncio.CancelledError


async def cancelled_inside() -> None:
    task = asyncio.ensure_future(asyncio.sleep(5))
    await asyncio.sleep(0)
    task.cancel()
    await task


@pytest.mark.parametrize("function", [cancelled, cancelled_inside])
def test_a_tool_whose_own_work_was_cancelled_has_failed(function: Any) -> None:
    (played,), _ = play_agent([call(function.__name__), say("ok")], tool(function))
    assert result(played) == ("CancelledError: something that the tool waited for was cancelled.", True)


class Stubborn:
    """A tool that goes on after its cancellation until it is released, and speaks then."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.over = asyncio.Event()
        self.answer: Any = None

    async def stubborn(self, context: Any) -> str:
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue
        context.progress("late")
        self.answer = await context.ask_user("late?", {})
        self.over.set()
        return "late"


def test_a_tool_that_swallows_its_timeout_is_left_behind() -> None:
    async def main() -> None:
        own = context(interactive=True)
        one = Stubborn()
        own.open_toolsets = context(tool(one.stubborn, timeout=5)).open_toolsets
        transport = ScriptedTransport({"a": [call("stubborn"), say("Done.")]})
        events: list[dict[str, Any]] = []
        async with aclosing(session(transport, [], text=agent_file(), context=own).turn("hi")) as batches:
            async for batch in batches:
                events += [dict(event) for event in batch]
                if batch[-1]["type"] == "tool_result":
                    assert batch[-1]["output"] == "Stopped: the tool took longer than 5 s."
                    assert asyncio.get_running_loop().time() == 6
                    one.released.set()
                    await one.over.wait()
        assert one.answer == {"action": "cancel"}
        assert [event["type"] for event in events if "late" in str(event)] == []
        check_rules(events)

    run(main())


def test_a_tool_that_swallows_the_stop_does_not_hold_the_turn() -> None:
    async def main() -> None:
        one = Stubborn()
        transport = ScriptedTransport({"a": [call("stubborn")]})
        conversation = session(transport, [], text=agent_file(), context=context(tool(one.stubborn)))
        events: list[dict[str, Any]] = []
        running = asyncio.Event()

        async def consume() -> None:
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events.extend(dict(event) for event in batch)
                    if batch[-1]["type"] == "tool_call":
                        running.set()

        turn = asyncio.ensure_future(consume())
        await running.wait()
        await asyncio.sleep(3)
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        assert asyncio.get_running_loop().time() == 3
        assert events[-1]["type"] == "aborted"
        heard = len(events)
        one.released.set()
        await one.over.wait()
        assert len(events) == heard
        check_rules(events)

    run(main())


def test_what_a_call_says_after_its_result_is_not_heard() -> None:
    said: list[asyncio.Task[None]] = []

    async def quick(context: Any) -> str:
        async def afterwards() -> None:
            await asyncio.sleep(1)
            context.progress("late")

        said.append(asyncio.ensure_future(afterwards()))
        return "done"

    async def slow() -> str:
        await asyncio.sleep(3)
        return "done"

    asked = calls(("1", "quick", "{}"), ("2", "slow", "{}"))
    (played,), _ = play_agent([asked, say("ok")], tool(quick), tool(slow))
    assert said[0].done()
    assert played.of("tool_output") == []
    assert [event["id"] for event in played.of("tool_result")] == ["1", "2"]


def test_hooks_know_when_the_user_is_asked() -> None:
    facts: list[dict[str, Any]] = []

    async def hook(given: dict[str, Any]) -> None:
        facts.append(given)

    async def ask(context: Any) -> str:
        return str(await context.ask_user("Which?", {"type": "object"}))

    own = context(tool(ask), interactive=True, timeout=10)
    own.hooks = [Hook("on_user_input", hook)]
    (played,), _ = play_agent([call("ask"), say("ok")], own=own)
    assert result(played) == ("{'action': 'cancel'}", False)
    assert facts == [
        {"hook_event_name": "on_user_input", "agent_name": "root", "tool_name": "ask", "message": "Which?"}
    ]
    assert [event["message"] for event in played.of("elicitation")] == ["Which?"]


@pytest.mark.parametrize("schema", [{"x": {1}}, {"x": "\ud83d"}])
def test_a_question_that_json_cannot_say_is_an_error_of_the_call(schema: dict[str, Any]) -> None:
    async def ask(context: Any) -> str:
        return str(await context.ask_user("Which?", {**schema, "y": object()}))

    (played,), _ = play_agent([call("ask"), say("ok")], own=context(tool(ask), interactive=True))
    output, is_error = result(played)
    assert output.startswith("The question's schema cannot be written as JSON")
    assert is_error is True


@pytest.mark.parametrize("timeout", [0, 1e308, float("inf"), 10**400, 3_000_000])
def test_a_time_that_cannot_be_counted_is_no_limit(timeout: float) -> None:
    async def slow() -> str:
        await asyncio.sleep(10)
        return "done"

    assert seconds(timeout) is None
    (played,), _ = play_agent([call("slow"), say("ok")], tool(slow, timeout=timeout))
    assert result(played) == ("done", False)


def test_a_tools_own_error_is_told_as_it_is() -> None:
    async def fail() -> str:
        raise ToolError("not today")

    (played,), _ = play_agent([call("fail"), say("ok")], tool(fail))
    assert result(played) == ("not today", True)
