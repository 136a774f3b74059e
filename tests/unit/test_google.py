"""Gemini: how every shape of its stream assembles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.errors import ProviderError
from sparewheel.messages import Reasoning, Text, ToolCall, user
from sparewheel.providers.base import ModelRequest
from sparewheel.testing import ToolCall as Call
from sparewheel.testing import Usage, gemini, sse
from sparewheel.testing.errors import gemini_prompt_blocked, gemini_safety_stop, gemini_stream_error
from tests.support.gemini_wire import REF, SPEC, Json, assemble, contents, said, text
from tests.support.wire import Attempted, attempt_body


def attempt(body: bytes) -> Attempted:
    return attempt_body(ModelRequest(SPEC, [user("hi")]), body)


def chunk(*parts: object, finish: str | None = None, **more: object) -> bytes:
    candidate: Json = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return sse({"candidates": [candidate], **more}, newline="\r\n")


CALLS = [Call("fc1", "look", '{"a": 1}'), Call("fc2", "find", '{"b": "ü🌍"}')]
RECORDED = b": keep-alive\n\n".join(
    gemini(
        reasoning=["Let me ", "think."],
        text=["Grü", "ße 🌍"],
        tool_calls=CALLS,
        usage=Usage(9, 8, 7, 6),
        thought_signature="sig",
    )
)
ASSEMBLED = (
    Reasoning("Let me think.", origin=REF),
    Text("Grüße 🌍"),
    ToolCall("fc1", "look", '{"a": 1}', "sig", REF),
    ToolCall("fc2", "find", '{"b": "ü🌍"}', "", REF),
)


def test_the_events_of_a_small_stream() -> None:
    call = {"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}}
    came = attempt(chunk(text("a")) + chunk(text("b"), call) + chunk(finish="STOP"))
    assert came.lines == [
        ("text start", 0, ""),
        ("text delta", 0, "a"),
        ("text delta", 0, "b"),
        ("text end", 0, "ab"),
        ("tool_call start", 1, "", "c", "f"),
        ("tool_call delta", 1, '{"a": 1}', "c", "f"),
        ("tool_call end", 1, '{"a": 1}', "c", "f"),
    ]
    assert came.assembly.reason == "tool_calls"


def test_a_call_without_arguments_or_id() -> None:
    body = chunk({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f", "args": None}}, finish="STOP")
    came = attempt(body)
    first, second = came.assembly.message().tool_calls
    assert (first.name, first.arguments, second.arguments) == ("f", "{}", "{}")
    assert len({first.id, second.id} - {""}) == 2


@pytest.mark.parametrize("args", [[1], "text", 7, True])
def test_arguments_that_are_no_object_are_never_handed_on(args: object) -> None:
    error = attempt(chunk({"functionCall": {"name": "f", "args": args}}, finish="STOP")).error
    assert error is not None
    assert error.info.kind == "server_error"


@pytest.mark.parametrize("more", [{"partialArgs": [{"jsonPath": "$.a"}]}, {"willContinue": True}])
def test_arguments_in_pieces_are_refused(more: Json) -> None:
    error = attempt(chunk({"functionCall": {"name": "f", **more}}) + chunk(finish="STOP")).error
    assert error is not None
    assert error.info.kind == "unsupported"


def test_signatures_stay_with_their_parts() -> None:
    body = chunk({"text": "hm", "thought": True}) + chunk({"text": "", "thought": True, "thoughtSignature": "s1"})
    body += chunk({"text": "a", "thoughtSignature": "s2"}) + chunk(text("b"))
    body += chunk({"text": "", "thoughtSignature": "s3"}, finish="STOP")
    assembly = assemble(body)
    assert assembly.message().parts == (
        Reasoning("hm", "s1", REF),
        Text("a"),
        Reasoning("", "s2", REF),
        Text("b"),
        Reasoning("", "s3", REF),
    )
    assert contents(user("hi"), assembly.message(), user("more"))[1] == said(
        "model",
        {"text": "hm", "thought": True, "thoughtSignature": "s1"},
        {"text": "a"},
        {"text": "", "thoughtSignature": "s2"},
        {"text": "b"},
        {"text": "", "thoughtSignature": "s3"},
    )


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        *((word, "content_filter") for word in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")),
        *((word, "content_filter") for word in ("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT")),
    ],
)
def test_reasons(finish: str, reason: str) -> None:
    assert assemble(chunk(text("x"), finish=finish)).reason == reason


def test_a_call_cut_short_by_the_limit_is_a_matter_of_length() -> None:
    assert assemble(chunk({"functionCall": {"name": "f", "args": {}}}, finish="MAX_TOKENS")).reason == "length"


@pytest.mark.parametrize(
    ("finish", "kind", "retryable"),
    [
        ("MALFORMED_FUNCTION_CALL", "server_error", True),
        ("UNEXPECTED_TOOL_CALL", "server_error", True),
        ("MISSING_THOUGHT_SIGNATURE", "invalid_request", False),
        ("LANGUAGE", "unsupported", False),
        ("OTHER", "server_error", True),
        ("A_NEW_ONE", "server_error", True),
    ],
)
def test_a_finish_that_is_a_failure(finish: str, kind: str, retryable: bool) -> None:
    came = attempt(chunk(text("a")) + chunk(finish=finish, usageMetadata={"promptTokenCount": 3}))
    assert [row[0] for row in came.lines] == ["text start", "text delta", "text end"]
    error = came.error
    assert error is not None
    assert (error.info.kind, error.info.retryable) == (kind, retryable)
    assert came.assembly.usage.input_tokens == 3


def test_a_blocked_prompt() -> None:
    assembly = assemble(gemini_prompt_blocked().body)
    assert (assembly.reason, assembly.message().parts, assembly.usage.input_tokens) == ("content_filter", (), 10)


def test_a_blocked_answer() -> None:
    assembly = assemble(gemini_safety_stop("half").body)
    assert (assembly.reason, assembly.message().text) == ("content_filter", "half")


def test_an_error_in_the_stream_is_an_error_and_not_text() -> None:
    came = attempt(chunk(text("a")) + b"".join(gemini_stream_error()))
    assert [row[0] for row in came.lines] == ["text start", "text delta", "text end"]
    error = came.error
    assert isinstance(error, ProviderError)
    assert (error.info.kind, error.info.status, error.provider, error.model) == ("overloaded", 503, "google", REF)


def test_an_error_in_a_list() -> None:
    body = sse([{"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}}])
    error = attempt(body).error
    assert error is not None
    assert error.info.kind == "rate_limit"


def test_half_a_character_is_not_the_end() -> None:
    body = b'data: {"candidates":[{"content":{"parts":[{"text":"a\\ud83d"}]},"finishReason":"STOP"}]}\n\n'
    assert assemble(body).message().text == "a\ufffd"


@pytest.mark.parametrize("body", [b"", b": comment\n\n", b"data: {}\n\n", b"data:\n\n"])
def test_an_empty_stream_is_truncated(body: bytes) -> None:
    error = attempt(body).error
    assert error is not None
    assert error.info.kind in ("stream_truncated", "server_error")
    assert error.info.retryable


def test_usage_is_the_last_word_of_every_count() -> None:
    body = chunk(text("a"), usageMetadata={"promptTokenCount": 5, "totalTokenCount": 5})
    body += chunk(text("b"), usageMetadata={"promptTokenCount": 5, "candidatesTokenCount": 1, "thoughtsTokenCount": 4})
    body += chunk(finish="STOP", usageMetadata={"promptTokenCount": 6, "candidatesTokenCount": 2})
    usage = assemble(body).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (6, 6, None, 4)
    only = assemble(chunk(finish="STOP", usageMetadata={"promptTokenCount": 6})).usage
    assert (only.input_tokens, only.output_tokens) == (6, None)


ODD: list[Any] = [
    *(None, 7, "text", [], [[]], {}, {"candidates": None}, {"candidates": {}}, {"candidates": [None]}),
    *({"candidates": [{}]}, {"candidates": [{"content": None}]}, {"candidates": [{"content": {"parts": {}}}]}),
    *({"usageMetadata": 7}, {"usageMetadata": {}}, {"usageMetadata": [1]}, {"promptFeedback": {}}),
    *({"promptFeedback": {"blockReason": None}}, {"promptFeedback": 7}, {"error": None}, {"event": "unknown"}),
    {"candidates": [{"content": {"parts": [None, 7, "x", [], {}, {"text": 7}, {"text": None, "thought": "yes"}]}}]},
    {"candidates": [{"content": {"parts": [{"functionCall": None}, {"functionCall": "f"}, {"inlineData": {}}]}}]},
    {"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": 7}, {"executableCode": {}}]}}]},
    *({"candidates": [{"finishReason": word}]} for word in (None, "", "FINISH_REASON_UNSPECIFIED")),
    *({"candidates": [{"finishReason": 0}]}, {"candidates": [{"finishReason": [], "index": None}]}),
    {"candidates": [{"index": 1, "content": {"parts": [{"text": "other"}]}, "finishReason": "STOP"}]},
    {"usageMetadata": {"promptTokenCount": "many", "candidatesTokenCount": -1, "thoughtsTokenCount": True}},
]


@pytest.mark.parametrize("value", ODD, ids=[json.dumps(value)[:60] for value in ODD])
def test_what_is_odd_is_skipped_and_the_answer_is_right(value: Any) -> None:
    body = chunk(text("a")) + sse(value) + b": comment\n\nevent: ping\ndata: {}\n\n" + chunk(text("b"))
    assembly = assemble(body + chunk(finish="STOP"))
    assert assembly.message().text == "ab"
    assert assembly.message().parts == (Text("ab"),)
    assert assembly.usage.input_tokens is None


NAMES = st.sampled_from(
    "candidates content parts text thought thoughtSignature functionCall name args id finishReason index "
    "promptFeedback blockReason usageMetadata promptTokenCount error code message status".split()
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("STOP"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
CHUNKS = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "content": ANYTHING | st.fixed_dictionaries({"parts": st.lists(ANYTHING, max_size=3)}),
                    "finishReason": ANYTHING,
                },
            ),
            max_size=2,
        ),
        "usageMetadata": ANYTHING,
    },
)


@settings(max_examples=300)
@given(chunks=st.lists(CHUNKS | ANYTHING, max_size=4))
def test_whatever_comes_there_is_one_answer_or_one_error(chunks: list[Any]) -> None:
    came = attempt(b"".join(sse(each) for each in chunks))
    if came.error is None:
        for call in came.assembly.message().tool_calls:
            assert call.name
            assert isinstance(json.loads(call.arguments), dict)
