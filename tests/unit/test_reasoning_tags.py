"""Reasoning in tags inside the text: where it is split out, wherever the stream is cut, and where it is not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import ModelSpec, resolve
from sparewheel.messages import user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest
from sparewheel.providers.reasoning_tags import text_writer
from sparewheel.testing import ToolCall, anthropic, openai_chat, openai_responses
from tests.support.wire import attempt_body, check_blocks

HERE = "https://api.example.test/v1"
USUAL = ModelSpec("p", "m", "openai_chatcompletions", HERE)
SET = ModelSpec("p", "m", "openai_chatcompletions", HERE, reasoning_tags="think")


def split(spec: ModelSpec, *pieces: str, usual: bool = True) -> tuple[str, str]:
    """The reasoning and the text of an answer in these pieces; the events come to the same."""
    assembly = Assembly("p/m")
    write = text_writer(assembly, spec, usual=usual)
    for piece in pieces:
        write(piece)
    assembly.close_all()
    events: list[Any] = assembly.drain()
    check_blocks(events)
    message = assembly.message()
    for name, text in (("content", message.text), ("reasoning", message.reasoning)):
        assert "".join(event.get(name, "") for event in events if event["type"] == "delta") == text
    return message.reasoning, message.text


@pytest.mark.parametrize(
    ("text", "reasoning", "rest"),
    [
        ("<think>West.</think>Tack.", "West.", "Tack."),
        ("\n <think>\nWest.\n</think>\n\nTack.\n", "West.", "Tack.\n"),
        ("<think>\n\n</think>\n\nTack.", "", "Tack."),
        ("<thinking>West, <think>.</thinking>Tack.", "West, <think>.", "Tack."),
        ("<thought>West.</thought>", "West.", ""),
        ("<think>West, so", "West, so", ""),
        ("<think>West </thi", "West </thi", ""),
        ("<thi", "", "<thi"),
        ("<thin air", "", "<thin air"),
        ("  \n", "", "  \n"),
        ("Use <think>this</think>.", "", "Use <think>this</think>."),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("< think>a", "", "< think>a"),
        ("a < b", "", "a < b"),
    ],
)
def test_tags_at_the_beginning(text: str, reasoning: str, rest: str) -> None:
    for size in (1, 2, 3, 5, 100):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert split(USUAL, *pieces) == (reasoning, rest), pieces


def test_tags_everywhere() -> None:
    text = "One.<think> a </think> Two. 1 < 2 <think>b</think>\n\n<other>c</other>"
    for size in (1, 2, 7, 100):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert split(SET, *pieces) == ("ab", "One.Two. 1 < 2 <other>c</other>")


@example("<think>\U0001f6a2</think>\U0001f6a2", [8, 20])
@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<thi", "nk>", " ", "\n", "a", "<", ">", "b", "🚢"])).map("".join),
    st.lists(st.integers(0, 60)),
)
def test_the_cuts_do_not_matter(text: str, cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(at) if start < end]
    for spec in (USUAL, SET):
        assert split(spec, *pieces) == split(spec, text)


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec("p", "m", "openai_chatcompletions", "https://api.openai.com/v1"),
        ModelSpec("p", "m", "openai_chatcompletions", HERE, reasoning_tags="none"),
        ModelSpec("p", "m", "openai_chatcompletions", HERE, reasoning_tags="idea"),
    ],
)
def test_where_tags_are_text(spec: ModelSpec) -> None:
    assert split(spec, "<think>a</think>b") == ("", "<think>a</think>b")
    assert split(USUAL, "<think>a</think>b", usual=False) == ("", "<think>a</think>b")


def test_the_setting_counts_in_every_format() -> None:
    text = ["<th", "ink>We", "st.</think", ">\n\nTa", "ck."] + ["."] * 9
    for api, build in (
        ("openai_chatcompletions", openai_chat),
        ("openai_responses", openai_responses),
        ("anthropic", anthropic),
    ):
        spec = ModelSpec("p", "m", api, HERE, reasoning_tags="think")
        message = attempt_body(ModelRequest(spec, [user("hi")]), b"".join(build(text=text))).assembly.message()
        assert (message.reasoning, message.text) == ("West.", "Tack.........."), api


def test_arguments_of_calls_are_never_split() -> None:
    call = ToolCall("c1", "look", '{"a": "<think>x</think>"}')
    body = b"".join(openai_chat(text="<think>Look.", tool_calls=[call]))
    message = attempt_body(ModelRequest(SET, [user("hi")]), body).assembly.message()
    assert (message.reasoning, message.text) == ("Look.", "")
    assert [each.arguments for each in message.tool_calls] == [call.arguments]


def test_the_setting_is_that_of_the_model_else_of_its_provider() -> None:
    yaml = """
agents: {root: {model: a, instruction: x, fallback: {models: [b]}}}
providers: {mine: {base_url: "http://localhost:1/v1", reasoning_tags: think}}
models: {a: {provider: mine, model: m}, b: {provider: mine, model: n, reasoning_tags: none}}
"""
    chain = resolve(load_agent_file(yaml), None, {}).chain
    assert [spec.reasoning_tags for spec in chain] == ["think", "none"]
