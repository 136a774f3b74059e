"""`sparewheel.open_agent`: functions as tools, approvals, questions to the user, hooks, listeners."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest

from sparewheel import Event, SparewheelError, ToolContext, ToolError, open_agent, tool
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.door import ANSWER, ENV, KEY, agent_file, asks, collect, text, types


@tool(read_only=True)
async def weather(city: Annotated[str, "Which city."], days: int = 1) -> dict[str, Any]:
    """Look up the weather."""
    return {"city": city, "days": days}


@tool(read_only=True)
def slow(context: ToolContext) -> str:
    """Tells how far it is.

    Args:
        context: not an argument of the model.
    """
    context.progress("half way")
    return f"done by {context.agent}"


def change(key: str) -> str:
    """Changes something, so it needs approval."""
    return f"changed {key}"


@tool(read_only=True)
def broken() -> str:
    raise RuntimeError(f"no luck with {KEY}")


@tool(read_only=True)
def picky(number: int) -> str:
    raise ToolError("Ask for another number.")


def results(events: list[Event]) -> list[tuple[str, bool]]:
    return [(event["output"], event["is_error"]) for event in events if event["type"] == "tool_result"]


async def test_functions_are_tools() -> None:
    with ScriptedProvider() as server:
        asked = asks(("weather", {"city": "Ulm"}), ("slow", {}), ("weather", {"town": "Ulm"}))
        server.script("a", asked, Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[weather, slow]) as session:
            events = await collect(session)
            assert text(events) == "Answer"
            assert [event["output"] for event in events if event["type"] == "tool_output"] == ["half way"]
            assert sorted(results(events)) == [
                ("arguments must contain ['city'] properties", True),
                ("done by root", False),
                ('{"city":"Ulm","days":1}', False),
            ]
        described = [each["function"] for each in server.requests[0].json["tools"]]
        assert [each["name"] for each in described] == ["weather", "slow"]
        assert described[0]["description"] == "Look up the weather."
        assert described[0]["parameters"]["properties"]["city"] == {"description": "Which city.", "type": "string"}
        assert described[0]["parameters"]["required"] == ["city"]
        assert described[1]["parameters"]["properties"] == {}


async def test_methods_are_tools_as_well() -> None:
    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @tool(read_only=True)
        async def add(self, number: int) -> int:
            """Add a number."""
            self.count += number
            return self.count

    counter = Counter()
    with ScriptedProvider() as server:
        server.script("a", asks(("add", {"number": 2})), asks(("add", {"number": 3})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[counter.add]) as session:
            assert results(await collect(session)) == [("2", False), ("5", False)]


async def test_what_a_function_raises_is_an_error_for_the_model_without_keys() -> None:
    with ScriptedProvider() as server:
        server.script("a", asks(("broken", {}), ("picky", {"number": 1})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[broken, picky]) as session:
            events = await collect(session)
            assert sorted(results(events)) == [
                ("Ask for another number.", True),
                ("RuntimeError: no luck with [redacted]", True),
            ]
        assert KEY not in str(server.requests[1].json)


async def test_a_call_waits_for_approval() -> None:
    with ScriptedProvider() as server:
        server.script("a", asks(("change", {"key": "x"}), ("change", {"key": "y"})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[change]) as session:
            events: list[Event] = []
            async for event in session.stream("hi"):
                events.append(event)
                if event["type"] == "tool_confirmation" and event["id"] == "c1":
                    await session.confirm("approve", id="c1")
                elif event["type"] == "tool_confirmation":
                    await session.confirm(False, id=event["id"], reason="Not now.")
            assert sorted(results(events)) == [
                ("Not executed. The user rejected this call: Not now.", True),
                ("changed x", False),
            ]
            with pytest.raises(SparewheelError, match="no tool confirmation is pending"):
                await session.confirm("approve")


async def test_a_tool_that_is_approved_runs_without_asking_again() -> None:
    with ScriptedProvider() as server:
        server.script("a", asks(("change", {"key": "x"})), asks(("change", {"key": "y"})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[change]) as session:
            events: list[Event] = []
            async for event in session.stream("hi"):
                events.append(event)
                if event["type"] == "tool_confirmation":
                    await session.confirm("approve_tool", tool_name=event["name"])
            assert results(events) == [("changed x", False), ("changed y", False)]
            assert types(events).count("tool_confirmation") == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("Not executed. No user is available to approve it.", True)),
        ({"auto_approve": True}, ("changed x", False)),
        ({"interactive": True, "approval_timeout": 0.01}, ("Not executed. It was not approved within 0.01 s.", True)),
    ],
)
async def test_send_has_nobody_to_ask(options: dict[str, Any], expected: tuple[str, bool]) -> None:
    with ScriptedProvider() as server:
        server.script("a", asks(("change", {"key": "x"})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[change], **options) as session:
            await session.send("hi")
        told = server.requests[1].json["messages"][-1]["content"]
        assert told == expected[0]


async def test_a_listener_answers_for_send_and_may_fail() -> None:
    reported: list[dict[str, Any]] = []
    seen: list[str] = []
    answers: list[asyncio.Future[None]] = []

    def listen(event: Event) -> None:
        seen.append(event["type"])
        if event["type"] == "tool_confirmation":
            answers.append(asyncio.ensure_future(session.confirm(True)))
        raise ValueError("the listener's own")

    asyncio.get_running_loop().set_exception_handler(lambda _, report: reported.append(report))
    with ScriptedProvider() as server:
        server.script("a", asks(("change", {"key": "x"})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[change], on_event=listen) as session:
            assert (await session.send("hi"))["message"]["content"] == "Answer"
            assert server.requests[1].json["messages"][-1]["content"] == "changed x"
    assert seen[0] == "start"
    assert seen[-1] == "finish"
    assert [str(report["exception"]) for report in reported] == ["the listener's own"]
    await asyncio.gather(*answers)


async def test_a_tool_asks_the_user() -> None:
    schema = {"type": "object", "properties": {"day": {"type": "string"}}}

    @tool(read_only=True)
    async def book(context: ToolContext) -> Any:
        return await context.ask_user("Which day?", schema)

    with ScriptedProvider() as server:
        server.script("a", asks(("book", {})), asks(("book", {})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[book]) as session:
            events: list[Event] = []
            async for event in session.stream("hi"):
                events.append(event)
                if event["type"] == "elicitation" and len(results(events)) == 0:
                    assert (event["message"], event["schema"]) == ("Which day?", schema)
                    await session.respond_to_elicitation(event["id"], "accept", {"day": "Monday"})
                elif event["type"] == "elicitation":
                    with pytest.raises(SparewheelError, match="unknown elicitation action"):
                        await session.respond_to_elicitation(event["id"], "shrug")  # type: ignore[arg-type]
                    await session.respond_to_elicitation(event["id"], "decline")
            assert results(events) == [
                ('{"action":"accept","content":{"day":"Monday"}}', False),
                ('{"action":"decline","content":{}}', False),
            ]
            with pytest.raises(SparewheelError, match="no such elicitation is pending"):
                await session.respond_to_elicitation("x", "accept")


async def test_a_question_as_deep_as_it_may_be_reaches_the_program() -> None:
    deep: dict[str, Any] = {}
    for _ in range(198):
        deep = {"items": deep}

    @tool(read_only=True)
    async def book(context: ToolContext) -> Any:
        return await context.ask_user("Which day?", deep)

    with ScriptedProvider() as server:
        server.script("a", asks(("book", {})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[book]) as session:
            async for event in session.stream("hi"):
                if event["type"] == "elicitation":
                    assert event["schema"]["items"]["items"]
                    await session.respond_to_elicitation(event["id"], "cancel")
            assert event["type"] == "finish"


async def test_functions_are_hooks() -> None:
    asked: list[Any] = []

    async def refuse(facts: dict[str, Any]) -> dict[str, Any]:
        asked.append(facts["tool_input"])
        return {"decision": "deny", "reason": "Not today."}

    def add(facts: dict[str, Any]) -> dict[str, Any]:
        return {"additional_context": f"It is {facts['hook_event_name']}."}

    hooks = {"pre_tool_use": [{"matcher": "wea.*", "hook": refuse}], "user_prompt_submit": add}
    with ScriptedProvider() as server:
        server.script("a", asks(("weather", {"city": "Ulm"}), ("slow", {})), Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, tools=[weather, slow], hooks=hooks) as session:
            assert sorted(results(await collect(session))) == [
                ("Not executed. Not today.", True),
                ("done by root", False),
            ]
        assert asked == [{"city": "Ulm", "days": 1}]
        assert "It is user_prompt_submit." in str(server.requests[0].json["messages"])


async def test_tools_of_the_agent_file_run_too() -> None:
    root = "toolsets: [{type: python, file: mine.py}, {type: think}]"
    source = "from sparewheel import tool\n@tool(read_only=True)\ndef double(number: int):\n    return 2 * number\n"
    with ScriptedProvider() as server:
        server.script("a", asks(("double", {"number": 4}), ("think", {"thought": "hm"})), Reply(ANSWER))
        file = agent_file(server, root=root)
        async with open_agent(file, env=ENV, documents={"mine.py": source}) as session:
            assert sorted(results(await collect(session))) == [("8", False), ("Noted.", False)]


async def test_closing_the_session_stops_a_tool_and_waits_for_it() -> None:
    stopped: list[str] = []
    started = asyncio.Event()

    @tool(read_only=True)
    async def forever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            stopped.append("cleaned up")

    with ScriptedProvider() as server:
        server.script("a", asks(("forever", {})))
        async with open_agent(agent_file(server), env=ENV, tools=[forever]) as session:
            sending = asyncio.ensure_future(session.send("hi"))
            await started.wait()
        assert stopped == ["cleaned up"]
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_reader_that_takes_its_time_holds_nothing_up() -> None:
    with ScriptedProvider() as server:
        server.script("a", Reply(openai_chat(text=["word "] * 100)))
        async with open_agent(agent_file(server), env=ENV) as session:
            pieces = 0
            async for event in session.stream("hi"):
                if event["type"] == "start":
                    await asyncio.to_thread(server.wait_for_finish)
                pieces += event["type"] == "delta"
            assert pieces == 100
