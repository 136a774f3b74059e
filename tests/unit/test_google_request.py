"""Gemini: requests, and how the conversation goes into them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, assistant, system, user
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.google import Google
from sparewheel.testing import ToolCall as Call
from sparewheel.testing import gemini
from tests.support.gemini_wire import BASE, REF, SPEC, Json, asked, assemble, contents, said

DUMMY = "skip_thought_signature_validator"


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
