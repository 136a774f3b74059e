"""Anthropic Messages: errors in a stream, and streams that are odd."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.errors import ProviderError
from sparewheel.testing import Usage, anthropic, errors, sse
from tests.support.anthropic_events import REF, assemble, attempt, end, event, piece, start, stop


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("overloaded_error", "overloaded"),
        ("api_error", "server_error"),
        ("rate_limit_error", "rate_limit"),
        ("timeout_error", "server_error"),
    ],
)
def test_an_error_in_the_stream_is_an_error_and_not_text(kind: str, ours: str) -> None:
    begun = b"".join(anthropic(text=["Hel"], finish=None, usage=Usage(input=30, cached=10)))
    came = attempt(begun + b"".join(errors.anthropic_stream_error(kind)))
    assert [row[0] for row in came.lines] == ["text start", "text delta", "text end"]
    error = came.error
    assert isinstance(error, ProviderError)
    assert (error.info.kind, error.provider, error.model) == (ours, "anthropic", REF)
    usage = came.assembly.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (30, 1, 10)


def test_an_error_after_the_reason_keeps_the_count() -> None:
    body = event("message_start", message={"usage": {"input_tokens": 5, "output_tokens": 1}}) + piece("a")
    body += event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
    came = attempt(body + b"".join(errors.anthropic_stream_error()))
    assert came.error is not None
    assert (came.assembly.usage.input_tokens, came.assembly.usage.output_tokens) == (5, 9)


@pytest.mark.parametrize(
    "body",
    [
        sse({"error": {"type": "overloaded_error", "message": "Overloaded"}}),
        sse({"error": {"type": "overloaded_error", "message": "Overloaded"}}, "error"),
        b"event: error\ndata: overloaded_error\n\n",
    ],
)
def test_a_gateways_error_is_one_too(body: bytes) -> None:
    came = attempt(piece("a") + body)
    assert came.kind in ("overloaded", "server_error")


@pytest.mark.parametrize("body", [b"", b": ping\n\n", b"event: ping\ndata: {}\n\n", b"\n\n"])
def test_an_empty_stream_is_truncated(body: bytes) -> None:
    came = attempt(body)
    assert (came.events, came.kind) == ([], "stream_truncated")


def test_nothing_after_the_end_is_read() -> None:
    came = attempt(piece("a") + end() + b"data: [DONE]\n\n" + b"data: {oops\n\n")
    assert (came.error, came.assembly.message().text) == (None, "a")


ODD: list[Any] = [
    *(None, 7, "text", [], {}, {"type": None}, {"type": ["x"]}, {"type": {}}, {"type": "ping"}, {"type": "new_event"}),
    {"type": "new_event", "error": "x", "usage": {"input_tokens": 5}, "delta": {"stop_reason": "refusal"}},
    *({"type": "message_start"}, {"type": "message_start", "message": None}, {"type": "message_start", "message": []}),
    *({"type": "message_delta"}, {"type": "message_delta", "delta": 7, "usage": 7}),
    *({"type": "content_block_delta"}, {"type": "content_block_delta", "index": 0, "delta": None}),
    *({"type": "content_block_delta", "index": [], "delta": {}}, {"type": "content_block_stop", "index": {}}),
    {"type": "content_block_delta", "index": 0, "delta": {"type": {}, "text": "x"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": None}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": [7]}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": 7}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": None}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": {}}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "content_block_start", "index": 9, "content_block": None},
    {"type": "content_block_start", "index": 9, "content_block": {"type": {}}},
    {"type": "content_block_start", "index": 9, "content_block": {"type": "redacted_thinking", "data": 7}},
    {"type": "content_block_start", "index": 9, "content_block": {"type": "thinking", "thinking": 7, "signature": []}},
    {"type": "content_block_start", "index": 9, "content_block": {"type": "text", "text": {}}},
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: json.dumps(value)[:60])
def test_what_is_odd_is_skipped_and_the_answer_is_right(value: object) -> None:
    body = start(0, {"type": "text", "text": ""}) + piece("a") + sse(value) + b": comment\n\nevent: ping\ndata: {}\n\n"
    assembly = assemble(body + piece("b") + stop() + end())
    assert assembly.message().text == "ab"
    assert assembly.message().tool_calls == ()
    assert (assembly.reason, assembly.usage.input_tokens) == ("stop", None)


FIELDS = (
    "type index delta content_block message usage text thinking signature partial_json data id name input error".split()
)
KINDS = [
    *("message_start", "message_delta", "content_block_start", "content_block_delta", "content_block_stop", "text"),
    *(
        "text_delta",
        "thinking_delta",
        "signature_delta",
        "input_json_delta",
        "tool_use",
        "thinking",
        "redacted_thinking",
    ),
]
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 2), st.floats(), st.sampled_from(KINDS), st.text(max_size=3)
)
hostile = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(hostile, max_size=6))
@settings(max_examples=300)
def test_whatever_is_sent_the_attempt_ends_once_and_every_block_is_closed(values: list[object]) -> None:
    body = b"".join(sse(value) for value in values)
    came = attempt(body + start(0, {"type": "text"}) + piece("a") + stop() + end())
    for each in came.assembly.message().tool_calls if came.error is None else ():
        assert isinstance(json.loads(each.arguments), dict)
