"""Approvals with arguments that the user has changed: they are checked like the model's, and run instead of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook
from tests.support.agentic import call, calls, context, say, tool
from tests.support.asking import ask
from tests.support.fakeloop import run
from tests.support.scripted import Played, State

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "why": {"type": "string", "default": "-"}},
    "required": ["n"],
    "additionalProperties": False,
}


def taking() -> tuple[list[dict[str, Any]], State]:
    ran: list[dict[str, Any]] = []

    def write(**given: Any) -> str:
        ran.append(given)
        return "written"

    return ran, context(tool(write, read_only=False, parameters=SCHEMA), interactive=True, timeout=5)


def editing(own: State, arguments: Any, decision: str = "approve", replies: Any = None) -> Played:
    """A turn in which the first confirmation is answered with these arguments, the next ones with the model's."""
    left = [arguments]

    def answer(event: dict[str, Any]) -> None:
        changed = left.pop() if left else None
        own.approvals.answer(decision, call_id=event["id"], arguments=changed)

    return ask(own, replies or [call("write", '{"n": 1}'), say("ok")], answer)


@pytest.mark.parametrize("arguments", [{"n": 2}, '{"n": 2, "why": "-"}'])
def test_a_call_runs_with_the_arguments_of_the_user_and_the_model_is_told(arguments: Any) -> None:
    ran, own = taking()
    played = editing(own, arguments)
    assert ran == [{"n": 2, "why": "-"}]
    [result] = played.of("tool_result")
    assert result["output"] == 'The user changed the arguments of this call to {"n": 2, "why": "-"}\n\nwritten'


def test_numbers_in_json_text_stay_as_they_are_written() -> None:
    ran, own = taking()
    editing(own, '{"n": 12345678901234567890}')
    assert ran[0]["n"] == 12345678901234567890


@pytest.mark.parametrize("same", [{"n": 1}, '{"n":1}', '{"n": 1, "why": "-"}'])
def test_the_same_arguments_are_no_change(same: Any) -> None:
    ran, own = taking()
    played = editing(own, same)
    assert ran == [{"n": 1, "why": "-"}]
    assert played.of("tool_result")[0]["output"] == "written"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"n": "x"}, "arguments.n must be integer"),
        ({}, "n"),
        ({"n": 1, "m": 2}, "m"),
        ("{", "not JSON"),
        ("[1]", "must be a JSON object"),
        ('{"n": 1, "n": 2}', "not JSON that can be used"),
        ('{"n": 1e400}', "rounded"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_arguments_that_do_not_fit_decide_nothing(arguments: Any, problem: str) -> None:
    ran, own = taking()
    refused: list[str] = []

    def answer(event: dict[str, Any]) -> str:
        for decision in ("approve", "approve_tool", "approve_all"):
            with pytest.raises(ConfigError) as caught:
                own.approvals.answer(decision, call_id=event["id"], arguments=arguments)
            refused.append(str(caught.value))
        assert own.approvals.to_dict() == {"all": False, "tools": []}
        return "approve"  # it still waits

    ask(own, [call("write", '{"n": 1}'), say("ok")], answer)
    assert ran == [{"n": 1, "why": "-"}]
    assert all(problem in text for text in refused), refused


def test_a_rejected_call_takes_no_arguments() -> None:
    _, own = taking()

    def answer(event: dict[str, Any]) -> bool:
        with pytest.raises(ConfigError, match="takes no arguments"):
            own.approvals.answer("reject", call_id=event["id"], arguments={"n": 2})
        return False

    assert ask(own, [call("write", '{"n": 1}'), say("ok")], answer).of("tool_blocked")


def test_a_permanent_approval_changes_this_call_only() -> None:
    ran, own = taking()
    both = calls(("1", "write", '{"n": 1}'), ("2", "write", '{"n": 7}'))

    def answer(event: dict[str, Any]) -> None:
        if event["id"] == "1":
            own.approvals.answer("approve_tool", call_id="1", arguments={"n": 2})

    ask(own, [both, say("ok")], answer)
    assert sorted(given["n"] for given in ran) == [2, 7]


def hooked(own: State, point: Any, answer: Any) -> list[Any]:
    seen: list[Any] = []

    async def hook(facts: dict[str, Any]) -> Any:
        seen.append(facts["tool_input"]["n"])
        return answer(facts["tool_input"]["n"])

    own.hooks = [Hook(point, hook)]
    return seen


def test_a_hook_before_the_call_decides_about_changed_arguments_too() -> None:
    ran, own = taking()
    seen = hooked(own, "pre_tool_use", lambda n: {"decision": "deny", "reason": "too much"} if n > 10 else None)
    played = editing(own, {"n": 99})
    assert (ran, seen) == ([], [1, 99])
    assert played.of("tool_blocked")[0]["reason"] == "too much"


def test_a_hook_that_changes_them_again_asks_again() -> None:
    ran, own = taking()
    hooked(own, "pre_tool_use", lambda n: {"updated_input": {"n": 3}} if n == 2 else None)
    played = editing(own, {"n": 2})
    assert [event["args"] for event in played.of("tool_confirmation")][1:] == ['{"n": 3, "why": "-"}']
    assert [event.get("forced") for event in played.of("tool_confirmation")] == [None, True]
    assert ran == [{"n": 3, "why": "-"}]


def test_the_decision_hook_gets_the_changed_arguments() -> None:
    _, own = taking()
    seen = hooked(own, "on_tool_approval_decision", lambda n: None)
    editing(own, {"n": 2})
    assert seen == [2]


def test_what_a_permanent_approval_does_not_answer_is_marked() -> None:
    _, own = taking()
    own.permissions = {"ask": ["write"]}
    [event] = editing(own, None).of("tool_confirmation")
    assert event["forced"] is True


def test_calls_that_hold_up_the_others_are_marked() -> None:
    made = replace(tool(lambda: "done", read_only=False), exclusive=True)
    name = made.spec.name
    own = context(made, interactive=True, timeout=5)
    played = ask(own, [calls(("1", name, "{}"), ("2", name, "{}")), say("ok")], lambda _: "approve")
    assert [(event["id"], event["exclusive"]) for event in played.of("tool_confirmation")] == [("1", True), ("2", True)]


def test_a_question_of_another_kind_takes_no_arguments() -> None:
    async def main() -> None:
        approvals = context(interactive=True).approvals
        key = approvals.open("1", "write", "identity")
        with pytest.raises(ConfigError, match="cannot be changed"):
            approvals.answer("approve", call_id=key, arguments={})

    run(main())
