"""Strict mode: what each vendor refuses, in the vendor's words; and that good requests pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.testing import Request
from sparewheel.testing.strict import violation

Json = dict[str, Any]

BEARER = {"authorization": "Bearer sk-test"}
CLAUDE = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"}
GOOGLE = {"x-goog-api-key": "test"}
LONG = "x" * 65


def refused(path: str, body: object, headers: dict[str, str], query: str = "") -> tuple[int, Any] | None:
    """Status and body of the refusal; None when the request is fine."""
    found = violation(Request("POST", path, query, headers, json.dumps(body).encode()))
    return (found.reply.status, json.loads(found.reply.body)) if found else None


def user(text: str = "hi") -> Json:
    return {"role": "user", "content": text}


# OpenAI Chat Completions


def chat(**changes: Any) -> tuple[int, Any] | None:
    return refused("/v1/chat/completions", {"model": "gpt-x", "messages": [user()], **changes}, BEARER)


def chat_call(id: str = "call_1", name: str = "add", arguments: object = "{}") -> Json:
    call = {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def chat_result(id: str = "call_1") -> Json:
    return {"role": "tool", "tool_call_id": id, "content": "3"}


def test_chat_accepts_what_the_api_accepts() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        user(),
        chat_call(),
        chat_result(),
        chat_call("call_2"),
        chat_result("call_2"),
        {"role": "assistant", "content": "3"},
        user(),
        user(),
    ]
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    assert chat(messages=messages, tools=[tool], stream=True, stream_options={"include_usage": True}) is None


@pytest.mark.parametrize(
    ("changes", "words", "param"),
    [
        ({"top_k": 1}, "Unrecognized request argument supplied: top_k", None),
        ({"messages": []}, "Missing required parameter: 'messages'", "messages"),
        ({"model": None}, "you must provide a model parameter", None),
        ({"stream_options": {}}, "only allowed when 'stream' is enabled", "stream_options"),
        ({"messages": [user(), chat_call()]}, "did not have response messages: call_1", "messages.[2].role"),
        ({"messages": [user(), chat_call(), user()]}, "must be followed by tool messages", "messages.[2].role"),
        ({"messages": [user(), chat_result()]}, "must be a response to a preceeding message", "messages.[1].role"),
        (
            {"messages": [user(), chat_call(), chat_result(), chat_result()]},
            "must be a response to a preceeding message",
            "messages.[3].role",
        ),
        ({"messages": [user(), chat_call(LONG)]}, "maximum length 64, but got a string with length 65", None),
        ({"messages": [user(), chat_call(name="a b")]}, "does not match pattern", None),
        ({"messages": [user(), chat_call(arguments={})]}, "expected a string", None),
        ({"messages": [{"role": "model", "content": "x"}]}, "Invalid value: 'model'", "messages[0].role"),
        ({"messages": [user(), {"role": "assistant", "content": None}]}, "got null", "messages.[1].content"),
        ({"tools": [{"type": "function", "function": {"name": "a.b"}}]}, "does not match", "tools[0].function.name"),
    ],
)
def test_chat_refuses(changes: Json, words: str, param: str | None) -> None:
    answer = chat(**changes)
    assert answer is not None
    status, body = answer
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert words in body["error"]["message"]
    assert param is None or body["error"]["param"] == param


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize("headers", [{}, {"authorization": "sk-test"}, {"authorization": "Bearer "}])
def test_openai_wants_a_bearer_key(path: str, headers: dict[str, str]) -> None:
    answer = refused(path, {}, headers)
    assert answer is not None
    assert answer[0] == 401


# OpenAI Responses


def responses(**changes: Any) -> tuple[int, Any] | None:
    return refused("/v1/responses", {"model": "gpt-x", "input": "hi", **changes}, BEARER)


CALL_ITEM = {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": "{}"}
OUTPUT_ITEM = {"type": "function_call_output", "call_id": "call_1", "output": "3"}


def test_responses_accepts_what_the_api_accepts() -> None:
    assert responses() is None
    assert responses(input=[user(), CALL_ITEM, OUTPUT_ITEM], tools=[{"type": "web_search"}]) is None
    assert responses(input=[OUTPUT_ITEM], previous_response_id="resp_1") is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, "Unknown parameter: 'messages'."),
        ({"input": []}, "Missing required parameter: 'input'."),
        ({"input": [user(), CALL_ITEM]}, "No tool output found for function call call_1."),
        ({"input": [user(), OUTPUT_ITEM]}, "No tool call found for function call output with call_id call_1."),
        ({"input": [{**CALL_ITEM, "call_id": LONG}]}, "Invalid 'input[0].call_id': string too long."),
        ({"tools": [{"type": "function", "name": ""}]}, "Invalid 'tools[0].name'"),
    ],
)
def test_responses_refuses(changes: Json, words: str) -> None:
    answer = responses(**changes)
    assert answer is not None
    assert (answer[0], words in answer[1]["error"]["message"]) == (400, True)


# Anthropic


def claude(headers: dict[str, str] | None = None, **changes: Any) -> tuple[int, Any] | None:
    body = {"model": "claude-x", "max_tokens": 10, "messages": [user()], **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    return refused("/v1/messages", body, CLAUDE if headers is None else headers)


def blocks(role: str, *content: Json) -> Json:
    return {"role": role, "content": list(content)}


def use(id: str = "toolu_1", **changes: Any) -> Json:
    return {"type": "tool_use", "id": id, "name": "add", "input": {}, **changes}


def result(id: str = "toolu_1") -> Json:
    return {"type": "tool_result", "tool_use_id": id, "content": "3"}


def test_anthropic_accepts_what_the_api_accepts() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    messages = [
        user(),
        blocks("assistant", thinking, use(), use("toolu_2")),
        blocks("user", result("toolu_2"), result(), {"type": "text", "text": "go on"}),
        blocks("assistant", {"type": "text", "text": "3"}),
        user(),
    ]
    assert claude(messages=messages, system="Be brief.", stream=True, thinking={"type": "disabled"}) is None
    page = {**CLAUDE, "origin": "http://page.example", "anthropic-dangerous-direct-browser-access": "true"}
    assert claude(page) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_tokens": ...}, "max_tokens: Field required"),
        ({"messages": ...}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"stream_options": {}}, "stream_options: Extra inputs are not permitted"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 'first message must use the "user" role'),
        ({"messages": [user(), user()]}, 'but found multiple "user" roles in a row'),
        ({"messages": [{"role": "system", "content": "x"}]}, 'messages.0: Unexpected role "system"'),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be"),
        ({"messages": [user("")]}, "messages.0: all messages must have non-empty content"),
        ({"messages": [blocks("user", {"type": "text", "text": ""})]}, "text content blocks must be non-empty"),
        (
            {"messages": [user(), blocks("assistant", use(), use("toolu_2")), blocks("user", result())]},
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_2.",
        ),
        ({"messages": [user(), blocks("assistant", use())]}, "immediately after: toolu_1."),
        (
            {"messages": [blocks("user", result())]},
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1.",
        ),
        ({"messages": [user(), blocks("assistant", use("call.1"))]}, "tool_use.id: String should match pattern"),
        ({"messages": [user(), blocks("assistant", use(input="{}"))]}, "tool_use.input: Input should be a valid dict"),
        (
            {"messages": [user(), blocks("assistant", {"type": "thinking", "thinking": "hm"})]},
            "messages.1.content.0.thinking.signature: Field required",
        ),
    ],
)
def test_anthropic_refuses(changes: Json, words: str) -> None:
    answer = claude(**changes)
    assert answer is not None
    status, body = answer
    assert (status, body["type"], body["error"]["type"]) == (400, "error", "invalid_request_error")
    assert words in body["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"anthropic-version": "2023-06-01"}, 401, "x-api-key header is required"),
        ({"x-api-key": "sk-test"}, 400, "anthropic-version: header is required"),
        ({**CLAUDE, "origin": "http://page.example"}, 401, "anthropic-dangerous-direct-browser-access"),
    ],
)
def test_anthropic_wants_its_headers(headers: dict[str, str], status: int, words: str) -> None:
    answer = claude(headers)
    assert answer is not None
    assert (answer[0], words in answer[1]["error"]["message"]) == (status, True)


# Google Gemini


def google(query: str = "alt=sse", headers: dict[str, str] = GOOGLE, **changes: Any) -> tuple[int, Any] | None:
    body = {"contents": [turn("user", {"text": "hi"})], **changes}
    return refused("/v1beta/models/gemini-x:streamGenerateContent", body, headers, query)


def turn(role: str, *parts: Json) -> Json:
    return {"role": role, "parts": list(parts)}


ASK = turn("user", {"text": "hi"})
FUNCTION_CALL = {"functionCall": {"name": "add", "args": {}}}
FUNCTION_RESPONSE = {"functionResponse": {"name": "add", "response": {"result": 3}}}


def declared(parameters: Json, field: str = "parameters") -> Json:
    return {"tools": [{"functionDeclarations": [{"name": "add", field: parameters}]}]}


def test_gemini_accepts_what_the_api_accepts() -> None:
    contents = [
        ASK,
        turn("model", FUNCTION_CALL, FUNCTION_CALL),
        turn("user", FUNCTION_RESPONSE, FUNCTION_RESPONSE),
        turn("model", {"text": "3"}),
        ASK,
    ]
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}}}
    assert google(contents=contents, systemInstruction={"parts": [{"text": "x"}]}, **declared(schema)) is None
    assert google(**declared({"additionalProperties": False}, "parametersJsonSchema")) is None
    assert google("key=test&alt=sse", {}) is None


NESTED = {"properties": {"a": {"items": {"anyOf": [{"$ref": "#"}]}}}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, 'Unknown name "messages": Cannot find field.'),
        ({"contents": []}, "contents is not specified"),
        ({"contents": [turn("assistant", {"text": "x"})]}, "Please use a valid role: user, model."),
        ({"contents": [turn("user")]}, "contents.parts must not be empty"),
        ({"contents": [ASK, turn("model", FUNCTION_CALL)]}, "number of function response parts is equal"),
        ({"contents": [ASK, turn("model", FUNCTION_CALL), ASK]}, "number of function response parts is equal"),
        ({"contents": [turn("user", FUNCTION_RESPONSE)]}, "number of function response parts is equal"),
        (
            {"contents": [ASK, turn("model", {"text": "x"}), turn("model", FUNCTION_CALL)]},
            "function call turn comes immediately after a user turn",
        ),
        (
            declared({"additionalProperties": False}),
            "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters'",
        ),
        (declared(NESTED), "parameters.properties[0].value.items.any_of[0]': Cannot find field."),
    ],
)
def test_gemini_refuses(changes: Json, words: str) -> None:
    answer = google(**changes)
    assert answer is not None
    status, body = answer
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert words in body["error"]["message"]


def test_gemini_wants_a_key_and_sse() -> None:
    keyless, plain = google(headers={}), google(query="")
    assert keyless is not None
    assert keyless[0] == 403
    assert plain is not None
    assert "alt=sse" in plain[1]["error"]["message"]


@pytest.mark.parametrize(
    ("path", "headers", "query"),
    [
        ("/v1/chat/completions", BEARER, ""),
        ("/v1/responses", BEARER, ""),
        ("/v1/messages", CLAUDE, ""),
        ("/v1beta/models/gemini-x:streamGenerateContent", GOOGLE, "alt=sse"),
    ],
)
@pytest.mark.parametrize("body", [None, [], "text", {}, {"model": "m", "messages": "x", "contents": 1, "input": None}])
def test_nonsense_is_refused_without_a_crash(path: str, headers: dict[str, str], query: str, body: object) -> None:
    answer = refused(path, body, headers, query)
    assert answer is not None
    assert answer[0] == 400
