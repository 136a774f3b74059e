"""What hooks say becomes one verdict: the strictest word counts, and what fails lets nothing through."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.hooks.engine import Hook, Hooks, Verdict
from sparewheel.hooks.page import page_hooks
from sparewheel.page_line import PageLine
from tests.fakeloop import run


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
    line = PageLine(lambda _: None)
    with pytest.raises(ConfigError, match=r"hooks\.notification is not run here: the events error and warning"):
        page_hooks([{"event": "notification", "index": 0}], line, "s")
    with pytest.raises(ConfigError, match="is no point of a turn"):
        page_hooks([{"event": "whenever", "index": 0}], line, "s")
    assert [hook.point for hook in page_hooks([{"event": "on_user_input", "index": 0}], line, "s")] == ["on_user_input"]
