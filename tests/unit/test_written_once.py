"""A message or a tool that was in an earlier request is not written again for the next one, unless it has to be."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sparewheel.config.resolved import ModelSpec
from sparewheel.files import File
from sparewheel.media import Media
from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, assistant, system, user
from sparewheel.providers import writing
from sparewheel.providers.base import ModelRequest, ToolSpec
from sparewheel.providers.registry import wire_format
from sparewheel.providers.writing import MAX_KEPT, once
from sparewheel.testing import openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, session

ME, HERE = "openai/m", "https://api.example.test/v1"
APIS = ("openai_chatcompletions", "openai_responses", "anthropic")
TOOLS = [ToolSpec(f"find_{number}", "Finds.", {"type": "object", "properties": {}}) for number in range(3)]
HISTORY = [
    system("Be brief."),
    user("one"),
    Message("assistant", (Reasoning("hm", "{}", ME), Text("I look."), ToolCall("c1", "look", "{}", "", ME))),
    Message("tool", (Text("seen"), Media("image/png", data="QUJD")), tool_call_id="c1"),
    Message("assistant", (ToolCall("not portable!", "look", '{"a":1}'), ToolCall("c1", "look", ""))),
    Message("tool", (Text("again"),), tool_call_id="not portable!"),
    assistant("two"),
    Message("user", (Text("three"), Image("https://x.example.test/a.png"), File("text/plain", "a.txt", text="words"))),
]


def body(api: str, messages: list[Message], tools: list[ToolSpec], base_url: str = HERE) -> bytes:
    spec = ModelSpec("openai", "m", api, base_url, "sk-1", {}, {}, {})
    return wire_format(spec.api).request(ModelRequest(spec, messages, tools)).body


def fresh(messages: list[Message]) -> list[Message]:
    """The same messages, of which nothing was written."""
    return [replace(message) for message in messages]


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The values that are written as JSON from now on."""
    written: list[object] = []
    write = writing.json_text

    def noting(value: object) -> bytes:
        written.append(value)
        return write(value)

    monkeypatch.setattr(writing, "json_text", noting)
    return written


def test_the_second_request_of_a_session_writes_what_is_new(writes: list[object]) -> None:
    async def main() -> None:
        conversation = session(ScriptedTransport({"a": [openai_chat(text="x")] * 5}), ["a"])
        for number in range(2):
            await collect(conversation, f"prompt {number}")
        writes.clear()
        await collect(conversation, "third")
        third = len(writes)
        for number in range(2):
            writes.clear()
            await collect(conversation, f"more {number}")
        assert len(writes) == third
        assert [value for value in writes if isinstance(value, dict) and "role" in value][-2:] == [
            {"role": "assistant", "content": "x"},
            {"role": "user", "content": "more 1"},
        ]

    run(main())


@pytest.mark.parametrize("api", APIS)
def test_calls_and_results_are_written_once_too(api: str, writes: list[object]) -> None:
    turn = [Message("assistant", (ToolCall("c1", "look", "{}"),)), Message("tool", (Text("seen"),), tool_call_id="c1")]
    messages = [user("one"), *turn]
    first = body(api, messages, TOOLS)
    before = len(writes)
    writes.clear()
    assert body(api, messages, TOOLS) == first
    items = len(messages) + len(TOOLS)
    assert len(writes) == before - items


@pytest.mark.parametrize("api", APIS)
def test_a_request_is_the_same_whether_its_messages_were_written_before_or_not(api: str) -> None:
    messages = fresh(HISTORY)
    others = [name for name in APIS if name != api]
    for name in (api, *others, api):  # a fallback to another API, and back
        body(name, messages, TOOLS)
        for end in range(1, len(messages) + 1):
            assert body(api, messages[:end], TOOLS) == body(api, fresh(messages[:end]), list(map(replace, TOOLS)))


def test_a_server_that_wants_reasoning_gets_it_after_one_that_does_not() -> None:
    messages = fresh(HISTORY)
    plain = body("openai_chatcompletions", messages, [])
    theirs = body("openai_chatcompletions", messages, [], "https://api.deepseek.com")
    assert b"reasoning_content" not in plain
    assert json.loads(theirs)["messages"][2]["reasoning_content"] == "hm"
    assert body("openai_chatcompletions", messages, []) == plain


@pytest.mark.parametrize("api", APIS)
def test_a_changed_message_is_written_as_it_is_now(api: str) -> None:
    messages = fresh(HISTORY)
    body(api, messages, TOOLS)
    messages[1] = replace(messages[1], parts=(Text("another"),))
    assert b'"another"' in body(api, messages, TOOLS)
    assert b'"one"' not in body(api, messages, TOOLS)


def test_what_is_kept_of_a_message_is_bounded() -> None:
    def write(message: Message) -> list[object]:
        return [message.text]

    def other(message: Message) -> list[object]:
        return [message.text, "more"]

    small, large = user("x"), user("x" * MAX_KEPT)
    assert once([small, large], write).text == b'["x","%b"]' % large.text.encode()
    assert large.written == {}
    assert once([small], other).text == b'["x","more"]'
    assert list(small.written) == [other]


def test_half_a_surrogate_pair_in_a_message_is_replaced() -> None:
    found = json.loads(body("openai_chatcompletions", [user("a\ud83d"), user("b")], []))
    assert [message["content"] for message in found["messages"]] == ["a?", "b"]
