"""Alloys: several models that take turns, one at random for each step; the others stand by as fallbacks."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.errors import ConfigError
from sparewheel.testing import openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import REFUSED, Played, Script, ScriptedTransport, collect, session_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENV = {"OPENAI_API_KEY": "sk-CANARY-0123456789"}
ANSWER = openai_chat(text="Answer")
MODELS = """
models:
  nested: {model: "pair, openai/c"}
  pair: {model: "openai/a,b"}
  b: {provider: openai, model: b}
"""


def chain(model: str, fallback: str = "") -> tuple[int, list[str]]:
    text = f"{MODELS}agents: {{root: {{model: '{model}', fallback: {{models: [{fallback}]}}}}}}"
    agent = resolve_team(load_agent_file(text), None, ENV).agents["root"]
    return agent.alternatives, [spec.model for spec in agent.chain]


@pytest.mark.parametrize(
    ("model", "fallback", "alternatives", "expected"),
    [
        ("openai/a", "", 1, ["a"]),
        ("openai/a,b", "", 2, ["a", "b"]),
        ("pair", "", 2, ["a", "b"]),
        ("nested", "", 3, ["a", "b", "c"]),
        ("pair,openai/a,", "", 2, ["a", "b"]),
        ("openai/d", "nested", 1, ["d", "a", "b", "c"]),
        ("pair", "openai/d, b", 2, ["a", "b", "d"]),
    ],
)
def test_the_models_of_an_alloy(model: str, fallback: str, alternatives: int, expected: list[str]) -> None:
    assert chain(model, fallback) == (alternatives, expected)


@pytest.mark.parametrize("models", ["a: {model: 'a,openai/b'}", "a: {model: 'c,openai/b'}\n  c: {model: 'openai/d,a'}"])
def test_an_alloy_of_itself_is_refused(models: str) -> None:
    with pytest.raises(ConfigError, match=r'model "[ac]" refers to itself'):
        resolve_team(load_agent_file(f"models:\n  {models}\nagents: {{root: {{model: a}}}}"), None, ENV)


def test_a_member_that_is_not_defined_is_named() -> None:
    with pytest.raises(ConfigError, match='model "nope" is not defined'):
        chain("b,nope")


def turns(
    script: Mapping[str, Sequence[Script]], numbers: list[float], count: int = 1
) -> tuple[list[Played], list[str]]:
    """Turns of an agent with an alloy of three; each step takes one of the numbers, over and over."""
    text = f"{MODELS}agents: {{root: {{model: nested, fallback: {{retries: -1}}}}}}"
    transport, random = ScriptedTransport(script), cycle(numbers)
    conversation = session_of(resolve_team(load_agent_file(text), None, ENV), transport, jitter=lambda: next(random))

    async def main() -> list[Played]:
        return [await collect(conversation) for _ in range(count)]

    return run(main()), transport.asked


def test_each_step_asks_one_of_them() -> None:
    everyone = {name: [ANSWER] * 3 for name in "abc"}
    played, asked = turns(everyone, [0.0, 0.34, 0.99], 9)
    assert Counter(asked) == {"a": 3, "b": 3, "c": 3}
    assert asked[:3] == ["a", "b", "c"]
    assert [turn.events[0]["model"] for turn in played[:3]] == ["openai/a", "openai/b", "openai/c"]
    assert [turn.terminal["model"] for turn in played[:3]] == ["openai/a", "openai/b", "openai/c"]


def test_the_others_stand_by() -> None:
    (played,), asked = turns({"a": [ANSWER], "b": [], "c": [REFUSED]}, [0.99])
    assert asked == ["c", "a"]
    assert played.terminal["type"] == "finish"
