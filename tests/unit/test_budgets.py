"""What an agent may use up in a session: the time of models and tools, and what does not count."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.testing import Reply
from tests.support.agentic import agent_file, call, calls, context, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Script, ScriptedTransport, check_rules, session

if TYPE_CHECKING:
    from sparewheel.tools.base import Tool

TWO = calls(("1", "work", "{}"), ("2", "work", "{}"))
LIMITED = "limits: {time: 1s}"


async def work() -> str:
    await asyncio.sleep(0.6)
    return "done"


def change() -> str:
    return "changed"


async def ask(context: Any) -> str:
    answer: str = (await context.ask_user("Sure?", {"type": "object"}))["action"]
    return answer


def ends(file: str, *replies: Script, **more: Any) -> list[tuple[str, str | None]]:
    """How two turns end: with this event, for this reason or of this kind."""
    played, _ = play_agent(list(replies), text=file, prompts=("hi", "again"), **more)
    return [(one.terminal["type"], one.terminal.get("reason") or one.terminal.get("kind")) for one in played]


def test_the_time_of_tools_counts_and_holds_for_the_session() -> None:
    own = context(tool(work, exclusive=True))
    assert ends(agent_file(LIMITED), TWO, own=own) == [("finish", "budget"), ("error", "guardrail")]


def test_calls_side_by_side_take_the_time_once() -> None:
    own = context(tool(work))
    finished = ("finish", "stop")
    assert ends(agent_file(LIMITED), TWO, say("ok"), say("ok"), own=own) == [finished, finished]
    assert ends(agent_file("limits: {time: 600ms}"), TWO, own=context(tool(work)))[0] == ("finish", "budget")


def test_the_time_of_models_counts() -> None:
    slow = Reply(say("ok"), delay=1.5)
    assert ends(agent_file(LIMITED), slow) == [("finish", "stop"), ("error", "guardrail")]


@pytest.mark.parametrize("waits", [tool(change, read_only=False), tool(ask)], ids=["approval", "question"])
def test_waiting_for_the_user_does_not_count(waits: Tool) -> None:
    own = context(waits, interactive=True, timeout=30)
    asked = call(waits.spec.name)
    assert ends(agent_file(LIMITED), asked, say("ok"), say("ok"), own=own) == [("finish", "stop"), ("finish", "stop")]


def test_what_works_while_the_user_is_asked_counts() -> None:
    own = context(tool(work), tool(ask), interactive=True, timeout=30)
    asked = calls(("1", "ask", "{}"), ("2", "work", "{}"))
    assert ends(agent_file("limits: {time: 500ms}"), asked, own=own)[0] == ("finish", "budget")


TEAM = """
agents:
  root: {{model: openai/a, sub_agents: [cook], fallback: {{retries: -1}}, limits: {{time: {root}}}}}
  cook: {{model: openai/c, fallback: {{retries: -1}}, limits: {{time: {cook}}}}}
budget: {{max_time: {team}}}
"""


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"root": "100ms", "cook": "0s", "team": "0s"}, "stop"),
        ({"root": "0s", "cook": "0s", "team": "1500ms"}, "stop"),
        ({"root": "0s", "cook": "0s", "team": "900ms"}, "budget"),
    ],
)
def test_a_task_counts_for_who_works_on_it_and_once_for_the_team(limits: dict[str, str], reason: str) -> None:
    """Two tasks at once, of a second each."""
    asked = calls(
        ("1", "transfer_task", '{"agent": "cook", "task": "soup"}'),
        ("2", "transfer_task", '{"agent": "cook", "task": "rice"}'),
    )
    script: dict[str, list[Script]] = {"a": [asked, say("ok")], "c": [Reply(say("done"), delay=1)] * 2}
    (played,), _ = play_agent(script, text=TEAM.format(**limits))
    assert played.terminal["reason"] == reason


def test_a_call_that_was_stopped_takes_no_more_time() -> None:
    async def main() -> None:
        left: list[asyncio.Task[Any]] = []

        async def leave(context: Any) -> str:
            left.append(asyncio.ensure_future(context.ask_user("Sure?", {"type": "object"})))
            await asyncio.sleep(0.5)
            return "left"

        own = context(tool(leave), interactive=True, timeout=100)
        transport = ScriptedTransport({"a": [call("leave"), say("one"), say("two")]})
        conversation = session(transport, [], text=agent_file(LIMITED), context=own)
        for _ in range(2):
            events: list[dict[str, Any]] = []
            async with aclosing(conversation.turn("hi")) as batches:
                async for batch in batches:
                    events += [dict(event) for event in batch]
            check_rules(events)
            assert events[-1]["type"] == "finish"
            await asyncio.gather(*left)

    run(main())
