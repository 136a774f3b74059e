"""Anthropic Messages: what is asked of every generation of models."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.messages import Image, Message, Reasoning, Text, assistant, system, user
from sparewheel.providers.anthropic import Anthropic
from sparewheel.providers.base import ModelRequest, OutputSchema, ToolSpec
from sparewheel.providers.history import MEDIA_NOTE
from tests.support.anthropic_wire import BASE, REF, SPEC, Json, ask, call, result

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = {"type": "ephemeral"}
LOOK = ToolSpec("look", "Looks", {"type": "object", "properties": {"a": {"type": "integer"}}})


def said(*messages: Message, **p: Any) -> list[tuple[str, list[Json]]]:
    """The conversation as sent, without cache breakpoints."""
    return [(turn["role"], bare(turn["content"])) for turn in ask(*messages, **p)["messages"]]


def bare(blocks: Iterable[Json]) -> list[Json]:
    return [{name: value for name, value in block.items() if name != "cache_control"} for block in blocks]


def text(value: str) -> Json:
    return {"type": "text", "text": value}


CONTINUE = ("user", [text("Continue.")])


def used(call_id: str = "c1", value: object = None) -> Json:
    return {"type": "tool_use", "id": call_id, "name": "look", "input": value or {}}


def seen(call_id: str = "c1", value: str = "seen") -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": [text(value)]}


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


def test_a_tool_may_show_an_image_and_that_of_an_assistant_follows_it() -> None:
    image = Image("https://x.test/a.png")
    shown = Message("tool", (Text("this"), image), tool_call_id="c1")
    turns = said(user("a"), Message("assistant", (image, call())), shown)
    source = {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}
    assert turns[1:] == [
        ("assistant", [used()]),
        (
            "user",
            [{"type": "tool_result", "tool_use_id": "c1", "content": [text("this"), source]}, text(MEDIA_NOTE), source],
        ),
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
