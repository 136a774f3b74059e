"""Anthropic Messages: what is asked of every generation of models, and how every shape of answer assembles."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.config.resolved import ModelSpec
from sparewheel.errors import ProviderError
from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, assistant, system, user
from sparewheel.providers.anthropic import Anthropic
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.attempt import run_attempt
from sparewheel.providers.base import ModelRequest, OutputSchema, ProviderEvent, ToolSpec
from sparewheel.sse import SSEDecoder
from sparewheel.testing import Request, Usage, anthropic, errors, sse
from sparewheel.testing import ToolCall as Call
from sparewheel.testing.strict import violation
from sparewheel.transports.mock import MockResponse, MockTransport
from tests.fakeloop import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]

BASE = "https://api.example.test/v1"
SPEC = ModelSpec("anthropic", "claude-sonnet-4-5", "anthropic", BASE, "sk-1")
REF = SPEC.ref
MARK = {"type": "ephemeral"}
LOOK = ToolSpec("look", "Looks", {"type": "object", "properties": {"a": {"type": "integer"}}})


def ask(
    *messages: Message,
    model: str = SPEC.model,
    tools: Sequence[ToolSpec] = (),
    output: OutputSchema | None = None,
    **p: Any,
) -> Json:
    """The body of a request with the parameters `p`; what is sent must be what a strict server takes."""
    options = p.pop("options", {})
    spec = replace(SPEC, model=model, parameters=p, options=options)
    sent = Anthropic().request(ModelRequest(spec, messages, tools, output))
    arrived = Request("POST", "/v1/messages", "", {**sent.headers, "origin": "https://page.test"}, sent.body)
    assert violation(arrived) is None, violation(arrived)
    body: Json = json.loads(sent.body)
    assert sent.body.count(b'"cache_control":{') <= 4
    return body


def said(*messages: Message, **p: Any) -> list[tuple[str, list[Json]]]:
    """The conversation as sent, without cache breakpoints."""
    return [(turn["role"], bare(turn["content"])) for turn in ask(*messages, **p)["messages"]]


def bare(blocks: Iterable[Json]) -> list[Json]:
    return [{name: value for name, value in block.items() if name != "cache_control"} for block in blocks]


def text(value: str) -> Json:
    return {"type": "text", "text": value}


CONTINUE = ("user", [text("Continue.")])


def call(call_id: str = "c1", arguments: str = "{}") -> ToolCall:
    return ToolCall(call_id, "look", arguments)


def result(call_id: str = "c1", value: str = "seen") -> Message:
    return Message("tool", (Text(value),), tool_call_id=call_id)


def used(call_id: str = "c1", value: object = None) -> Json:
    return {"type": "tool_use", "id": call_id, "name": "look", "input": value or {}}


def seen(call_id: str = "c1", value: str = "seen") -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": [text(value)]}


# The request


def test_what_is_asked() -> None:
    spec = replace(SPEC, parameters={"temperature": 0, "max_tokens": 100}, options={"top_k": 5}, headers={"X-Own": "1"})
    request = Anthropic().request(ModelRequest(spec, [system("Be brief."), user("hi")], [LOOK]))
    assert (request.method, request.url) == ("POST", f"{BASE}/messages")
    assert request.headers == {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "anthropic-dangerous-direct-browser-access": "true",
        "x-api-key": "sk-1",
        "x-own": "1",
    }
    assert json.loads(request.body) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "stream": True,
        "system": [{**text("Be brief."), "cache_control": MARK}],
        "tools": [
            {"name": "look", "description": "Looks", "input_schema": dict(LOOK.parameters), "cache_control": MARK},
        ],
        "messages": [{"role": "user", "content": [{**text("hi"), "cache_control": MARK}]}],
        "temperature": 0,
        "top_k": 5,
    }


def test_headers_of_the_agent_file_win_and_without_a_key_none_is_sent() -> None:
    spec = replace(SPEC, key=None, headers={"Anthropic-Version": "2030-01-01"})
    headers = Anthropic().request(ModelRequest(spec, [user("hi")])).headers
    assert headers["anthropic-version"] == "2030-01-01"
    assert not {"x-api-key", "authorization", "Anthropic-Version"} & headers.keys()


def test_system_messages_from_anywhere_become_one_instruction() -> None:
    body = ask(system("A"), user("hi"), system("  "), assistant("ho"), system("B"), user("hm"))
    assert bare(body["system"]) == [text("A\n\nB")]
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert "system" not in ask(system(" \n"), user("hi"))


def test_results_come_first_in_what_the_user_says_next_and_roles_take_turns() -> None:
    asked = Message("assistant", (Text("Let me look."), call("c1", '{"a": 1}'), call("c2")))
    assert said(user("a"), user("b"), asked, result("c2", "two"), result("c1", "one"), user("and?")) == [
        ("user", [text("a"), text("b")]),
        ("assistant", [text("Let me look."), used("c1", {"a": 1}), used("c2")]),
        ("user", [seen("c1", "one"), seen("c2", "two"), text("and?")]),
    ]


@pytest.mark.parametrize("history", [(), (system("A"),), (user(" "),), (user(""), assistant("\n"))])
def test_where_nobody_said_anything_the_user_says_a_word(history: tuple[Message, ...]) -> None:
    assert said(*history) == [CONTINUE]


def test_the_user_speaks_first_and_last() -> None:
    assert said(assistant("Hello!"), user("hi"), assistant("And so")) == [
        CONTINUE,
        ("assistant", [text("Hello!")]),
        ("user", [text("hi")]),
        ("assistant", [text("And so")]),
        CONTINUE,
    ]


def test_text_of_nothing_but_space_is_left_out_and_neighbours_close_up() -> None:
    blank = Message("assistant", (Text(" \n"), call()))
    assert said(user("a"), assistant("  "), user("b"), blank, result(value=" ")) == [
        ("user", [text("a"), text("b")]),
        ("assistant", [used()]),
        ("user", [{"type": "tool_result", "tool_use_id": "c1"}]),
    ]


def test_thoughts_of_its_own_go_back_signed_and_no_others() -> None:
    parts = (
        Reasoning("hm", "sig1", REF),
        Reasoning("", "sig2", REF),  # what it thought was not shown
        Reasoning("", "hidden", REF, redacted=True),
        Reasoning("cut off before its signature", "", REF),
        Reasoning("of another", "sig3", "google/g"),
        Text("So."),
    )
    assert said(user("a"), Message("assistant", parts, model=REF), user("b"))[1] == (
        "assistant",
        [
            {"type": "thinking", "thinking": "hm", "signature": "sig1"},
            {"type": "thinking", "thinking": "", "signature": "sig2"},
            {"type": "redacted_thinking", "data": "hidden"},
            text("So."),
        ],
    )


@pytest.mark.parametrize("arguments", ["[1]", '{"a": ', "null", '{"a": NaN}', "7"])
def test_arguments_in_a_history_that_are_no_object_are_shown_as_they_were(arguments: str) -> None:
    turns = said(user("a"), Message("assistant", (call("c1", arguments),)), result())
    assert turns[1][1] == [used("c1", {"arguments": arguments})]


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://x.test/a.png", {"type": "url", "url": "https://x.test/a.png"}),
        ("data:image/png;base64,QUI=", {"type": "base64", "media_type": "image/png", "data": "QUI="}),
        ("DATA:Image/JPEG;q=1;BASE64,QUI=", {"type": "base64", "media_type": "image/jpeg", "data": "QUI="}),
        ("data:image/gif,A%42", {"type": "base64", "media_type": "image/gif", "data": "QUI="}),
        ("data:image/gif", {"type": "url", "url": "data:image/gif"}),
    ],
)
def test_images(url: str, source: Json) -> None:
    seen_by = Message("user", (Text("See"), Image(url)))
    assert said(seen_by) == [("user", [text("See"), {"type": "image", "source": source}])]


def test_a_tool_may_show_an_image_and_an_assistant_may_not() -> None:
    image = Image("https://x.test/a.png")
    shown = Message("tool", (Text("this"), image), tool_call_id="c1")
    turns = said(user("a"), Message("assistant", (image, call())), shown)
    source = {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}
    assert turns[1:] == [
        ("assistant", [used()]),
        ("user", [{"type": "tool_result", "tool_use_id": "c1", "content": [text("this"), source]}]),
    ]


def test_a_lone_surrogate_cannot_break_the_request() -> None:
    assert said(user("a\ud800b")) == [("user", [text("a?b")])]


def test_calls_one_at_a_time_and_only_where_there_are_tools() -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    assert ask(user("hi"), tools=[LOOK], parallel_tool_calls=False)["tool_choice"] == choice
    assert "tool_choice" not in ask(user("hi"), tools=[LOOK], parallel_tool_calls=True)
    assert "tool_choice" not in ask(parallel_tool_calls=False)


def marked(body: Json) -> list[str]:
    turns = [(f"{i}.{j}", b) for i, turn in enumerate(body["messages"]) for j, b in enumerate(turn["content"])]
    tools = [(f"tool {i}", tool) for i, tool in enumerate(body.get("tools", ()))]
    instruction = [("system", block) for block in body.get("system", ())]
    return [place for place, block in (*tools, *instruction, *turns) if "cache_control" in block]


def test_the_cache_ends_on_what_is_fixed_and_on_the_last_two_things_the_user_said() -> None:
    loop = [user("a"), Message("assistant", (call(),)), result(), Message("assistant", (call("c2"),)), result("c2")]
    first, last = ask(system("S"), *loop[:3], tools=[LOOK, LOOK]), ask(system("S"), *loop, tools=[LOOK, LOOK])
    assert marked(first) == ["tool 1", "system", "0.0", "2.0"]
    assert marked(last) == ["tool 1", "system", "2.0", "4.0"]
    assert marked(ask(user("a"))) == ["0.0"]


def test_breakpoints_are_left_to_the_api_where_it_is_asked_to_set_them() -> None:
    body = ask(system("S"), user("a"), options={"cache_control": MARK})
    assert marked(body) == []
    assert body["cache_control"] == MARK


def test_a_structured_output() -> None:
    schema = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 3},
            "minimum": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["n", "minimum"],
    }
    body = ask(user("hi"), output=OutputSchema("answer", schema), model="claude-opus-4-7", thinking_budget="low")
    assert body["output_config"] == {
        "effort": "low",
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"n": {"type": "integer"}, "minimum": {"type": "array", "items": {"type": "string"}}},
                "required": ["n", "minimum"],
                "additionalProperties": False,
            },
        },
    }


def test_a_structured_output_has_no_bounds_in_what_may_be_one_of_several() -> None:
    options = {"anyOf": [{"type": "string", "pattern": "^a"}, {"type": "number", "maximum": 3}]}
    body = ask(
        user("hi"), output=OutputSchema("o", {"type": "object", "properties": {"x": options}, "required": ["x"]})
    )
    written = body["output_config"]["format"]["schema"]["properties"]["x"]
    assert written == {"anyOf": [{"type": "string"}, {"type": "number"}]}


def test_a_schema_that_cannot_be_said_is_one_clear_error() -> None:
    with pytest.raises(ProviderError) as raised:
        ask(user("hi"), tools=[ToolSpec("odd", "", {"type": "object", "properties": {"a b": {}}})])
    assert raised.value.info.kind == "unsupported"
    assert raised.value.info.message.startswith('The tool "odd" cannot be put in this API\'s words: ')


# Parameters


def budget(tokens: int) -> Json:
    return {"type": "enabled", "budget_tokens": tokens}


ADAPTIVE = {"type": "adaptive"}
SHOWN = {"type": "adaptive", "display": "summarized"}
OFF = {"type": "disabled"}


@pytest.mark.parametrize(
    ("model", "wish", "thinking", "effort"),
    [
        # By tokens.
        ("claude-sonnet-4-5-20250929", 5000, budget(5000), None),
        ("claude-3-7-sonnet-20250219", 10, budget(1024), None),
        ("claude-opus-4-20250514", "minimal", budget(1024), None),
        ("claude-opus-4-1-20250805", "max", budget(23_000), None),
        ("claude-haiku-4-5", "medium", budget(8192), None),
        ("claude-haiku-4-5", -1, budget(16_384), None),
        ("claude-haiku-4-5", "adaptive", budget(16_384), None),
        ("claude-haiku-4-5", "off", None, None),
        # By either.
        ("claude-opus-4-6", 5000, budget(5000), None),
        ("anthropic/claude-sonnet-4.6", "xhigh", ADAPTIVE, "high"),
        ("claude-opus-4-6", "max", ADAPTIVE, "max"),
        ("claude-opus-4-6", -1, ADAPTIVE, None),
        ("claude-opus-4-6", "none", None, None),
        # By itself.
        ("claude-opus-4-7", 5000, SHOWN, "low"),
        ("claude-opus-4-8", 8192, SHOWN, "medium"),
        ("claude-sonnet-5", 60_000, SHOWN, "high"),
        ("claude-sonnet-5", "xhigh", SHOWN, "xhigh"),
        ("claude-opus-5-5", "minimal", SHOWN, "low"),
        ("claude-opus-5-5", "adaptive", SHOWN, None),
        ("claude-fable-5-1", -1, SHOWN, None),
        ("claude-opus-4-7", 0, None, None),
        ("claude-sonnet-5", 0, OFF, None),
        ("claude-opus-5", "none", OFF, None),
        ("claude-opus-5-5", "none", None, "low"),
        ("claude-fable-5", "off", None, "low"),
        ("claude-mythos-preview", "off", None, "low"),
        # Nobody knows.
        ("kimi-k2", 5000, budget(5000), None),
        ("kimi-k2", "low", budget(2048), None),
        ("kimi-k2", "adaptive", ADAPTIVE, None),
        ("kimi-k2", -1, ADAPTIVE, None),
        ("glm-4.6", "off", OFF, None),
        # Nobody asked.
        ("claude-opus-5-5", None, None, None),
        ("claude-haiku-4-5", None, None, None),
    ],
)
def test_thinking_in_the_words_of_the_generation(
    model: str, wish: object, thinking: Json | None, effort: str | None
) -> None:
    wished: Json = {} if wish is None else {"thinking_budget": wish}
    body = ask(user("hi"), model=model, temperature=0.5, **wished)
    assert body.get("thinking") == thinking
    assert body.get("output_config") == (None if effort is None else {"effort": effort})
    adaptive_only = any(name in model for name in ("4-7", "4-8", "-5-5", "-5-1", "opus-5", "sonnet-5", "fable"))
    assert ("temperature" in body) == (not adaptive_only and thinking in (None, OFF))
    assert body["max_tokens"] > (thinking or {}).get("budget_tokens", 0)


@pytest.mark.parametrize(
    ("model", "parameters", "limit"),
    [
        ("claude-haiku-4-5", {}, 8192),
        ("kimi-k2", {}, 8192),
        ("claude-opus-4-6", {}, 32_000),
        ("claude-opus-5-5", {"thinking_budget": "high"}, 32_000),
        ("claude-opus-4-1", {"thinking_budget": 10_000}, 18_192),
        ("claude-opus-4-1", {"thinking_budget": "max"}, 31_192),
        ("claude-opus-4-6", {"thinking_budget": 10_000}, 18_192),
        ("claude-opus-4-1", {"thinking_budget": 10_000, "max_tokens": 12_000}, 12_000),
        ("claude-opus-4-1", {"thinking_budget": 10_000, "max_tokens": 10_000}, 20_000),
        ("claude-opus-4-1", {"max_tokens": 5}, 5),
    ],
)
def test_the_limit_leaves_room_for_an_answer(model: str, parameters: Json, limit: int) -> None:
    assert ask(user("hi"), model=model, **parameters)["max_tokens"] == limit


def test_one_way_of_sampling_and_none_that_the_api_has_no_name_for() -> None:
    body = ask(temperature=0.5, top_p=0.9, frequency_penalty=1, presence_penalty=1)
    assert body.keys() == {"model", "max_tokens", "stream", "messages", "temperature"}
    assert ask(top_p=0.9)["top_p"] == 0.9


THOUGHT = Reasoning("hm", "sig", REF)


@pytest.mark.parametrize(
    ("model", "parts", "thinks"),
    [
        (SPEC.model, (THOUGHT, call()), True),
        (SPEC.model, (Reasoning("", "x", REF, redacted=True), call()), True),
        (SPEC.model, (call(),), False),  # begun by another model: the API would refuse to think now
        (SPEC.model, (Reasoning("hm", "sig", "google/g"), Text("Let me see"), call()), False),
        ("claude-opus-4-7", (call(),), True),  # here it would not
    ],
)
def test_a_tool_loop_that_another_model_began_goes_on_without_a_budget(
    model: str, parts: tuple[Any, ...], thinks: bool
) -> None:
    history = (user("a"), Message("assistant", parts), result())
    body = ask(*history, model=model, thinking_budget=5000, temperature=0.5)
    assert ("thinking" in body) == thinks
    assert "thinking" in ask(*history, user("and?"), assistant("So."), user("b"), model=model, thinking_budget=5000)


words = st.text(alphabet="ab \n", max_size=3)
parts = st.one_of(
    words.map(Text),
    st.builds(Reasoning, words, st.sampled_from(["", "sig"]), st.sampled_from([REF, "x/y"]), st.booleans()),
    st.builds(
        ToolCall, st.sampled_from(["c1", "c2", "ü"]), st.just("look"), st.sampled_from(["", "{}", "[", '{"a":1}'])
    ),
)
messages = st.builds(
    lambda role, own: Message(role, tuple(own), tool_call_id="c1" if role == "tool" else None),
    st.sampled_from(["system", "user", "assistant", "tool"]),
    st.lists(parts, max_size=3),
)


@given(st.lists(messages, max_size=8), st.sampled_from([None, 5000, "low", "off"]))
@settings(max_examples=200, deadline=None)
def test_whatever_was_said_a_strict_server_takes_it(history: list[Message], wish: object) -> None:
    history = [  # calls are an assistant's alone
        replace(m, parts=tuple(p for p in m.parts if m.role == "assistant" or isinstance(p, Text))) for m in history
    ]
    wished: Json = {} if wish is None else {"thinking_budget": wish}
    body = ask(*history, **wished)
    for turn in body["messages"]:
        assert all(block["text"].strip() for block in turn["content"] if block["type"] == "text")
        kinds = [block["type"] for block in turn["content"]]
        assert kinds == sorted(kinds, key=lambda kind: kind != "tool_result")
    assert body["messages"][-1]["role"] == "user"


# The stream


def assemble(body: bytes, size: int | None = None) -> Assembly:
    """Decode a whole body, in chunks of `size` bytes."""
    assembly = Assembly(REF)
    decoder, lines = Anthropic().decoder(assembly), SSEDecoder()
    for start in range(0, len(body), size or len(body)):
        for event in lines.feed(body[start : start + (size or len(body))]):
            decoder.feed(event)
    assert decoder.ended
    assembly.close_all()
    return assembly


def attempt(body: bytes) -> list[ProviderEvent]:
    async def main() -> list[ProviderEvent]:
        transport = MockTransport(lambda _: MockResponse(body=body))
        batches = run_attempt(Anthropic(), ModelRequest(SPEC, [user("hi")]), transport)
        return [event async for batch in batches for event in batch]

    return run(main())


def event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, kind)


def start(index: object, block: object) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def delta(index: object, kind: object, **fields: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def piece(value: str, index: object = 0) -> bytes:
    return delta(index, "text_delta", text=value)


def stop(index: object = 0) -> bytes:
    return event("content_block_stop", index=index)


def end(reason: object = "end_turn", **fields: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason}, **fields) + event("message_stop")


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


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, None])
def test_any_chunking_gives_the_same_message(size: int | None) -> None:
    assembly = assemble(RECORDED, size)
    assert assembly.message().parts == ASSEMBLED
    assert assembly.reason == "tool_calls"
    usage = assembly.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (9, 8, 7, None)


def test_cut_at_every_offset_it_never_ends_well() -> None:
    for cut in range(len(RECORDED)):
        events = attempt(RECORDED[:cut])
        assert [each.type for each in events if each.type in ("done", "error")] == ["error"], cut
        error = events[-1].error
        assert error is not None
        assert error.info.kind == "stream_truncated"
        opened = [each.index for each in events if each.type.endswith("_start")]
        closed = [each.index for each in events if each.type.endswith("_end")]
        assert sorted(opened) == sorted(closed)
    assert attempt(RECORDED)[-1].type == "done"


def test_what_the_model_thought_goes_back_as_it_came() -> None:
    message = assemble(RECORDED).message()
    body = ask(user("a"), message, result("toolu_1"), result("toolu_2"), thinking_budget=2000)
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Let me think.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "aGlkZGVu"},
        text("Grüße 🌍"),
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}},
        {"type": "tool_use", "id": "toolu_2", "name": "find", "input": {"b": "ü🌍"}},
    ]
    assert body["thinking"] == budget(2000)


def test_the_events_of_a_small_stream() -> None:
    body = start(0, {"type": "thinking", "thinking": "", "signature": ""}) + delta(0, "thinking_delta", thinking="hm")
    body += delta(0, "signature_delta", signature="s") + stop(0)
    body += start(1, {"type": "text", "text": ""}) + piece("a", 1) + piece("b", 1) + stop(1)
    body += begin_call(2, "c1") + written(2, "") + written(2, '{"a"') + written(2, ":1}") + stop(2)
    events = attempt(body + end("tool_use"))
    assert [(each.type, each.index, each.text, each.tool_id, each.tool_name) for each in events] == [
        ("start", 0, "", "", ""),
        ("thinking_start", 0, "", "", ""),
        ("thinking_delta", 0, "hm", "", ""),
        ("thinking_end", 0, "hm", "", ""),
        ("text_start", 1, "", "", ""),
        ("text_delta", 1, "a", "", ""),
        ("text_delta", 1, "b", "", ""),
        ("text_end", 1, "ab", "", ""),
        ("toolcall_start", 2, "", "c1", "look"),
        ("toolcall_delta", 2, '{"a"', "c1", "look"),
        ("toolcall_delta", 2, ":1}", "c1", "look"),
        ("toolcall_end", 2, '{"a":1}', "c1", "look"),
        ("done", 0, "", "", ""),
    ]
    assert events[-1].reason == "tool_calls"


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
    events = attempt(begin_call(0, "c1") + written(0, "") + stop() + end("tool_use"))
    assert [each.type for each in events] == ["start", "toolcall_start", "toolcall_end", "done"]
    assert events[-1].assembly.message().tool_calls == (ToolCall("c1", "look", "{}", origin=REF),)


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
    events = attempt(body + end("tool_use"))
    assert events[-1].error is not None
    assert events[-1].error.info.kind == "server_error"
    assert not events[-1].assembly.message().tool_calls


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
        ("pause_turn", "other"),
        ("compaction", "other"),
        ("never heard of", "other"),
        (None, None),
        (7, None),
        (["end_turn"], None),
    ],
)
def test_reasons(reason: object, ours: str | None) -> None:
    assert assemble(piece("x") + end(reason)).reason == ours
    assert attempt(piece("x") + end(reason))[-1].reason == (ours or "other")


def test_a_refusal_keeps_what_was_said_before() -> None:
    events = attempt(b"".join(anthropic(text=["I ", "will"], finish="refusal")))
    assert (events[-1].type, events[-1].reason, events[-1].assembly.message().text) == ("done", "refusal", "I will")


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
    events = attempt(begun + b"".join(errors.anthropic_stream_error(kind)))
    assert [each.type for each in events] == ["start", "text_start", "text_delta", "text_end", "error"]
    error = events[-1].error
    assert isinstance(error, ProviderError)
    assert (error.info.kind, error.provider, error.model) == (ours, "anthropic", REF)
    usage = events[-1].assembly.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (30, 1, 10)


def test_an_error_after_the_reason_keeps_the_count() -> None:
    body = event("message_start", message={"usage": {"input_tokens": 5, "output_tokens": 1}}) + piece("a")
    body += event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
    events = attempt(body + b"".join(errors.anthropic_stream_error()))
    assert events[-1].type == "error"
    assert (events[-1].assembly.usage.input_tokens, events[-1].assembly.usage.output_tokens) == (5, 9)


@pytest.mark.parametrize(
    "body",
    [
        sse({"error": {"type": "overloaded_error", "message": "Overloaded"}}),
        sse({"error": {"type": "overloaded_error", "message": "Overloaded"}}, "error"),
        b"event: error\ndata: overloaded_error\n\n",
    ],
)
def test_a_gateways_error_is_one_too(body: bytes) -> None:
    events = attempt(piece("a") + body)
    assert events[-1].type == "error"
    assert events[-1].error is not None
    assert events[-1].error.info.kind in ("overloaded", "server_error")


def test_an_event_that_is_not_json_is_an_error() -> None:
    events = attempt(piece("a") + b"data: {oops\n\n")
    assert events[-1].error is not None
    assert events[-1].error.info.message == "The stream holds an event that is not JSON."


@pytest.mark.parametrize("body", [b"", b": ping\n\n", b"event: ping\ndata: {}\n\n", b"\n\n"])
def test_an_empty_stream_is_truncated(body: bytes) -> None:
    (begun, last) = attempt(body)
    assert begun.type == "start"
    assert last.error is not None
    assert last.error.info.kind == "stream_truncated"


def test_nothing_after_the_end_is_read() -> None:
    events = attempt(piece("a") + end() + b"data: [DONE]\n\n" + b"data: {oops\n\n")
    assert (events[-1].type, events[-1].assembly.message().text) == ("done", "a")


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
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_the_attempt_ends_once_and_every_block_is_closed(values: list[object]) -> None:
    body = b"".join(sse(value) for value in values)
    events = attempt(body + start(0, {"type": "text"}) + piece("a") + stop() + end())
    assert [each.type for each in events if each.type in ("done", "error")] == [events[-1].type]
    opened = [each.index for each in events if each.type.endswith("_start")]
    assert sorted(opened) == sorted(each.index for each in events if each.type.endswith("_end"))
    for each in events[-1].assembly.message().tool_calls if events[-1].type == "done" else ():
        assert isinstance(json.loads(each.arguments), dict)
