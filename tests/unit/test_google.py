"""Gemini: what is asked, as the API checks it, and how every shape of its stream assembles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.config.resolved import ModelSpec
from sparewheel.errors import ProviderError
from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, assistant, system, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.google import Google
from sparewheel.testing import Request, Usage, gemini, sse
from sparewheel.testing import ToolCall as Call
from sparewheel.testing.errors import gemini_prompt_blocked, gemini_safety_stop, gemini_stream_error
from sparewheel.testing.strict import violation
from tests.support.wire import Attempted, assemble_body, attempt_body

Json = dict[str, Any]

BASE = "https://generativelanguage.googleapis.com/v1beta"
SPEC = ModelSpec("google", "gemini-3-flash", "google", BASE, "AIza-1")
REF = SPEC.ref
DUMMY = "skip_thought_signature_validator"


def asked(
    messages: Sequence[Message] = (user("hi"),),
    *,
    spec: ModelSpec = SPEC,
    tools: Sequence[ToolSpec] = (),
    output: OutputSchema | None = None,
) -> Json:
    """The body of a request, after the API's own checks."""
    request = Google().request(ModelRequest(spec, messages, tools, output))
    url = urlsplit(request.url)
    found = violation(Request("POST", url.path, url.query, request.headers, request.body))
    assert found is None, found
    body: Json = json.loads(request.body)
    return body


def contents(*messages: Message) -> list[Json]:
    found: list[Json] = asked(messages)["contents"]
    return found


def said(role: str, *parts: Json) -> Json:
    return {"role": role, "parts": list(parts)}


# The request


def test_what_is_asked() -> None:
    tool = ToolSpec("look", "Looks", {"type": "object", "properties": {"a": {"type": "string"}}, "$schema": "x"})
    spec = replace(SPEC, headers={"X-Mine": "1"}, parameters={"temperature": 0, "max_tokens": 9})
    request = Google().request(ModelRequest(spec, [system("Be brief."), user("hi"), system("Now.")], [tool]))
    assert (request.method, request.url) == ("POST", f"{BASE}/models/gemini-3-flash:streamGenerateContent?alt=sse")
    assert request.headers == {"content-type": "application/json", "x-goog-api-key": "AIza-1", "x-mine": "1"}
    assert json.loads(request.body) == {
        "contents": [said("user", {"text": "hi"})],
        "systemInstruction": {"parts": [{"text": "Be brief.\n\nNow."}]},
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "look",
                        "description": "Looks",
                        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
                    }
                ]
            }
        ],
        "generationConfig": {"temperature": 0, "maxOutputTokens": 9},
    }


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-x", "models/gemini-x"),
        ("tunedModels/t1", "tunedModels/t1"),
        ("a b?key=1#2", "models/a%20b%3Fkey%3D1%232"),
    ],
)
def test_the_model_in_the_address(model: str, path: str) -> None:
    request = Google().request(ModelRequest(replace(SPEC, model=model, key=None), [user("hi")]))
    assert request.url == f"{BASE}/{path}:streamGenerateContent?alt=sse"
    assert "x-goog-api-key" not in request.headers


def test_neutral_parameters_have_their_names_and_others_are_left_out() -> None:
    neutral = {
        "top_p": 0.5,
        "presence_penalty": 1,
        "frequency_penalty": 2,
        "parallel_tool_calls": False,
        "temperature": None,
    }
    assert asked(spec=replace(SPEC, parameters=neutral)) == {
        "contents": [said("user", {"text": "hi"})],
        "generationConfig": {"topP": 0.5, "presencePenalty": 1, "frequencyPenalty": 2},
    }


def test_options_go_into_the_body() -> None:
    options: Json = {
        "generationConfig": {"seed": 7, "temperature": 1, "thinkingConfig": {"includeThoughts": False}},
        "tools": [{"googleSearch": {}}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "systemInstruction": None,
    }
    spec = replace(SPEC, parameters={"temperature": 0, "top_p": 1, "thinking_budget": "low"}, options=options)
    before = json.dumps(options)
    body = asked([system("s"), user("hi")], spec=spec, tools=[ToolSpec("f", "", {})])
    assert body["generationConfig"] == {
        "temperature": 1,
        "topP": 1,
        "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": False},
        "seed": 7,
    }
    assert body["tools"] == [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}
    assert "systemInstruction" not in body
    assert json.dumps(options) == before


@pytest.mark.parametrize(
    ("model", "wish", "config"),
    [
        ("gemini-2.5-flash", 2000, {"thinkingBudget": 2000, "includeThoughts": True}),
        ("gemini-2.5-flash", 99_999, {"thinkingBudget": 24_576, "includeThoughts": True}),
        ("gemini-2.5-flash", -1, {"thinkingBudget": -1, "includeThoughts": True}),
        ("gemini-2.5-flash", "adaptive", {"thinkingBudget": -1, "includeThoughts": True}),
        ("gemini-2.5-flash", 0, {"thinkingBudget": 0}),
        ("gemini-2.5-flash", "off", {"thinkingBudget": 0}),
        ("gemini-2.5-flash", "medium", {"thinkingBudget": 8192, "includeThoughts": True}),
        ("gemini-2.5-flash-lite", 100, {"thinkingBudget": 512, "includeThoughts": True}),
        ("gemini-2.5-flash-lite", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128, "includeThoughts": True}),
        ("gemini-2.5-pro", "max", {"thinkingBudget": 32_768, "includeThoughts": True}),
        ("gemini-3-flash", "minimal", {"thinkingLevel": "minimal", "includeThoughts": True}),
        ("gemini-3-flash", 0, {"thinkingLevel": "minimal", "includeThoughts": True}),
        ("gemini-3.8-flash", "none", {"thinkingLevel": "low", "includeThoughts": True}),
        ("gemini-3.1-pro", "minimal", {"thinkingLevel": "low", "includeThoughts": True}),
        ("gemini-3.1-pro", "xhigh", {"thinkingLevel": "high", "includeThoughts": True}),
        ("gemini-3.1-pro", 8000, {"thinkingLevel": "medium", "includeThoughts": True}),
        ("gemini-3.1-pro", 30_000, {"thinkingLevel": "high", "includeThoughts": True}),
        ("gemini-3.1-pro", -1, {"includeThoughts": True}),
        ("gemini-flash-latest", "medium", {"thinkingLevel": "medium", "includeThoughts": True}),
        ("gemini-2.0-flash", "high", None),
        ("gemini-1.5-pro", 0, None),
        ("gemini-3.1-pro", None, None),
    ],
)
def test_thinking(model: str, wish: object, config: Json | None) -> None:
    body = asked(spec=replace(SPEC, model=model, parameters={"thinking_budget": wish}))
    assert body.get("generationConfig", {}).get("thinkingConfig") == config


def test_structured_output() -> None:
    schema = {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": {"enum": [1, 2]}}}
    assert asked(output=OutputSchema("shape", schema))["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object", "properties": {"n": {"type": "integer", "enum": [1, 2]}}},
    }


# The conversation


def step(*calls: ToolCall, model: str = REF) -> Message:
    return Message("assistant", calls, model=model)


def result(call_id: str, text: str) -> Message:
    return Message("tool", (Text(text),), tool_call_id=call_id)


def test_its_own_step_goes_back_as_it_came() -> None:
    message = Message(
        "assistant",
        (
            Reasoning("hm", "sig-t", REF),
            Text("Let me look."),
            Reasoning("", "sig-x", REF),
            Reasoning("unsigned", "", REF),
            ToolCall("fc1", "look", '{"a": 1}', "sig-c", REF),
            ToolCall("fc2", "find", "", "", REF),
        ),
        model=REF,
    )
    assert contents(user("hi"), message, result("fc2", "two"), result("fc1", '{"b": 2}'), user("go on")) == [
        said("user", {"text": "hi"}),
        said(
            "model",
            {"text": "hm", "thought": True, "thoughtSignature": "sig-t"},
            {"text": "Let me look."},
            {"text": "", "thoughtSignature": "sig-x"},
            {"functionCall": {"id": "fc1", "name": "look", "args": {"a": 1}}, "thoughtSignature": "sig-c"},
            {"functionCall": {"id": "fc2", "name": "find", "args": {}}},
        ),
        said(
            "user",
            {"functionResponse": {"id": "fc1", "name": "look", "response": {"b": 2}}},
            {"functionResponse": {"id": "fc2", "name": "find", "response": {"result": "two"}}},
        ),
        said("user", {"text": "go on"}),
    ]


def test_a_foreign_step_loses_its_thoughts_and_ids_and_gets_the_documented_signature() -> None:
    other = "openai/gpt"
    message = Message(
        "assistant",
        (
            Reasoning("hm", "foreign", other),
            ToolCall("call_a", "look", "{}", "foreign", other),
            ToolCall("call_b", "look", "{}", "foreign", other),
        ),
        model=other,
    )
    assert contents(user("hi"), message, result("call_b", "B"), result("call_a", "A"))[1:] == [
        said(
            "model",
            {"functionCall": {"name": "look", "args": {}}, "thoughtSignature": DUMMY},
            {"functionCall": {"name": "look", "args": {}}},
        ),
        said(
            "user",
            {"functionResponse": {"name": "look", "response": {"result": "A"}}},
            {"functionResponse": {"name": "look", "response": {"result": "B"}}},
        ),
    ]


def test_an_id_that_we_made_up_is_not_sent() -> None:
    assembly = assemble(b"".join(gemini(tool_calls=[Call("x", "look")], call_ids=False, thought_signature="sig")))
    (call,) = assembly.message().tool_calls
    assert call.id.startswith("call_")
    assert contents(user("hi"), assembly.message())[1:] == [
        said("model", {"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "sig"}),
        said(
            "user",
            {
                "functionResponse": {
                    "name": "look",
                    "response": {"result": "Not executed: the turn was interrupted before this call was run."},
                }
            },
        ),
    ]


@pytest.mark.parametrize("text", ["[1]", "7", "null", '{"a": NaN}', "{", "", "plain"])
def test_a_result_that_is_no_object_is_wrapped(text: str) -> None:
    found = contents(user("hi"), step(ToolCall("c", "f", "{}", "s", REF)), result("c", text))
    assert found[-1]["parts"][0]["functionResponse"]["response"] == {"result": text}


@pytest.mark.parametrize("text", ["[1]", "oops", '{"a": Infinity}'])
def test_arguments_of_a_history_that_are_no_object_are_kept_as_text(text: str) -> None:
    found = contents(user("hi"), step(ToolCall("c", "f", text, "s", REF)), result("c", "r"))
    assert found[1]["parts"][0]["functionCall"]["args"] == {"arguments": text}


def test_turns_alternate_and_the_user_is_first() -> None:
    call = step(ToolCall("c", "f", "{}", "s", REF))
    assert [
        (turn["role"], len(turn["parts"]))
        for turn in contents(assistant("a"), call, result("c", "r"), user("b"), user(""), user("c"), assistant("d"))
    ] == [("user", 1), ("model", 2), ("user", 1), ("user", 2), ("model", 1)]


def test_images() -> None:
    message = Message(
        "user",
        (
            Text("Look:"),
            Image("data:image/webp;base64,AAAA"),
            Image("data:image/svg+xml,%3Csvg/%3E"),
            Image("https://x.test/a.PNG?b.c#d"),
            Image("https://x.test/a"),
        ),
    )
    assert contents(message) == [
        said(
            "user",
            {"text": "Look:"},
            {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}},
            {"inlineData": {"mimeType": "image/svg+xml", "data": "PHN2Zy8+"}},
            {"fileData": {"mimeType": "image/png", "fileUri": "https://x.test/a.PNG?b.c#d"}},
            {"fileData": {"fileUri": "https://x.test/a"}},
        )
    ]


def test_images_that_tools_return_follow_all_results() -> None:
    calls = step(ToolCall("a", "f", "{}", "s", REF), ToolCall("b", "f", "{}", "", REF))
    first = Message("tool", (Text("one"), Image("data:image/png;base64,AAAA")), tool_call_id="a")
    assert [
        list(part) for turn in contents(user("hi"), calls, first, result("b", "two"))[2:] for part in turn["parts"]
    ] == [
        ["functionResponse"],
        ["functionResponse"],
        ["inlineData"],
    ]


def test_a_lone_surrogate_in_a_prompt_cannot_break_the_request() -> None:
    body = Google().request(ModelRequest(SPEC, [user("a\ud800b")])).body
    assert json.loads(body)["contents"][0]["parts"][0]["text"] == "a?b"


# The stream


def assemble(body: bytes, size: int | None = None) -> Assembly:
    return assemble_body(Google(), REF, body, size)


def attempt(body: bytes) -> Attempted:
    return attempt_body(ModelRequest(SPEC, [user("hi")]), body)


def chunk(*parts: object, finish: str | None = None, **more: object) -> bytes:
    candidate: Json = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return sse({"candidates": [candidate], **more}, newline="\r\n")


def text(piece: str) -> Json:
    return {"text": piece}


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
