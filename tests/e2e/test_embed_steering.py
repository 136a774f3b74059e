"""A conversation that its user steers: other files and keys, models of choice, simulated failures."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.agents import ENV, KEY
from tests.support.browser import Theirs, Turn

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = Reply(openai_chat(text=["One word after the other, until it is long enough. "] * 4))


def chain(provider: ScriptedProvider, instruction: str = "Be brief.") -> str:
    """Two models, each with a key of its own."""
    return f"""
agents:
  root: {{model: a, instruction: "{instruction}", fallback: {{models: [b], retries: -1, delay: 0s}}}}
models:
  a: {{provider: openai, model: a, base_url: "{provider.url}/v1", token_key: FIRST_KEY}}
  b: {{provider: openai, model: b, base_url: "{provider.url}/v1", token_key: TEST_KEY}}
"""


BOTH = {**ENV, "FIRST_KEY": f"{KEY}-2"}


def answers(provider: ScriptedProvider, *models: str) -> None:
    for model in models:
        provider.script(model, Reply(openai_chat(text=model.upper())))


def asked(provider: ScriptedProvider) -> list[Any]:
    """The texts of the last request."""
    return [message["content"] for message in provider.requests[-1].json["messages"]]


def moves(turn: Turn) -> list[tuple[str, str]]:
    return [
        (event["type"], event["kind"]) for event in turn.events if event["type"] in ("skipped", "fallback", "retry")
    ]


async def test_a_spare_without_its_key_is_skipped_until_the_key_comes(
    theirs: Theirs, provider: ScriptedProvider
) -> None:
    refused = await theirs.fails("open", "none", {"yaml": chain(provider), "env": {}})
    assert refused["message"] == (
        'agent "root" needs a key for OpenAI; one is enough to start. Set FIRST_KEY or TEST_KEY.'
    )
    assert [key["name"] for key in refused["missing_keys"]] == ["FIRST_KEY", "TEST_KEY"]
    await theirs.open("keys", chain(provider), ENV)
    answers(provider, "b")
    turn = await theirs.take_turn("keys", "one")
    assert moves(turn) == [("skipped", "no_key"), ("fallback", "no_key")]
    told = await theirs.call("steer", "keys", "update", {"env": BOTH})
    assert told["missing"] == []
    answers(provider, "a")
    assert moves(await theirs.take_turn("keys", "two")) == []
    assert asked(provider) == ["Be brief.", "one", "B", "two"]
    await theirs.call("close", "keys")


async def test_another_file_keeps_the_conversation_and_a_broken_one_changes_nothing(
    theirs: Theirs, provider: ScriptedProvider
) -> None:
    await theirs.open("file", chain(provider), BOTH)
    answers(provider, "a")
    await theirs.take_turn("file", "one")
    error = await theirs.fails("steer", "file", "update", {"yaml": "agents: {root: {model: nope}}"})
    assert (error["kind"], 'model "nope" is not defined' in error["message"]) == ("config", True)
    await theirs.call("steer", "file", "update", {"yaml": chain(provider, "Rhyme.") + "# a comment\n"})
    answers(provider, "a")
    await theirs.take_turn("file", "two")
    assert asked(provider) == ["Rhyme.", "one", "A", "two"]
    await theirs.call("close", "file")


async def test_models_of_choice_and_the_newest_file_outlive_a_restart(
    theirs: Theirs, provider: ScriptedProvider
) -> None:
    await theirs.open("choice", chain(provider), BOTH)
    told = await theirs.call("steer", "choice", "skip", "openai/a")
    assert (told["preferred"], told["skipped"]) == (None, ["openai/a"])
    error = await theirs.fails("steer", "choice", "skip", "openai/b")
    assert "last model" in error["message"]
    assert "no model" in (await theirs.fails("steer", "choice", "prefer", "openai/z"))["message"]
    await theirs.call("steer", "choice", "update", {"yaml": chain(provider, "Rhyme.")})
    answers(provider, "b")
    assert moves(await theirs.take_turn("choice", "one")) == [("skipped", "skipped"), ("fallback", "skipped")]
    await theirs.call("restart", limit=60)
    answers(provider, "b")
    assert moves(await theirs.take_turn("choice", "two")) == [("skipped", "skipped"), ("fallback", "skipped")]
    assert asked(provider) == ["Rhyme.", "one", "B", "two"]
    told = await theirs.call("steer", "choice", "prefer", "openai/a")
    assert (told["preferred"], told["skipped"]) == ("openai/a", [])
    answers(provider, "b", "a")
    assert moves(await theirs.take_turn("choice", "three", model="openai/b")) == []
    assert moves(await theirs.take_turn("choice", "four")) == []
    assert [request.json["model"] for request in provider.requests] == ["b", "b", "b", "a"]
    await theirs.call("close", "choice")


@pytest.mark.parametrize(
    "fault", ["rate_limit", "overloaded", "stream_truncated", "timeout_first_content", "auth", "offline"]
)
async def test_a_failure_that_is_asked_for_is_survived_and_forgotten(
    fault: str, theirs: Theirs, provider: ScriptedProvider
) -> None:
    await theirs.open(fault, chain(provider), BOTH)
    if fault == "stream_truncated":
        provider.script("a", LONG)
    answers(provider, "b")
    turn = await theirs.take_turn(fault, "one", fault=fault)
    assert moves(turn) == [("fallback", "network" if fault == "offline" else fault)]
    assert turn.text == "B"
    assert bool(turn.of("discard")) == (fault == "stream_truncated")
    answers(provider, "a")
    after = await theirs.take_turn(fault, "two")
    assert (moves(after), after.text) == ([], "A")
    await theirs.call("close", fault)


async def test_a_fault_that_is_none_is_refused_before_the_turn(theirs: Theirs, provider: ScriptedProvider) -> None:
    await theirs.open("unknown", chain(provider), BOTH)
    turn = await theirs.take_turn("unknown", fault="flood")
    assert turn.error is not None
    assert (turn.error["kind"], turn.events) == ("config", [])
    await theirs.call("close", "unknown")
