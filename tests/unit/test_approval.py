"""Who may say no: the user, hooks and permissions. Silence, absence and failure are a no."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook
from sparewheel.state.approvals import UNATTENDED
from tests.support.agentic import agent_file, calls, context, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, State, session

if TYPE_CHECKING:
    from collections.abc import Callable


def write(n: int = 0) -> str:
    return f"written {n}"


def wipe() -> str:
    return "wiped"


WRITES = calls(("1", "write", '{"n": 1}'), ("2", "write", '{"n": 2}'), ("3", "wipe", "{}"))
FAILED = "A pre_tool_use hook failed, which counts as deny"
TOOLS = (tool(write, read_only=False), tool(wipe, read_only=False))


def asked(answers: Callable[[State, str], None], **approvals: Any) -> tuple[Played, State]:
    """One turn with three calls that need approval; `answers` gets the id of each confirmation that is asked for."""

    async def main() -> tuple[Played, State]:
        own = context(*TOOLS, interactive=True, **approvals)
        conversation = session(ScriptedTransport({"a": [WRITES, say("Done.")]}), [], text=agent_file(), context=own)
        played = Played()
        async with aclosing(conversation.turn("hi")) as batches:
            async for batch in batches:
                played.events += [dict(event) for event in batch]
                for event in batch:
                    if event["type"] == "tool_confirmation":
                        answers(own, event["id"])
        played.seconds = asyncio.get_running_loop().time()
        return played, own

    return run(main())


def outcome(played: Played) -> dict[str, str]:
    return {event["id"]: event["output"] for event in played.of("tool_result")}


def test_each_call_is_answered_by_its_id() -> None:
    def answer(own: State, call_id: str) -> None:
        own.approvals.answer("approve" if call_id != "2" else "reject", call_id=call_id, reason="not that one")

    played, _ = asked(answer)
    assert outcome(played) == {"1": "written 1", "2": "Not executed. not that one", "3": "wiped"}
    assert [event["id"] for event in played.of("tool_confirmation")] == ["1", "2", "3"]
    assert played.of("tool_blocked") == [{"type": "tool_blocked", "id": "2", "name": "write", "reason": "not that one"}]
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


def hooked(point: Any, *answers: Any, matcher: str = "*") -> State:
    own = context(*TOOLS, everything=True)
    for answer in answers:

        async def hook(facts: dict[str, Any], answer: Any = answer) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer(facts) if callable(answer) else answer

        own.hooks.append(Hook(point, hook, matcher))
    return own


@pytest.mark.parametrize(
    ("answers", "output"),
    [
        ([{"decision": "allow"}, {"decision": "deny", "reason": "no"}], "Not executed. no"),
        ([{"decision": "allow"}, {"decision": "ask"}], f"Not executed. {UNATTENDED}"),
        (
            [{"hook_specific_output": {"permission_decision": "deny", "permission_decision_reason": "x"}}],
            "Not executed. x",
        ),
        ([{"continue": False, "stop_reason": "stop"}], "Not executed. stop"),
        (
            [{"decision": "perhaps", "reason": "?"}],
            f"Not executed. {FAILED}: its decision is 'perhaps', which is not one of allow, ask and deny",
        ),
        ([{"updated_input": {"n": 9}}], "written 9"),
        ([None], "written 1"),
        ([lambda facts: {"updated_input": {"n": facts["tool_input"]["n"] + 1}}], "written 2"),
    ],
)
def test_what_hooks_say_before_a_tool(answers: list[Any], output: str) -> None:
    (played,), _ = play_agent([WRITES, say("Done.")], own=hooked("pre_tool_use", *answers, matcher="write"))
    assert outcome(played)["1"] == output
    assert outcome(played)["3"] == "wiped"


@pytest.mark.parametrize("broken", [RuntimeError("oops"), 7, "allow", asyncio.CancelledError])
def test_a_hook_that_fails_blocks(broken: Any) -> None:
    if broken is asyncio.CancelledError:

        async def never(facts: dict[str, Any]) -> None:
            await asyncio.sleep(1e6)

        own = hooked("pre_tool_use")
        own.hooks.append(Hook("pre_tool_use", never))
    else:
        own = hooked("pre_tool_use", broken)
    (played,), _ = play_agent([WRITES, say("Done.")], own=own)
    assert {"A pre_tool_use hook failed" in text for text in outcome(played).values()} == {True}
    assert played.terminal["type"] == "finish"


def test_hooks_see_and_change_what_tools_answer() -> None:
    own = hooked("tool_response_transform", {"updated_tool_response": "changed"})
    (played,), _ = play_agent([WRITES, say("Done.")], own=own)
    assert outcome(played) == {"1": "changed", "2": "changed", "3": "changed"}


@pytest.mark.parametrize("point", ["post_tool_use", "tool_response_transform"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"decision": "block", "reason": "not for you"}, "The result is withheld. not for you"),
        ({"continue": False}, "The result is withheld."),
        (
            ValueError("written 1"),
            "The result is withheld. A {point} hook failed, which counts as deny: ValueError",
        ),
    ],
)
def test_a_result_that_a_hook_denies_is_nobodys(point: str, answer: Any, told: str) -> None:
    own = hooked(point, answer, matcher="write")
    (played,), transport = play_agent([WRITES, say("Done.")], own=own)
    withheld, other, third = played.of("tool_result")
    assert (withheld["output"], withheld["is_error"]) == (told.format(point=point), True)
    assert (other["output"], third["output"]) == (withheld["output"], "wiped")
    assert "written 1" not in str(played.events)
    assert b"written 1" not in transport.requests[-1].body


@pytest.mark.parametrize("decision", ["allow", "ask"])
def test_what_a_permission_hook_changes_is_asked_about_and_run(decision: str) -> None:
    own = context(TOOLS[0], interactive=True, timeout=5)
    own.hooks = hooked("permission_request", {"decision": decision, "updated_input": {"n": 9}}).hooks
    (played,), _ = play_agent([calls(("1", "write", '{"n": 1}')), say("ok")], own=own)
    assert [event["args"] for event in played.of("tool_confirmation")] == ['{"n": 9}'] * (decision == "ask")
    assert outcome(played)["1"] == (
        "written 9" if decision == "allow" else "Not executed. It was not approved within 5 s."
    )
    own.hooks = hooked("permission_request", {"decision": decision, "updated_input": [9]}).hooks
    (played,), _ = play_agent([calls(("1", "write", '{"n": 1}')), say("ok")], own=own)
    assert outcome(played)["1"] == "The arguments must be a JSON object."


def test_a_prompt_can_be_refused_and_added_to() -> None:
    (played,), transport = play_agent(
        [], own=hooked("user_prompt_submit", {"decision": "block", "reason": "not today"})
    )
    assert (played.terminal["kind"], played.terminal["message"]) == ("guardrail", "not today")
    (played,), transport = play_agent(
        [say("ok")], own=hooked("user_prompt_submit", {"additional_context": "It rains."})
    )
    assert b'{"role":"system","content":"It rains."}' in transport.requests[0].body


def test_secrets_are_taken_out_of_what_tools_answer() -> None:
    def leak() -> str:
        return "the key is sk-CANARY-0123456789"

    (played,), transport = play_agent([calls(("1", "leak", "{}")), say("ok")], tool(leak))
    assert "CANARY" not in str(played.events)
    assert b"CANARY" not in transport.requests[-1].body


@pytest.mark.parametrize(
    ("guardrail", "prompt", "end"),
    [
        ("{on: input, pattern: secret, reason: We do not talk about that.}", "a SECRET", "We do not talk about that."),
        ("{on: input, max_length: 3}", "four", "A guardrail of the agent does not let this through."),
        ("{on: output, pattern: oops}", "hi", "A guardrail of the agent does not let this through."),
    ],
)
def test_guardrails_refuse(guardrail: str, prompt: str, end: str) -> None:
    (played,), _ = play_agent([say("oops")], text=agent_file(f"guardrails: [{guardrail}]"), prompts=(prompt,))
    assert (played.terminal["kind"], played.terminal["message"]) == ("guardrail", end)
    assert ("discard" in played.types) == guardrail.startswith("{on: output")


def test_guardrails_hand_over() -> None:
    file = """
agents:
  root:
    model: openai/a
    guardrails: [{on: output, pattern: oops, action: handoff, to: careful}]
    handoffs: [careful]
    fallback: {retries: -1}
  careful: {model: openai/b, fallback: {retries: -1}}
"""
    (played,), _ = play_agent({"a": [say("oops")], "b": [say("fine")]}, text=file)
    assert played.result is not None
    assert played.result["message"]["content"] == "fine"
    assert played.of("handoff") == [{"type": "handoff", "from": "root", "to": "careful"}]


@pytest.mark.parametrize(
    ("safety", "writes", "reads"),
    [
        ("strict", f"Not executed. {UNATTENDED}", f"Not executed. {UNATTENDED}"),
        ("balanced", f"Not executed. {UNATTENDED}", "read"),
        ("restricted", "Not executed. This agent may only use tools that change nothing.", "read"),
        ("autonomous", "written 1", "read"),
    ],
)
def test_how_safe_an_agent_is_to_be(safety: str, writes: str, reads: str) -> None:
    def read() -> str:
        return "read"

    asked = calls(("1", "write", '{"n": 1}'), ("2", "read", "{}"))
    (played,), _ = play_agent([asked, say("ok")], TOOLS[0], tool(read), text=agent_file(f"safety: {safety}"))
    assert outcome(played) == {"1": writes, "2": reads}
