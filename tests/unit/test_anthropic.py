"""Anthropic Messages: how every shape of answer assembles."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sparewheel.messages import Message, Reasoning, Text, ToolCall, user
from sparewheel.providers.anthropic import Anthropic
from sparewheel.providers.base import ModelRequest
from sparewheel.testing import ToolCall as Call
from sparewheel.testing import Usage, anthropic
from tests.support.anthropic_events import REF, SPEC, assemble, attempt, delta, end, event, piece, start, stop


def begin_call(index: object, call_id: str, **fields: Any) -> bytes:
    return start(index, {"type": "tool_use", "id": call_id, "name": "look", "input": {}} | fields)


def written(index: object, value: object) -> bytes:
    return delta(index, "input_json_delta", partial_json=value)


RECORDED = b"".join(
    anthropic(
        reasoning=["Let me ", "think."],
        signature="c2ln",
        redacted=["aGlkZGVu"],
        text=["Grü", "ße 🌍"],
        tool_calls=[Call("toolu_1", "look", ['{"a"', ": 1}"]), Call("toolu_2", "find", ['{"b":', ' "ü🌍"', "}"])],
        usage=Usage(input=9, output=8, cached=7),
    )
)
ASSEMBLED = (
    Reasoning("Let me think.", "c2ln", REF),
    Reasoning("", "aGlkZGVu", REF, redacted=True),
    Text("Grüße 🌍"),
    ToolCall("toolu_1", "look", '{"a": 1}', origin=REF),
    ToolCall("toolu_2", "find", '{"b": "ü🌍"}', origin=REF),
)


def test_what_the_model_thought_goes_back_as_it_came() -> None:
    message = assemble(RECORDED).message()
    results = [Message("tool", (Text("seen"),), tool_call_id=f"toolu_{n}") for n in (1, 2)]
    spec = replace(SPEC, parameters={"thinking_budget": 2000})
    body = json.loads(Anthropic().request(ModelRequest(spec, [user("a"), message, *results])).body)
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "aGlkZGVu"},
        {"type": "text", "text": "Grüße 🌍"},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}},
        {"type": "tool_use", "id": "toolu_2", "name": "find", "input": {"b": "ü🌍"}},
    ]
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}


def test_the_events_of_a_small_stream() -> None:
    body = start(0, {"type": "thinking", "thinking": "", "signature": ""}) + delta(0, "thinking_delta", thinking="hm")
    body += delta(0, "signature_delta", signature="s") + stop(0)
    body += start(1, {"type": "text", "text": ""}) + piece("a", 1) + piece("b", 1) + stop(1)
    body += begin_call(2, "c1") + written(2, "") + written(2, '{"a"') + written(2, ":1}") + stop(2)
    came = attempt(body + end("tool_use"))
    assert came.lines == [
        ("reasoning start", 0, ""),
        ("reasoning delta", 0, "hm"),
        ("reasoning end", 0, "hm"),
        ("text start", 1, ""),
        ("text delta", 1, "a"),
        ("text delta", 1, "b"),
        ("text end", 1, "ab"),
        ("tool_call start", 2, "", "c1", "look"),
        ("tool_call delta", 2, '{"a"', "c1", "look"),
        ("tool_call delta", 2, ":1}", "c1", "look"),
        ("tool_call end", 2, '{"a":1}', "c1", "look"),
    ]
    assert came.assembly.reason == "tool_calls"


def test_each_block_is_its_own() -> None:
    body = start(0, {"type": "text", "text": ""}) + piece("a") + stop() + start(1, {"type": "text"}) + piece("b", 1)
    body += start(2, {"type": "thinking"}) + delta(2, "signature_delta", signature="s")
    body += delta(2, "signature_delta", signature="t") + stop(2)
    body += start(3, {"type": "thinking"}) + delta(3, "signature_delta", signature="u") + stop(3)
    parts = assemble(body + end()).message().parts
    assert parts == (Text("a"), Text("b"), Reasoning("", "st", REF), Reasoning("", "u", REF))


def test_interleaved_calls_are_told_apart_by_index() -> None:
    body = begin_call(0, "c1") + begin_call(1, "c2") + written(0, '{"a"') + written(1, '{"b"')
    body += written(0, ":1}") + stop(0) + written(1, ":2}") + stop(1)
    calls = assemble(body + end("tool_use")).message().tool_calls
    assert [(each.id, each.arguments) for each in calls] == [("c1", '{"a":1}'), ("c2", '{"b":2}')]


@pytest.mark.parametrize("index", [0, None, "x"])
def test_servers_that_number_every_block_alike_are_read_in_order(index: object) -> None:
    body = start(index, {"type": "text"}) + piece("hm", index) + stop(index)
    for call_id in ("c1", "c2"):
        body += begin_call(index, call_id) + written(index, f'{{"of":"{call_id}"}}') + stop(index)
    message = assemble(body + end("tool_use")).message()
    assert message.text == "hm"
    assert [(each.id, each.arguments) for each in message.tool_calls] == [("c1", '{"of":"c1"}'), ("c2", '{"of":"c2"}')]


def test_what_some_servers_send_whole_at_the_start_of_a_block() -> None:
    body = start(0, {"type": "thinking", "thinking": "hm", "signature": "s"}) + stop(0)
    body += start(1, {"type": "text", "text": "Hi"}) + piece("!", 1) + stop(1)
    body += begin_call(2, "c1", input={"a": "ü"}) + stop(2)
    body += begin_call(3, "c2", input={"a": 1}) + written(3, '{"b":2}') + stop(3)
    body += begin_call(4, "c3", input={"c": 3})  # and no word that it is over
    message = assemble(body + end("tool_use")).message()
    assert message.parts[:2] == (Reasoning("hm", "s", REF), Text("Hi!"))
    assert [each.arguments for each in message.tool_calls] == ['{"a": "ü"}', '{"b":2}', '{"c": 3}']


def test_a_call_without_arguments_streams_none() -> None:
    came = attempt(begin_call(0, "c1") + written(0, "") + stop() + end("tool_use"))
    assert came.lines == [("tool_call start", 0, "", "c1", "look"), ("tool_call end", 0, "", "c1", "look")]
    assert came.assembly.message().tool_calls == (ToolCall("c1", "look", "{}", origin=REF),)


@pytest.mark.parametrize(
    "body",
    [
        written(0, '{"a":1}'),  # the start got lost
        begin_call(0, "c1") + written(0, '{"a"') + stop() + written(0, ":1}"),
        begin_call(0, "c1") + written(0, '{"a"') + stop(),
        begin_call(0, "c1", name=None) + written(0, "{}") + stop(),
    ],
)
def test_a_call_with_a_hole_in_it_fails_the_attempt(body: bytes) -> None:
    came = attempt(body + end("tool_use"))
    assert came.kind == "server_error"
    assert not came.assembly.message().tool_calls


def test_blocks_of_the_servers_own_tools_and_of_unknown_kinds_are_skipped() -> None:
    body = start(0, {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}})
    body += written(0, '{"query":"x"}') + stop(0)
    body += start(1, {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "x"}]}) + stop(1)
    body += start(2, {"type": "riddle"}) + piece("not text", 2) + delta(2, "riddle_delta", riddle="?") + stop(2)
    body += start(3, {"type": "text", "text": ""}) + delta(3, "citations_delta", citation={"cited_text": "x"})
    body += piece("Found.", 3) + stop(3)
    assembly = assemble(body + end())
    assert assembly.message().parts == (Text("Found."),)
    assert assembly.reason == "stop"


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "refusal"),
        ("pause_turn", "length"),
        ("compaction", "length"),
        ("never heard of", None),
        (None, None),
        (7, None),
        (["end_turn"], None),
    ],
)
def test_reasons(reason: object, ours: str | None) -> None:
    assert assemble(piece("x") + end(reason)).reason == ours
    assert attempt(piece("x") + end(reason)).assembly.reason == ours


def test_a_refusal_keeps_what_was_said_before() -> None:
    came = attempt(b"".join(anthropic(text=["I ", "will"], finish="refusal")))
    assert (came.kind, came.assembly.reason, came.assembly.message().text) == ("refusal", "refusal", "I will")


def counted(*usages: object) -> tuple[int | None, ...]:
    body = event("message_start", message={"usage": usages[0]})
    body += b"".join(event("message_delta", delta={}, usage=usage) for usage in usages[1:])
    usage = assemble(body + event("message_stop")).usage
    return usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        (({"input_tokens": 5, "output_tokens": 1}, {"output_tokens": 9}), (5, 9, None, None)),
        (
            (
                {"input_tokens": 5, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 100},
                {"output_tokens": 9},
            ),
            (115, 9, 100, None),
        ),
        (({"input_tokens": 5, "cache_read_input_tokens": 0},), (5, None, 0, None)),
        # A gateway that counts at the end, and one that forgets.
        (({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 7, "output_tokens": 9}), (7, 9, None, None)),
        (({"input_tokens": 7}, {"input_tokens": 0, "output_tokens": 9}), (7, 9, None, None)),
        (({"input_tokens": 7}, {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}), (7, 9, None, 4)),
        ((None, None), (None,) * 4),
        ((7, [1]), (None,) * 4),
        (({"input_tokens": "5", "output_tokens": -1, "cache_read_input_tokens": True},), (None,) * 4),
        (({"output_tokens_details": 7}, {"output_tokens_details": {"thinking_tokens": "4"}}), (None,) * 4),
    ],
)
def test_usage(usages: tuple[object, ...], expected: tuple[int | None, ...]) -> None:
    assert counted(*usages) == expected
