"""What hooks say becomes one verdict: the strictest word counts, and what fails lets nothing through."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

import pytest

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook, Hooks, Point, Verdict
from sparewheel.page.calls import HostCalls
from sparewheel.page.commands import HookSpec
from sparewheel.page.hooks import page_hooks
from sparewheel.testing import ToolCall, Usage, errors, openai_chat
from tests.support.agentic import agent_file, call, context, play_agent, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, Script, ScriptedTransport, collect, session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


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
        ({"decision": "allow", "permission_decision": "perhaps"}, "deny", ""),
        (specific(permission_decision="deny", permission_decision_reason="why"), "deny", "why"),
        ({"continue": True, "decision": "allow"}, "allow", ""),
        ({"continue": False}, "deny", ""),
        ({}, None, ""),
    ],
)
def test_the_strictest_word_of_one_hook_counts(output: dict[str, Any], decision: str | None, reason: str) -> None:
    said = verdict(output)
    assert (said.decision, said.reason) == (decision, reason)


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
