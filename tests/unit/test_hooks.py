"""What hooks say becomes one verdict: the strictest word counts, and what fails lets nothing through."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

import pytest

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook, Hooks, Point, Verdict
from sparewheel.page.calls import HostCalls
from sparewheel.page.hooks import page_hooks
from sparewheel.page.options import HookSpec
from sparewheel.testing import ToolCall, Usage, errors, openai_chat
from tests.support.agentic import agent_file, call, context, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, Script, ScriptedTransport, collect, session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


FAILED = "A pre_tool_use hook failed, which counts as deny"


def verdict(*outputs: Any) -> Verdict:
    def hook(output: Any) -> Hook:
        async def say(_: dict[str, Any]) -> Any:
            return await output() if callable(output) else output

        return Hook("pre_tool_use", say)

    return run(Hooks([hook(output) for output in outputs]).run("pre_tool_use", {}, "tool"))


def specific(**facts: Any) -> dict[str, Any]:
    return {"hook_specific_output": facts}


@pytest.mark.parametrize(
    ("output", "decision", "reason"),
    [
        ({"continue": False, "stop_reason": "stop", **specific(permission_decision="allow")}, "deny", "stop"),
        ({"decision": "block", "reason": "no", **specific(permission_decision="allow")}, "deny", "no"),
        ({"decision": "approve", "reason": "fine", **specific(permission_decision="ask")}, "ask", "fine"),
        ({"decision": "allow", **specific(decision="deny", reason="inner")}, "deny", "inner"),
        (
            {"decision": "allow", "permission_decision": "perhaps"},
            "deny",
            f"{FAILED}: its permission_decision is 'perhaps', which is not one of allow, ask and deny",
        ),
        (specific(permission_decision="deny", permission_decision_reason="why"), "deny", "why"),
        ({"continue": True, "decision": "allow"}, "allow", ""),
        ({"continue": False}, "deny", ""),
        ({}, None, ""),
    ],
)
def test_the_strictest_word_of_one_hook_counts(output: dict[str, Any], decision: str | None, reason: str) -> None:
    said = verdict(output)
    assert (said.decision, said.reason) == (decision, reason)


NESTED: dict[str, Any] = {}
NESTED["hook_specific_output"] = NESTED


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ("allow", "it returned something other than an object"),
        (True, "it returned something other than an object"),
        ([{"decision": "allow"}], "it returned something other than an object"),
        ({"decison": "deny"}, "it returned a field that is not known: 'decison'"),
        ({"hookSpecificOutput": {"permissionDecision": "deny"}}, "it returned a field that is not known"),
        (specific(permissionDecision="deny"), "it returned a field that is not known: 'permissionDecision'"),
        ({1: "deny"}, "it returned a field that is not known: 1"),
        ({"decision": None}, "its decision is None, which is not one of allow, ask and deny"),
        ({"decision": ""}, "its decision is '', which"),
        ({"decision": "Deny"}, "its decision is 'Deny', which"),
        ({"decision": "al\u200blow"}, r"its decision is 'al\u200blow', which"),
        ({"decision": ["allow"]}, "its decision is ['allow'], which"),
        ({"decision": {}}, "its decision is {}, which"),
        ({"decision": True}, "its decision is True, which"),
        ({"continue": "false"}, "its field continue is not true or false"),
        ({"continue": 0}, "its field continue is not true or false"),
        ({"reason": "no"}, "it returned reason without decision"),
        ({"stop_reason": "no"}, "it returned stop_reason without continue"),
        (
            specific(permission_decision_reason="no"),
            "it returned permission_decision_reason without permission_decision",
        ),
        ({"decision": "allow", "reason": 7}, "its reason is not text"),
        ({"additional_context": ["x"]}, "its additional_context is not text"),
        ({"updated_input": None}, "its updated_input cannot be used"),
        ({"updated_tool_response": "x"}, "it returned updated_tool_response, which changes nothing here"),
        ({"hook_specific_output": "deny"}, "it returned something other than an object"),
        (NESTED, "it returned something that is not JSON"),
        ({"additional_context": "x" * (16 * 1024 * 1024)}, "it returned more than 2097152 characters"),
    ],
)
def test_an_answer_that_is_not_understood_denies_and_is_reported(output: Any, problem: str) -> None:
    reported: list[str] = []

    async def answer(_: dict[str, Any]) -> Any:
        return output

    said = run(Hooks([Hook("pre_tool_use", answer, name="x")], reported.append).run("pre_tool_use", {}, "tool"))
    assert said.decision == "deny"
    assert said.reason.startswith(f"{FAILED}: {problem}")
    assert len(said.reason) < 200
    assert reported == [f"The hook x failed at pre_tool_use: {said.reason.removeprefix(f'{FAILED}: ')}."]


@pytest.mark.parametrize(
    ("point", "output", "denies"),
    [
        ("user_prompt_submit", {"decision": "ask"}, True),
        ("before_llm_call", {"updated_messages": []}, True),
        ("before_llm_call", {"decision": "ask"}, True),
        ("post_tool_use", {"updated_input": {}}, True),
        ("tool_response_transform", {"updated_tool_response": {"a": 1}}, True),
        ("on_tool_approval_decision", {"decision": "perhaps"}, True),
        ("permission_request", {"decision": "ask"}, False),
        ("pre_tool_use", {"suppress_output": True, "system_message": None, "reason": ""}, False),
        ("pre_tool_use", {}, False),
        ("pre_tool_use", None, False),
        ("stop", {"decison": "deny"}, True),  # though nothing is decided there
    ],
)
def test_what_is_understood_depends_on_the_point(point: Point, output: Any, denies: bool) -> None:
    async def answer(_: dict[str, Any]) -> Any:
        return output

    reported: list[str] = []
    said = run(Hooks([Hook(point, answer)], reported.append).run(point, {}, "tool"))
    assert said.denied == denies
    assert len(reported) == denies


def test_a_long_reason_is_cut() -> None:
    for output in ({"decision": "deny", "reason": "x" * 1_000_000}, {"continue": False, "stop_reason": "x" * 9_000}):
        assert verdict(output).reason == "x" * 8_000 + "…"
    assert verdict({"decision": "deny", "reason": "x" * 8_000}).reason == "x" * 8_000


def test_a_hook_that_exits_or_talks_too_much_denies() -> None:
    async def leave() -> None:
        raise SystemExit("bye")

    async def talk() -> None:
        raise ValueError("x" * 10**6)

    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    async def fall_mute() -> None:
        raise Mute

    assert verdict(fall_mute).reason == f"{FAILED}: Mute"
    assert verdict(leave).reason == f"{FAILED}: SystemExit: bye"
    assert len(verdict(talk).reason) < 600


def test_a_hook_whose_own_work_was_cancelled_has_failed() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    said = verdict(cancelled, {"decision": "allow"})
    assert said.decision == "deny"
    assert "was cancelled" in said.reason


def test_points_that_never_come_are_refused() -> None:
    calls = HostCalls(lambda _: None)
    with pytest.raises(ConfigError, match=r"hooks\.notification is not run here: the events error and warning"):
        page_hooks([HookSpec(event="notification", index=0)], calls, "s")
    with pytest.raises(ConfigError, match='"whenever" is not a point of a turn'):
        page_hooks([HookSpec(event="whenever", index=0)], calls, "s")
    [hook] = page_hooks([HookSpec(event="on_user_input", index=0)], calls, "s")
    assert hook.point == "on_user_input"


def meet_every_point(hook: Callable[[dict[str, Any]], Awaitable[None]], *points: Point) -> list[Played]:
    """Turns that meet them all, and the close of their session."""
    file = """
agents:
  root: {model: small, sub_agents: [cook], handoffs: [poet], max_iterations: 4, fallback: {retries: -1}}
  cook: {model: other/c, fallback: {retries: -1}}
  poet: {model: other/b, fallback: {retries: -1}}
models: {small: {provider: other, model: a, context_limit: 50}}
providers: {other: {base_url: "https://other.example.test"}}
"""

    async def ask(context: Any) -> str:
        await context.ask_user("Sure?", {"type": "object"})
        return "asked"

    async def change() -> str:
        return "changed"

    own = context(tool(ask), tool(change, read_only=False), interactive=True, timeout=5)
    own.hooks += [Hook(point, hook, name="of a test") for point in points]
    full = openai_chat(tool_calls=[ToolCall("1", "ask", "{}"), ToolCall("2", "change", "{}")], usage=Usage(45, 5))
    script: dict[str, list[Script]] = {
        "a": [
            openai_chat(text="x" * 200),
            full,
            call("transfer_task", '{"agent": "cook", "task": "soup"}', "3"),
            call("handoff", '{"agent": "poet"}', "4"),
        ],
        "b": [say("A rhyme."), errors.openai_server_error()],
        "c": [say("Soup.")],
    }
    transport = ScriptedTransport(script)

    async def main() -> list[Played]:
        conversation = session(transport, [], text=file, context=own)
        turns = [await collect(conversation) for _ in range(3)]
        await conversation.close()
        return turns

    turns = run(main())
    limited = context(tool(ask))
    limited.hooks += own.hooks
    return [*turns, *play_agent([call("ask")], text=agent_file("max_iterations: 1"), own=limited)[0]]


def test_every_point_that_is_accepted_is_run() -> None:
    seen: list[str] = []

    async def note(facts: dict[str, Any]) -> None:
        seen.append(facts["hook_event_name"])

    meet_every_point(note, *get_args(Point))
    assert set(seen) == set(get_args(Point))


@pytest.mark.parametrize("point", sorted({*get_args(Point)} - {"session_end"}))
def test_a_hook_that_fails_is_named_and_its_payload_is_not(point: Point) -> None:
    async def fail(facts: dict[str, Any]) -> None:
        raise KeyError(facts)

    told = [event["message"] for played in meet_every_point(fail, point) for event in played.of("warning")]
    assert set(told) == {f"The hook of a test failed at {point}: KeyError."}


def test_a_hook_that_fails_after_the_last_turn_is_not_told_in_the_next() -> None:
    async def main() -> None:
        own = context()
        conversation = session(ScriptedTransport({"a": [say("x"), say("y")]}), [], text=agent_file(), context=own)

        async def fail(_: dict[str, Any]) -> None:
            raise ValueError

        own.hooks.append(Hook("session_end", fail))
        await collect(conversation)
        await conversation.close()
        assert (await collect(conversation)).of("warning") == []

    run(main())
