"""Anthropic Messages: parameters of every generation of models, and what a strict server takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.messages import Message, Reasoning, Text, assistant, user
from tests.support.anthropic_wire import REF, SPEC, Json, ask, call, messages, result


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
        # Models that are not known.
        ("kimi-k2", 5000, budget(5000), None),
        ("kimi-k2", "low", budget(2048), None),
        ("kimi-k2", "adaptive", ADAPTIVE, None),
        ("kimi-k2", -1, ADAPTIVE, None),
        ("glm-4.6", "off", OFF, None),
        # No wish.
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


@given(st.lists(messages, max_size=8), st.sampled_from([None, 5000, "low", "off"]))
@settings(max_examples=200)
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
