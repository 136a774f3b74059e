"""What is asked of the Responses API: parameters, tools, structured output, and a history as items."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sparewheel.config.resolved import ModelSpec
from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, assistant, system, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.openai_responses import OpenAIResponses
from sparewheel.sse import SSEDecoder
from sparewheel.testing import Request, openai_responses
from sparewheel.testing import ToolCall as Call
from sparewheel.testing.strict import violation
from tests.support.wire import framed

URL = "https://api.example.test/v1"
WIRE = OpenAIResponses()
Json = dict[str, Any]


def spec(options: Json | None = None, headers: dict[str, str] | None = None, **parameters: Any) -> ModelSpec:
    return ModelSpec("openai", "m", "openai_responses", URL, "sk-1", headers or {}, parameters, options or {})


def asked(messages: list[Message], model: ModelSpec | None = None, **extra: Any) -> Json:
    """The body of a request that OpenAI would accept."""
    request = WIRE.request(ModelRequest(model or spec(), messages, **extra))
    found = violation(Request("POST", "/v1/responses", "", request.headers, request.body))
    assert found is None, found
    body: Json = json.loads(request.body)
    return body


def test_what_is_asked() -> None:
    request = WIRE.request(
        ModelRequest(spec(temperature=0, headers={"X-Team": "a"}), [system("Be brief."), user("hi")])
    )
    assert (request.method, request.url) == ("POST", f"{URL}/responses")
    assert request.headers == {"content-type": "application/json", "authorization": "Bearer sk-1", "x-team": "a"}
    assert json.loads(request.body) == {
        "model": "m",
        "instructions": "Be brief.",
        "input": [{"type": "message", "role": "user", "content": "hi"}],
        "stream": True,
        "store": False,
        "temperature": 0,
    }


def test_parameters_have_this_apis_names_and_the_others_are_left_out() -> None:
    model = spec(max_tokens=9, top_p=0.5, frequency_penalty=1, presence_penalty=1, parallel_tool_calls=False)
    tool = ToolSpec("look", "Looks", {"type": "object", "properties": {"a": {"type": "string"}}})
    body = asked([user("hi")], model, tools=[tool])
    assert (body["max_output_tokens"], body["top_p"], body["parallel_tool_calls"]) == (9, 0.5, False)
    assert body["tools"] == [
        {"type": "function", "name": "look", "description": "Looks", "parameters": tool.parameters, "strict": False}
    ]
    assert not {"frequency_penalty", "presence_penalty", "max_tokens"} & body.keys()
    assert "parallel_tool_calls" not in asked([user("hi")], model)


@pytest.mark.parametrize(
    ("budget", "reasoning"),
    [
        ("high", {"effort": "high", "summary": "auto"}),
        (1024, {"effort": "low", "summary": "auto"}),
        (8192, {"effort": "medium", "summary": "auto"}),
        (50_000, {"effort": "high", "summary": "auto"}),
        (-1, {"summary": "auto"}),
        ("adaptive", {"summary": "auto"}),
        ("off", None),
        (0, None),
        (None, None),
    ],
)
def test_thinking(budget: object, reasoning: object) -> None:
    body = asked([user("hi")], spec(thinking_budget=budget))
    assert body.get("reasoning") == reasoning
    assert body.get("include") == (["reasoning.encrypted_content"] if reasoning else None)


@pytest.mark.parametrize(
    ("name", "budget", "reasoning", "sealed"),
    [
        ("gpt-5.6", None, None, True),
        ("gpt-5.6", "none", {"effort": "none"}, False),
        ("gpt-5.1", 0, {"effort": "none"}, False),
        ("gpt-5", "none", None, True),
        ("gpt-5-mini", 0, None, True),
        ("gpt-5.2-pro", "none", None, True),
        ("gpt-5.1-codex", "off", None, True),
        ("o3", "none", None, True),
        ("o3", "low", {"effort": "low", "summary": "auto"}, True),
        ("gpt-4.1", "high", None, False),
        ("gpt-5-chat-latest", "high", None, False),
    ],
)
def test_thinking_at_openai_depends_on_the_model(name: str, budget: object, reasoning: object, sealed: bool) -> None:
    home = "https://api.openai.com/v1"
    body = asked([user("hi")], replace(spec(thinking_budget=budget), model=name, base_url=home))
    assert body.get("reasoning") == reasoning
    assert ("include" in body) is sealed


def test_options_go_last_and_none_takes_a_name_out() -> None:
    body = asked([user("hi")], spec({"store": None, "reasoning": {"effort": "low"}, "user": "u"}, thinking_budget=-1))
    assert "store" not in body
    assert (body["reasoning"], body["user"]) == ({"effort": "low"}, "u")
    assert body["include"] == ["reasoning.encrypted_content"]
    assert "include" not in asked([user("hi")], spec({"reasoning": None}, thinking_budget=-1))


def test_structured_output() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    strict = asked([user("hi")], output=OutputSchema("answer", schema, "An answer"))["text"]["format"]
    assert strict == {
        "type": "json_schema",
        "name": "answer",
        "description": "An answer",
        "strict": True,
        "schema": {**schema, "additionalProperties": False},
    }
    free = {"type": "object", "additionalProperties": {"type": "string"}}  # strict mode cannot say this
    shape = asked([user("hi")], output=OutputSchema("answer", free))["text"]["format"]
    assert (shape["strict"], shape["schema"]["additionalProperties"]) == (False, {"type": "string"})


def test_a_history_is_rendered_as_items() -> None:
    sealed = json.dumps({"id": "rs_1", "encrypted_content": "gAAA"})
    call = ToolCall("c1", "look", "", origin="openai/m")
    history = [
        system("One."),
        system("Two."),
        Message("user", (Text("What is it?"), Image("data:image/png;base64,AA=="))),
        Message("assistant", (Reasoning("hm", sealed, "openai/m"), Text("Let me look."), call), model="openai/m"),
        Message("tool", (Text("seen"), Image("https://x.test/a.png")), tool_call_id="c1"),
        system("Go on."),
        assistant("It is a cat."),
    ]
    body = asked(history)
    assert body["instructions"] == "One.\n\nTwo."
    picture = {"type": "input_image", "image_url": "https://x.test/a.png", "detail": "auto"}
    assert body["input"] == [
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "gAAA",
        },
        {"type": "message", "role": "assistant", "content": "Let me look."},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "seen"}, picture]},
        {"type": "message", "role": "system", "content": "Go on."},
        {"type": "message", "role": "assistant", "content": "It is a cat."},
    ]


@pytest.mark.parametrize(
    "parts",
    [
        (Reasoning("hm", json.dumps({"id": "rs", "encrypted_content": "x"}), "google/g"), Text("a")),  # another's
        (Reasoning("hm", "", "openai/m"), Text("a")),
        (Reasoning("hm", "not JSON", "openai/m"), Text("a")),
        (Reasoning("hm", '{"id": "rs", "encrypted_content": null}', "openai/m"), Text("a")),
        (Text("a"), Reasoning("hm", json.dumps({"id": "rs", "encrypted_content": "x"}), "openai/m")),  # of nothing
    ],
)
def test_reasoning_goes_back_only_to_its_model_and_only_encrypted(parts: Any) -> None:
    assert asked([user("hi"), Message("assistant", parts)])["input"][1:] == [
        {"type": "message", "role": "assistant", "content": "a"}
    ]


def test_what_came_out_goes_back_in() -> None:
    body = b"".join(
        openai_responses(reasoning=["hm"], encrypted_reasoning="gAAA", text=["hi"], tool_calls=[Call("c1", "f", "{}")])
    )
    assembly = Assembly("openai/m")
    decoder = framed(WIRE.decoder(assembly))
    for event in SSEDecoder().feed(body):
        decoder.feed(event)
    items = asked([user("hi"), assembly.message()])["input"]
    assert [item["type"] for item in items] == [
        "message",
        "reasoning",
        "message",
        "function_call",
        "function_call_output",
    ]
    assert items[1]["encrypted_content"] == "gAAA"
    assert items[1]["id"] == "rs_0"
