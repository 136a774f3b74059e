"""Emoji that a stream cuts in half: joined where the halves meet, else U+FFFD once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparewheel.classify import classify
from sparewheel.jsontext import CutText, join, read, whole, write
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.reader import BodyReader
from sparewheel.providers.registry import wire_format
from sparewheel.testing import Reply, ToolCall, anthropic, openai_chat, openai_responses
from tests.support.scripted import play

BUILDERS: dict[str, Any] = {
    "openai_chatcompletions": openai_chat,
    "openai_responses": openai_responses,
    "anthropic": anthropic,
}
TEXTS = st.text(alphabet='ab😀🏳\ufffdé\n"\\{', max_size=12)


def units(text: str) -> list[str]:
    """The UTF-16 code units of a text, each as a string: what a server that cuts anywhere may send."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [data[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(data), 2)]


@st.composite
def pieces(draw: st.DrawFn) -> list[str]:
    """A text cut between any two code units; some of them are lost."""
    left = [unit for unit in units(draw(TEXTS)) if draw(st.integers(0, 9))]
    cut: list[str] = []
    while left:
        size = draw(st.integers(1, 4))
        cut.append("".join(left[:size]))
        left = left[size:]
    return cut


def streamed(api: str, events: tuple[bytes, ...]) -> tuple[Assembly, dict[str, str]]:
    """What a stream comes to, and what its deltas add up to by field."""
    assembly = Assembly("p/m")
    reader = BodyReader(wire_format(api).decoder(assembly), assembly, lambda body: classify(body=body))
    folded = {"content": "", "reasoning": "", "arguments": ""}
    for event in events:
        reader.feed(event)
        for shown in assembly.drain():
            write(shown).encode()
            if shown["type"] in ("delta", "tool_call_delta"):
                for field in folded:
                    folded[field] += str(shown.get(field, ""))
    assembly.close_all()
    for shown in assembly.drain():
        if shown["type"] in ("delta", "tool_call_delta"):
            for field in folded:
                folded[field] += str(shown.get(field, ""))
    return assembly, folded


@pytest.mark.parametrize("api", BUILDERS)
@settings(max_examples=60)
@given(thoughts=pieces(), texts=pieces(), value=pieces())
@example(thoughts=[], texts=["\ud83c"], value=[])
def test_characters_are_whole_wherever_a_stream_is_cut(
    api: str, thoughts: list[str], texts: list[str], value: list[str]
) -> None:
    inside = [piece.translate({ord("\n"): " ", ord('"'): "'", ord("\\"): "/"}) for piece in value]
    call = ToolCall("c1", "look", ['{"at": "', *inside, '"}'])
    assembly, folded = streamed(api, BUILDERS[api](reasoning=thoughts, text=texts, tool_calls=[call]))
    message = assembly.message()
    assert message.text == folded["content"] == whole("".join(texts))
    assert message.reasoning == folded["reasoning"] == whole("".join(thoughts))
    assert message.tool_calls[0].arguments == folded["arguments"] == whole(call.text)
    assert assembly.chars == len(message.text) + len(message.reasoning)


def test_a_turn_joins_the_halves() -> None:
    played, _ = play({"a": [Reply(openai_chat(text=["a\ud83d", "\ude00b"]))]})
    assert [event["content"] for event in played.of("delta")] == ["a", "😀b"]
    assert played.terminal["message"]["content"] == "a😀b"


@pytest.mark.parametrize("text", [["a\ud83d"], ["a\ud83d", "b"], ["\ude00", "b"], ["a", "\ud83d", "\ud83d", "b"]])
def test_a_half_without_the_other_is_one_replacement_character(text: list[str]) -> None:
    played, _ = play({"a": [Reply(openai_chat(text=text))]})
    halves = sum(piece.count("\ud83d") + piece.count("\ude00") for piece in text)
    assert played.terminal["message"]["content"].count("\ufffd") == halves
    assert "".join(event["content"] for event in played.of("delta")) == played.terminal["message"]["content"]


def test_a_half_does_not_meet_one_of_another_block_or_attempt() -> None:
    events = openai_chat(reasoning=["a\ud83d"], text=["\ude00b"])
    played, _ = play({"a": [Reply(openai_chat(text=["x\ud83d"], finish=None))], "b": [Reply(events)]})
    assert played.terminal["message"] == {"role": "assistant", "content": "\ufffdb", "reasoning": "a\ufffd"}
    assert [event["chars"] for event in played.of("discard")] == [2]


@given(TEXTS, st.booleans())
def test_a_cut_text_is_like_any_other(text: str, cut: bool) -> None:
    value = "".join(units(text)[1:-1])
    found = read(json.dumps([{value: value}]), cut=cut)
    assert found == [{whole(value): whole(value)}]
    assert json.loads(write(found)) == found
    assert join([found[0][whole(value)]]) == whole(value)
    if not cut:
        assert not isinstance(found[0][whole(value)], CutText)
