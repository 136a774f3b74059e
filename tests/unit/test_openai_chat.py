"""The wire format: what is asked, and how every shape of answer assembles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.config.resolved import ModelSpec
from sparewheel.errors import ProviderError
from sparewheel.messages import Message, Reasoning, Text, ToolCall, system, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest, ToolSpec
from sparewheel.providers.openai_chat import OpenAIChat
from sparewheel.testing import ToolCall as Call
from sparewheel.testing import Usage, openai_chat, sse
from tests.support.wire import Attempted, assemble_body, attempt_body

SPEC = ModelSpec("openai", "m", "openai_chatcompletions", "https://api.example.test/v1", "sk-1", {}, {"temperature": 0})
REQUEST = ModelRequest(SPEC, [system("Be brief."), user("hi")])


def assemble(body: bytes, size: int | None = None) -> Assembly:
    return assemble_body(OpenAIChat(), "openai/m", body, size)


def attempt(body: bytes) -> Attempted:
    return attempt_body(REQUEST, body)


def test_what_is_asked() -> None:
    tool = ToolSpec("look", "Looks", {"type": "object"})
    request = OpenAIChat().request(ModelRequest(SPEC, REQUEST.messages, [tool]))
    assert (request.method, request.url) == ("POST", "https://api.example.test/v1/chat/completions")
    assert request.headers == {"content-type": "application/json", "authorization": "Bearer sk-1"}
    assert json.loads(request.body) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "look",
                    "description": "Looks",
                    "parameters": {"type": "object", "properties": {}},
                },
            }
        ],
    }


def test_a_history_is_rendered_without_its_reasoning() -> None:
    call = ToolCall("c1", "look", "{}")
    history = [
        Message("assistant", (Reasoning("hm"), Text("Let me look."), call)),
        Message("tool", (Text("seen"),), tool_call_id="c1"),
    ]
    body = json.loads(OpenAIChat().request(ModelRequest(SPEC, history)).body)
    shape = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    assert body["messages"] == [
        {"role": "assistant", "content": "Let me look.", "tool_calls": [shape]},
        {"role": "tool", "content": "seen", "tool_call_id": "c1"},
    ]


def test_a_lone_surrogate_in_a_prompt_cannot_break_the_request() -> None:
    body = OpenAIChat().request(ModelRequest(SPEC, [user("a\ud800b")])).body
    assert json.loads(body)["messages"][0]["content"] == "a?b"


CALLS = [Call("call_1", "look", ['{"a"', ": 1}"]), Call("call_2", "find", ['{"b":', ' "ü🌍"', "}"])]
RECORDED = b"".join(
    openai_chat(
        reasoning=["Let me ", "think."],
        text=["Grü", "ße 🌍"],
        tool_calls=CALLS,
        usage=Usage(9, 8, 7, 6),
        interleave=True,
    )
)
ASSEMBLED = (
    Reasoning("Let me think.", origin="openai/m"),
    Text("Grüße 🌍"),
    ToolCall("call_1", "look", '{"a": 1}', origin="openai/m"),
    ToolCall("call_2", "find", '{"b": "ü🌍"}', origin="openai/m"),
)


def chunk(delta: object, finish: str | None = None) -> bytes:
    return sse({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


DONE = b"data: [DONE]\n\n"


def test_the_events_of_a_small_stream() -> None:
    came = attempt(chunk({"content": "a"}) + chunk({"content": "b"}) + chunk({}, "stop") + DONE)
    assert came.lines == [
        ("text start", 0, ""),
        ("text delta", 0, "a"),
        ("text delta", 0, "b"),
        ("text end", 0, "ab"),
    ]
    assert came.assembly.message().text == "ab"
    assert came.assembly.reason == "stop"


def test_tool_calls_are_told_apart_without_ids_and_without_index() -> None:
    body = chunk({"tool_calls": [{"index": 0, "id": "x", "function": {"name": "f", "arguments": ""}}]})
    body += chunk({"tool_calls": [{"index": 0, "id": None, "function": {"name": None, "arguments": "{}"}}]})
    body += chunk({"tool_calls": [{"id": "y", "function": {"name": "g", "arguments": '{"a"'}}]})
    body += chunk({"tool_calls": [{"function": {"arguments": ": 1}"}}]})
    calls = assemble(body + chunk({}, "tool_calls") + DONE).message().tool_calls
    assert [(call.id, call.name, call.arguments) for call in calls] == [("x", "f", "{}"), ("y", "g", '{"a": 1}')]


def test_a_call_without_an_id_is_given_one() -> None:
    (call,) = (
        assemble(chunk({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{}"}}]}) + DONE)
        .message()
        .tool_calls
    )
    assert call.id.startswith("call_")
    assert len(call.id) <= 64


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "tool_calls"),
        ("eos", "stop"),
    ],
)
def test_reasons(finish: str, reason: str) -> None:
    assert assemble(chunk({"content": "x"}, finish) + DONE).reason == reason


ODD: list[Any] = [
    *(None, 7, "text", [], {}, {"choices": None}, {"choices": {}}, {"choices": [None]}, {"choices": [7]}),
    *({"choices": [{"delta": None}]}, {"choices": [{"delta": 7, "finish_reason": None}]}, {"usage": 7}, {"usage": {}}),
    {"choices": [{"delta": {"content": 7, "tool_calls": 7, "reasoning": {}, "refusal": []}}]},
    {"choices": [{"delta": {"tool_calls": [None, 7, {"index": "x", "id": 7, "function": 7}]}}]},
    {"usage": {"prompt_tokens": "many", "completion_tokens": -1, "prompt_tokens_details": 7}},
    {"object": "an.event.nobody.knows", "error": None},
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: json.dumps(value)[:60])
def test_what_is_odd_is_skipped_and_the_answer_is_right(value: object) -> None:
    body = chunk({"content": "a"}) + sse(value) + b": comment\n\nevent: ping\ndata: {}\n\n" + chunk({"content": "b"})
    assembly = assemble(body + chunk({}, "stop") + DONE)
    assert assembly.message().text == "ab"
    assert assembly.usage.input_tokens is None


def test_an_error_in_the_stream_is_an_error_and_not_text() -> None:
    came = attempt(chunk({"content": "a"}) + sse({"error": {"message": "Overloaded", "type": "overloaded_error"}}))
    assert [row[0] for row in came.lines] == ["text start", "text delta", "text end"]
    error = came.error
    assert isinstance(error, ProviderError)
    assert (error.info.kind, error.provider, error.model) == ("overloaded", "openai", "openai/m")
