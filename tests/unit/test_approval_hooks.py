"""Hooks and guardrails that allow, change or deny."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.hooks.engine import Hook
from sparewheel.state.approvals import UNATTENDED
from tests.support.agentic import agent_file, calls, context, play_agent, say, tool
from tests.support.approving import TOOLS, WRITES, outcome
from tests.support.scripted import State

FAILED = "A pre_tool_use hook failed, which counts as deny"


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
