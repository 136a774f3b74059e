"""Refusals, answers that are cut by a limit, and actions that the agent file names."""

from __future__ import annotations

from sparewheel.testing import ToolCall, errors, openai_chat
from tests.support.scripted import Script, folded_text, play


def test_if_all_refuse_the_turn_finishes_with_the_refusal() -> None:
    refusal = openai_chat(refusal="I will not.")
    played, transport = play({"a": [refusal], "b": [refusal]})
    assert transport.asked == ["a", "b"]
    assert played.types == [
        *("start", "block_start", "delta", "block_end", "usage", "discard", "fallback"),
        *("block_start", "delta", "block_end", "usage", "finish"),
    ]
    assert played.terminal["reason"] == "refusal"
    assert folded_text(played.events) == "I will not."


def test_length_is_an_outcome_of_its_own() -> None:
    played, _ = play({"a": [openai_chat(text="Half", finish="length")], "b": []})
    assert played.terminal["reason"] == "length"


def test_keep_is_for_broken_streams_a_refusal_goes_on_as_ever() -> None:
    refusal = openai_chat(refusal="I will not.")
    played, transport = play({"a": [refusal], "b": [refusal]}, fallback="on_partial: keep")
    assert transport.asked == ["a", "b"]
    assert [event["attempt"] for event in played.of("discard")] == [1]
    assert played.terminal["type"] == "finish"
    assert played.terminal["reason"] == "refusal"
    assert folded_text(played.events) == "I will not."


def test_a_call_that_comes_with_a_refusal_is_not_run() -> None:
    calls = [ToolCall("c", "look", "{}")]
    filtered = openai_chat(text="Let me", tool_calls=calls, finish="content_filter")
    played, transport = play({"a": [filtered]})
    assert transport.asked == ["a"]
    assert played.types[-2:] == ["usage", "finish"]
    assert played.result is not None
    assert played.result["message"] == {"role": "assistant", "content": "Let me"}
    assert played.result["finish_reason"] == "content_filter"


def test_the_table_can_be_overridden() -> None:
    script: dict[str, list[Script]] = {"a": [errors.openai_invalid_request("bad")], "b": []}
    played, transport = play(script, fallback="actions: {invalid_request: fail}")
    assert transport.asked == ["a"]
    assert played.terminal["kind"] == "invalid_request"
