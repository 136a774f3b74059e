"""Who may say no: the user, hooks and permissions. Silence, absence and failure are a no."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook
from sparewheel.state.approvals import UNATTENDED
from tests.support.agentic import agent_file, calls, context, play_agent, say, tool
from tests.support.approving import TOOLS, WRITES, asked, outcome, wipe, write
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, State, session


def test_each_call_is_answered_by_its_id() -> None:
    def answer(own: State, call_id: str) -> None:
        own.approvals.answer("approve" if call_id != "2" else "reject", call_id=call_id, reason="not that one")

    played, _ = asked(answer)
    assert outcome(played) == {
        "1": "written 1",
        "2": "Not executed. The user rejected this call: not that one",
        "3": "wiped",
    }
    assert [event["id"] for event in played.of("tool_confirmation")] == ["1", "2", "3"]
    reason = "The user rejected this call: not that one"
    assert played.of("tool_blocked") == [{"type": "tool_blocked", "id": "2", "name": "write", "reason": reason}]
    assert played.terminal["type"] == "finish"


def test_approving_a_tool_answers_its_other_calls_too() -> None:
    def answer(own: State, call_id: str) -> None:
        if call_id == "1":
            own.approvals.answer("approve_tool", call_id=call_id)
        elif call_id == "3":
            own.approvals.answer(False, call_id=call_id)

    played, _ = asked(answer)
    assert outcome(played) == {
        "1": "written 1",
        "2": "written 2",
        "3": "Not executed. The user rejected this call.",
    }


def test_approving_everything_asks_no_more() -> None:
    def answer(own: State, call_id: str) -> None:
        if call_id == "1":
            own.approvals.answer("approve_all")

    played, _ = asked(answer)
    assert outcome(played) == {"1": "written 1", "2": "written 2", "3": "wiped"}


def test_silence_is_a_no() -> None:
    played, _ = asked(lambda own, call_id: None, timeout=20)
    assert set(outcome(played).values()) == {"Not executed. It was not approved within 20 s."}
    assert played.seconds == 20


def test_with_nobody_to_ask_it_is_denied_at_once() -> None:
    (played,), _ = play_agent([WRITES, say("Done.")], *TOOLS)
    assert set(outcome(played).values()) == {f"Not executed. {UNATTENDED}"}
    assert played.of("tool_confirmation") == []


def test_read_only_tools_and_those_approved_beforehand_pass() -> None:
    (played,), _ = play_agent([WRITES, say("Done.")], own=context(*TOOLS, everything=True))
    assert outcome(played)["3"] == "wiped"
    (played,), _ = play_agent([WRITES, say("Done.")], tool(write), tool(wipe))
    assert outcome(played)["3"] == "wiped"


def test_answers_that_answer_nothing_are_refused() -> None:
    async def main() -> None:
        approvals = context().approvals
        with pytest.raises(ConfigError, match='unknown decision "maybe"'):
            approvals.answer("maybe")
        with pytest.raises(ConfigError, match="no tool confirmation is pending"):
            approvals.answer("approve")
        approvals.interactive = True
        assert approvals.open("1", "write", "identity") == "1"
        waiting = asyncio.ensure_future(approvals.wait("1"))
        approvals.answer("approve", call_id="1")
        with pytest.raises(ConfigError, match="no tool confirmation is pending"):
            approvals.answer("approve", call_id="1")
        assert (await waiting).allowed
        assert approvals.open("1", "write", "identity") == "1_2"
        with pytest.raises(ConfigError, match="no tool confirmation is pending"):
            approvals.answer("approve", call_id="1")

    run(main())


@pytest.mark.parametrize("word", ["approve_all", "approve_tool"])
@pytest.mark.parametrize("forced_by", ["rule", "hook"])
def test_no_grant_lets_through_what_must_be_asked_about(word: str, forced_by: str) -> None:
    async def hook(facts: dict[str, Any]) -> Any:
        return {"decision": "ask"} if facts["tool_use_id"] != "1" else None

    async def main() -> list[dict[str, Any]]:
        own = context(*TOOLS, interactive=True, timeout=5)
        if forced_by == "rule":
            own.permissions = {"ask": ["w*"]}
        else:
            own.hooks = [Hook("pre_tool_use", hook)]
        asked = calls(("1", "write", '{"n": 1}'), ("2", "write", '{"n": 2}'), ("3", "wipe", "{}"))
        conversation = session(ScriptedTransport({"a": [asked, say("Done.")]}), [], text=agent_file(), context=own)
        played = Played()
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
                if batch[-1]["type"] == "tool_confirmation" and batch[-1]["id"] == "3":
                    own.approvals.answer(word, call_id="1")
        return played.of("tool_result")

    assert {event["id"]: event["output"] for event in run(main())} == {
        "1": "written 1",
        "2": "Not executed. It was not approved within 5 s.",
        "3": "Not executed. It was not approved within 5 s.",
    }


def changing(answer: Any) -> tuple[list[int], list[str], Played, list[dict[str, Any]]]:
    """One call that a hook changes to `answer`: what ran, what the user was asked about, the turn, what hooks saw."""
    ran: list[int] = []
    shown: list[str] = []
    seen: list[dict[str, Any]] = []

    def write(n: int, why: str) -> str:
        ran.append(n)
        return why

    async def change(_: dict[str, Any]) -> Any:
        return {"hook_specific_output": {"permission_decision": "ask", "updated_input": answer}}

    async def see(facts: dict[str, Any]) -> None:
        seen.append(facts["tool_input"])

    async def main() -> Played:
        properties = {"n": {"type": "integer"}, "why": {"type": "string", "default": "-"}}
        schema = {"type": "object", "properties": properties}
        own = context(tool(write, read_only=False, parameters=schema), interactive=True)
        own.hooks = [Hook("pre_tool_use", change), Hook("permission_request", see)]
        transport = ScriptedTransport({"a": [calls(("1", "write", '{"n": 1}')), say("Done.")]})
        played = Played()
        async with aclosing(session(transport, [], text=agent_file(), context=own).turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
                for event in batch:
                    if event["type"] == "tool_confirmation":
                        shown.append(event["args"])
                        own.approvals.answer("approve", call_id=event["id"])
        return played

    return ran, shown, run(main()), seen


def test_the_user_is_asked_about_what_will_run() -> None:
    ran, shown, _, seen = changing({"n": 9})
    assert ran == [9]
    assert shown == ['{"n": 9, "why": "-"}']
    assert seen == [{"n": 9, "why": "-"}]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [({"n": "x"}, "arguments.n must be integer"), ([1], "The arguments must be a JSON object.")],
)
def test_a_change_that_does_not_fit_is_not_asked_about(answer: Any, problem: str) -> None:
    ran, shown, played, _ = changing(answer)
    assert (ran, shown) == ([], [])
    assert played.of("tool_result")[0]["output"] == problem


def test_the_files_permissions_deny_before_they_ask_and_ask_before_they_allow() -> None:
    file = agent_file() + "permissions: {allow: ['*'], ask: [write], deny: [wipe]}\n"
    own = context(*TOOLS)
    own.permissions = {"allow": ["*"], "ask": ["write"], "deny": ["wipe"]}
    (played,), _ = play_agent([WRITES, say("Done.")], text=file, own=own)
    assert outcome(played) == {
        "1": f"Not executed. {UNATTENDED}",
        "2": f"Not executed. {UNATTENDED}",
        "3": "Not executed. It is denied by the agent's permissions.",
    }
