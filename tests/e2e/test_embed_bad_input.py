"""What can be wrong with what a page passes in: one clear error each, and the runtime serves the next call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))


@pytest_asyncio.fixture(loop_scope="session")
async def serving(theirs: Theirs, provider: ScriptedProvider) -> AsyncIterator[Theirs]:
    """The page; after the test, the same runtime must answer."""
    yield theirs
    provider.script("well", ANSWER)
    await theirs.open("after", agent_file({"well": provider.url}), ENV)
    assert (await theirs.take_turn("after")).text == "Answer"


def unknown(ref: str) -> str:
    return f"agents: {{root: {{model: {ref}, instruction: Hi}}}}"


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("agents: [", "line"),
        ("agents:\n  root:\n\tmodel: x", "line 3"),
        ("", "agents"),
        ("agents: {}", "agents"),
        ("agents: {root: {model: demo/hello, instrution: Hi}}", "instrution"),
        (unknown("nowhere/x"), "nowhere"),
        (unknown("nothing"), "nothing"),
        (unknown("gpt-x/"), "gpt-x/"),
        (unknown("openai/gpt-x"), "OPENAI_API_KEY"),
        (42, "string"),
        (None, "yaml is missing"),
    ],
)
async def test_an_agent_that_cannot_be_used(yaml: Any, said: str, serving: Theirs) -> None:
    error = await serving.fails("open", "s", {"yaml": yaml})
    assert (error["kind"], error["retryable"], error["attempts"]) == ("config", False, [])
    assert said in error["message"] + error["hint"]
    assert "Traceback" not in error["message"]


async def test_a_file_that_cannot_be_parsed(serving: Theirs) -> None:
    error = await serving.fails("parse", "agents: [")
    assert error["kind"] == "config"
    assert "line" in error["message"]


async def test_a_missing_key_is_named(serving: Theirs, provider: ScriptedProvider) -> None:
    error = await serving.fails("open", "s", {"yaml": agent_file({"a": provider.url}), "env": {"OTHER_KEY": "sk-x"}})
    assert error["kind"] == "config"
    assert "TEST_KEY" in error["message"]
    assert provider.requests == []


async def test_an_unknown_agent(serving: Theirs, provider: ScriptedProvider) -> None:
    options = {"yaml": agent_file({"a": provider.url}), "env": ENV, "agentName": "nobody"}
    error = await serving.fails("open", "s", options)
    assert error["kind"] == "config"
    assert '"nobody"' in error["message"]


async def test_a_base_url_that_does_not_answer(serving: Theirs, refused: str) -> None:
    await serving.open("s", agent_file({"a": refused}), ENV)
    turn = await serving.take_turn("s")
    assert turn.types == ["start", "exhausted", "error"]
    assert turn.error
    assert (turn.error["kind"], turn.error["model"]) == ("network_or_cors", "openai/a")
    assert turn.error["hint"]
    assert len(turn.error["attempts"]) == 1
    assert sum(each.startswith(refused) for each in serving.watch.urls) == 1


@pytest.mark.parametrize("prompt", [42, None, {"text": "Hello"}, ["Hello"], True])
async def test_a_prompt_that_is_not_text(prompt: Any, serving: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    await serving.open("s", agent_file({"a": provider.url}), ENV)
    refused = await serving.take_turn("s", prompt)
    assert refused.events == []
    assert refused.error
    assert (refused.error["name"], refused.error["kind"]) == ("SparewheelError", "config")
    assert "prompt" in refused.error["message"]
    assert (await serving.take_turn("s")).text == "Answer"  # the session is not harmed
    assert len(provider.requests) == 1


async def test_what_is_not_plain_json(serving: Theirs, provider: ScriptedProvider) -> None:
    await serving.open("s", agent_file({"a": provider.url}), ENV)
    for prompt in ("() => 1", "1n", "NaN", "(() => { const loop = {}; loop.loop = loop; return loop; })()"):
        outcome = await serving.page.evaluate(f"() => theirs.settled(theirs.send('s', {prompt}))")
        assert outcome["error"]["kind"] == "config", prompt


async def test_a_second_turn_at_the_same_time(serving: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER.replace(silent_after=2))
    await serving.open("s", agent_file({"a": provider.url}), ENV)
    await serving.begin("s")
    await serving.seen("s", "delta")
    error = await serving.fails("send", "s", "Hello")
    assert error["kind"] == "config"
    assert "already running" in error["message"]
    await serving.call("abort", "s")
    assert (await serving.end("s")).types[-1] == "aborted"


async def test_a_listener_that_throws_hurts_nobody(serving: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    provider.script("b", ANSWER)
    options = {"yaml": agent_file({"a": provider.url}), "env": ENV}
    await serving.call("open", "throws", options, {"throwing": True})
    await serving.open("quiet", agent_file({"b": provider.url}), ENV)
    for name in ("throws", "quiet"):
        await serving.begin(name)
    for name in ("throws", "quiet"):
        turn = await serving.end(name)
        assert turn.types == ["start", "block_start", "delta", "delta", "block_end", "usage", "finish"]
    [fault] = serving.watch.faults  # told once, not seven times
    assert "the listener of a page throws" in fault
    serving.watch.faults.clear()
