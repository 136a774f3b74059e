"""A sample of the chaos ring with a fixed seed, and what its rules notice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sparewheel.state.approvals import Approvals
from tests.chaos.episodes import CALLS, Episode, Life, Say, Stop
from tests.chaos.ring import chaos
from tests.chaos.rules import check_said, check_settled
from tests.chaos.world import play

CHANGE = next(number for number, (name, _) in enumerate(CALLS) if name == "change")


def episode(*steps: Any, stop: Stop | None = None, answer: Any = ("value", 0.3)) -> Episode:
    return Episode("openai", "retries: -1", (("a", steps), ("b", ()), ("c", ())), (Life((stop,), (answer,)),))


def test_a_sample() -> None:
    report = chaos(500, 10, play)
    assert not report.problem, f"{report.problem}\n{report.find!r}"
    assert report.seen.keys() >= {"finish", "error", "aborted", "discard", "fallback", "retry", "hedge", "handoff"}
    assert report.seen.keys() >= {"tool_call", "tool_blocked", "tool_confirmation", "abort", "restart", "kill"}


def test_a_call_that_runs_without_approval_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = episode(Say(calls=(CHANGE,)))
    assert play(asks)["tool_confirmation"] == 1
    monkeypatch.setattr(Approvals, "granted", lambda self, tool: True)
    with pytest.raises(AssertionError, match="a call ran without approval"):
        play(asks)


def test_a_broken_rule_ends_the_ring_with_the_smallest_episode() -> None:
    def fails_for_calls(played: Episode) -> Counter[str]:
        assert not any(getattr(step, "calls", ()) for _, steps in played.script for step in steps)
        return Counter(turns=1)

    report = chaos(1_000, 1, fails_for_calls)
    assert report.find is not None
    steps = [step for _, steps in report.find.script for step in steps]
    assert [step for step in steps if step != Say()] == [Say(calls=(0,))]


def call(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "call", "call": number, "what": "tool", "session": "s", "input": {"call_id": "c"}, **more}


@pytest.mark.parametrize(
    "said",
    [
        [{"type": "reply", "id": 1, "result": "sk-CANARY-0123456789"}],
        [{"type": "reply", "id": 1}, {"type": "reply", "id": 1}],
        [{"type": "reply", "id": 1, "error": {"kind": "internal"}}],
        [call(1)],
    ],
    ids=["a key", "two replies", "a defect", "a tool without a turn"],
)
def test_what_is_said_out_of_place_is_noticed(said: list[Any]) -> None:
    with pytest.raises(AssertionError):
        check_said(said)


def test_a_host_call_that_stays_open_is_noticed() -> None:
    check_settled([call(1), {"type": "call_cancel", "call": 1}, call(2)], {2})
    with pytest.raises(AssertionError, match="left open"):
        check_settled([call(1), call(2)], {2})
