"""A model that makes the same calls again and again: how often it may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.agentic import agent_file, call, calls, play_agent, say, tool
from tests.support.lookup import look


def test_the_same_call_over_and_over_ends_the_turn() -> None:
    (played,), _ = play_agent([call("look", '{"word": "x"}')] * 5, tool(look))
    assert played.terminal["kind"] == "loop"
    assert len(played.of("tool_result")) == 4


def test_the_same_calls_side_by_side_over_and_over_end_the_turn() -> None:
    asked = [("look", '{"word": "x"}'), ("look", '{"word": "y"}')]
    replies = [calls(*((f"c{n}{m}", *one) for m, one in enumerate(asked[:: (-1) ** n]))) for n in range(5)]
    (played,), _ = play_agent(replies, tool(look))
    assert played.terminal["kind"] == "loop"
    assert played.terminal["message"] == "The model made the same 2 calls in 5 steps in a row."
    assert len(played.of("tool_result")) == 8


def repeat(steps: str, rounds: int, more: str = "") -> list[Any]:
    """Answers that call `look` with a letter each."""
    return [call("look", json.dumps({"word": letter})) for letter in steps * rounds + more]


@pytest.mark.parametrize("steps", ["xy", "xyz", "xxy", "xyy"])
@pytest.mark.parametrize("limit", [3, 5])
def test_the_same_calls_in_turn_with_the_same_results_end_the_turn(steps: str, limit: int) -> None:
    replies = repeat(steps, limit)
    text = agent_file(f"max_consecutive_tool_calls: {limit}")
    (played,), _ = play_agent([*repeat("ab", 1), *replies], tool(look), text=text)
    assert played.terminal["kind"] == "loop"
    assert played.terminal["message"] == (
        f"The model repeated the calls of {len(steps)} steps {limit - 1} times, with the same results."
    )
    assert len(played.of("tool_result")) == 2 + len(steps) * (limit - 1)


def test_calls_in_turn_whose_results_change_go_on() -> None:
    seen = iter(range(100))

    def watch(word: str) -> str:
        return f"{word} {next(seen) // 7}"

    replies = [call("watch", json.dumps({"word": letter})) for letter in "xy" * 8]
    (played,), _ = play_agent([*replies, say("Done.")], tool(watch))
    assert played.terminal["type"] == "finish"


@pytest.mark.parametrize("replies", [repeat("xy", 4), repeat("xy", 4, "z"), repeat("xyzw", 6), repeat("xy", 3, "yx")])
def test_other_calls_go_on(replies: list[Any]) -> None:
    (played,), _ = play_agent([*replies, say("Done.")], tool(look))
    assert played.terminal["type"] == "finish"


@pytest.mark.parametrize("limit", [1, 2])
def test_a_low_limit_needs_results_that_were_repeated(limit: int) -> None:
    (played,), _ = play_agent(
        [*repeat("xy", 2), say("Done.")], tool(look), text=agent_file(f"max_consecutive_tool_calls: {limit}")
    )
    assert played.terminal["type"] == ("error" if limit == 1 else "finish")
