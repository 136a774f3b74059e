"""What servers of Chat Completions are asked: parameters, reasoning, structured output, and a history as messages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sparewheel.config.resolved import ModelSpec
from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.openai_chat import OpenAIChat
from sparewheel.sse import ServerSentEvent
from sparewheel.testing import Request
from sparewheel.testing.strict import violation
from tests.support.wire import framed

WIRE = OpenAIChat()
Json = dict[str, Any]
OPENAI, OTHER = "https://api.openai.com/v1", "http://localhost:8000/v1"
OPENROUTER, DEEPSEEK = "https://openrouter.ai/api/v1", "https://api.deepseek.com/v1"


def spec(base_url: str = OTHER, options: Json | None = None, **parameters: Any) -> ModelSpec:
    return ModelSpec("p", "m", "openai_chatcompletions", base_url, "k", {}, parameters, options or {})


def asked(model: ModelSpec, messages: list[Message] | None = None, **extra: Any) -> Json:
    """What is sent beside what every request holds."""
    request = WIRE.request(ModelRequest(model, messages or [user("hi")], **extra))
    body: Json = json.loads(request.body)
    assert (body.pop("model"), body.pop("stream")) == ("m", True)
    return body


def answer(*deltas: Json) -> Message:
    """The message that a stream of these deltas makes."""
    assembly = Assembly("p/m")
    decoder = framed(WIRE.decoder(assembly))
    for delta in deltas:
        decoder.feed(ServerSentEvent(json.dumps({"choices": [{"delta": delta}]})))
    decoder.feed(ServerSentEvent("[DONE]"))
    decoder.finish()
    return assembly.message()


def test_usage_is_asked_for_and_an_option_takes_it_out() -> None:
    assert asked(spec())["stream_options"] == {"include_usage": True}
    assert asked(spec(options={"stream_options": None, "seed": 1})).keys() == {"messages", "seed"}


def test_the_limit_of_tokens_has_a_new_name_at_openai_alone() -> None:
    assert asked(spec(OPENAI, max_tokens=9))["max_completion_tokens"] == 9
    assert asked(spec("https://eu.api.openai.com/v1", max_tokens=9))["max_completion_tokens"] == 9
    for other in (OTHER, "https://not-openai.com/v1", "https://api.openai.com.example/v1"):
        assert asked(spec(other, max_tokens=9))["max_tokens"] == 9


def test_parameters() -> None:
    model = spec(top_p=1, frequency_penalty=0, presence_penalty=0.5, parallel_tool_calls=False)
    sent = {"top_p": 1, "frequency_penalty": 0, "presence_penalty": 0.5}
    body = asked(model)
    assert {name: body[name] for name in sent} == sent
    assert "parallel_tool_calls" not in body
    assert asked(model, tools=[ToolSpec("f", "", {})])["parallel_tool_calls"] is False


@pytest.mark.parametrize(
    ("base_url", "budget", "sent"),
    [
        (OTHER, "xhigh", {"reasoning_effort": "xhigh"}),
        (OTHER, 4095, {"reasoning_effort": "low"}),
        (OTHER, 4096, {"reasoning_effort": "medium"}),
        (OTHER, 16_384, {"reasoning_effort": "high"}),
        (OTHER, 0, {}),
        (OTHER, "off", {}),
        (OTHER, -1, {}),
        (OTHER, "adaptive", {}),
        (OPENROUTER, "high", {"reasoning": {"effort": "high"}}),
        (OPENROUTER, 2000, {"reasoning": {"max_tokens": 2000}}),
        (OPENROUTER, -1, {"reasoning": {"enabled": True}}),
        (OPENROUTER, 0, {"reasoning": {"effort": "none"}}),
        (DEEPSEEK, "high", {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        (DEEPSEEK, "adaptive", {"thinking": {"type": "enabled"}}),
        (DEEPSEEK, "none", {"thinking": {"type": "disabled"}}),
    ],
)
def test_thinking(base_url: str, budget: object, sent: Json) -> None:
    body = asked(spec(base_url, thinking_budget=budget))
    assert {name: body[name] for name in body.keys() - {"messages", "stream_options"}} == sent
    assert asked(spec(base_url)).keys() == {"messages", "stream_options"}


@pytest.mark.parametrize(
    ("provider", "base_url", "name", "budget", "sent"),
    [
        ("openai", OPENAI, "o3-mini", "high", "high"),
        ("openai", OPENAI, "o3-mini", 0, None),
        ("openai", OPENAI, "gpt-5", "none", None),
        ("openai", OPENAI, "gpt-5.1", "none", "none"),
        ("openai", OPENAI, "gpt-4o", "none", None),
        ("openai", OPENAI, "gpt-4o", "high", None),
        ("ollama", OTHER, "qwen3", "none", "none"),
        ("groq", "https://api.groq.com/openai/v1", "qwen/qwen3-32b", 0, "none"),
        ("groq", "https://api.groq.com/openai/v1", "openai/gpt-oss-120b", 0, None),
    ],
)
def test_no_effort_is_sent_where_it_would_be_refused(
    provider: str, base_url: str, name: str, budget: object, sent: str | None
) -> None:
    request = WIRE.request(
        ModelRequest(replace(spec(base_url, thinking_budget=budget), provider=provider, model=name), [user("hi")])
    )
    assert json.loads(request.body).get("reasoning_effort") == sent


def test_structured_output() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    shape = asked(spec(), output=OutputSchema("answer", schema, strict=False))["response_format"]
    assert shape == {"type": "json_schema", "json_schema": {"name": "answer", "strict": False, "schema": schema}}


CALL = ToolCall("c1", "look", "{}", origin="p/m")
LOOKED = [
    user("hi"),
    Message("assistant", (Reasoning("hm", "", "p/m"), CALL)),
    Message("tool", (Text("seen"), Image("https://x.test/a.png")), tool_call_id="c1"),
]


def test_images_of_results_are_shown_by_a_user() -> None:
    request = WIRE.request(ModelRequest(spec(), LOOKED))
    assert violation(Request("POST", "/v1/chat/completions", "", request.headers, request.body)) is None
    *_, result, shown = json.loads(request.body)["messages"]
    assert result == {"role": "tool", "content": "seen", "tool_call_id": "c1"}
    assert (shown["role"], shown["content"][1]) == (
        "user",
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
    )
    assert [each["role"] for each in asked(spec(), [*LOOKED, user("and?")])["messages"]] == [
        "user",
        "assistant",
        "tool",
        "user",
        "user",
    ]


def test_reasoning_goes_back_where_it_is_wanted_and_nowhere_else() -> None:
    foreign = Message("assistant", (Reasoning("private", "", "q/n"), Text("ok")))
    *_, mine, _, _, theirs = asked(spec(DEEPSEEK), [*LOOKED, foreign])["messages"]
    assert (mine["reasoning_content"], theirs["reasoning_content"]) == ("hm", "")
    for url in (OTHER, OPENAI, OPENROUTER):
        assert "hm" not in json.dumps(asked(spec(url), LOOKED))


def test_a_message_with_nothing_but_reasoning_is_left_out() -> None:
    assert len(asked(spec(), [user("hi"), Message("assistant", (Reasoning("hm", "", "p/m"),))])["messages"]) == 1


def detail(**fields: object) -> Json:
    return {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0, **fields}


def test_openrouters_reasoning_details_are_put_together_and_go_back() -> None:
    sealed = {"type": "reasoning.encrypted", "data": "AAAA", "id": "c1", "index": 0}
    message = answer(
        {"reasoning": "Let ", "reasoning_details": [detail(text="Let ")]},
        {"reasoning": "me.", "reasoning_details": [detail(text="me.", signature=None), None, 7]},
        {"reasoning_details": [detail(signature="sig")]},
        {"content": "Hi"},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "look", "arguments": "{}"}}]},
        {"reasoning_details": [sealed, {**sealed, "data": "BBBB"}]},
    )
    assert [type(part) for part in message.parts] == [Reasoning, Text, ToolCall, Reasoning]
    assert message.reasoning == "Let me."
    sent = asked(spec(OPENROUTER), [user("hi"), message])["messages"][1]
    assert sent["reasoning_details"] == [detail(text="Let me.", signature="sig"), sealed, {**sealed, "data": "BBBB"}]
    assert "reasoning_details" not in asked(spec(OTHER), [user("hi"), message])["messages"][1]


def test_reasoning_that_only_details_tell_is_told() -> None:
    assert answer({"reasoning_details": [detail(text="a"), detail(summary="b", index=1)]}).reasoning == "ab"


def test_geminis_signature_of_a_call_goes_back_with_it() -> None:
    extra = {"google": {"thought_signature": "c2ln"}}
    function = {"name": "look", "arguments": "{}"}
    message = answer({"tool_calls": [{"index": 0, "id": "c1", "function": function, "extra_content": extra}]})
    assert asked(spec(), [message])["messages"][0]["tool_calls"][0]["extra_content"] == extra
    other = ModelSpec("q", "n", "openai_chatcompletions", OTHER)
    assert b"extra_content" not in WIRE.request(ModelRequest(other, [message])).body
