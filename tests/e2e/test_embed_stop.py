"""Stopping: a turn, all turns, a whole runtime. It is at once, the server sees it, and what is left goes on."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from sparewheel.testing import BEFORE_HEAD, Gate, Reply, ScriptedProvider, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs
from tests.support.scripted import check_rules

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))
SILENT = ANSWER.replace(silent_after=2)  # "An", and then nothing
STOPPED = ["start", "block_start", "delta", "block_end", "aborted"]


async def disconnect(provider: ScriptedProvider, n: int = 1) -> None:
    await asyncio.to_thread(provider.wait_for_disconnect, n)


@pytest.mark.parametrize(("way", "named"), [("abort", True), ("signal", True), ("abortAll", False)])
async def test_an_abort_stops_the_turn(way: str, named: bool, theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", SILENT, ANSWER)
    await theirs.open("s", agent_file({"a": provider.url, "never asked": provider.url}), ENV)
    await theirs.begin("s")
    await theirs.seen("s", "delta")
    await theirs.call(way, *(["s"] if named else []))
    turn = await theirs.end("s")
    await disconnect(provider)
    assert turn.types == STOPPED
    assert (turn.events[-1]["partial"], turn.text) == ("An", "An")
    assert turn.error
    assert turn.error["kind"] == "aborted"
    assert "aborted" in turn.error["message"]
    assert turn.error["retryable"] is False

    again = await theirs.take_turn("s", "Again")
    assert again.text == "Answer"
    assert [request.model for request in provider.requests] == ["a", "a"]


async def test_an_abort_before_the_answer_begins(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER.replace(gates={BEFORE_HEAD: Gate()}), ANSWER)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    await theirs.begin("s")
    await asyncio.to_thread(provider.wait_for_request)
    await theirs.call("abort", "s")
    turn = await theirs.end("s")
    await disconnect(provider)
    assert turn.types == ["start", "aborted"]
    assert (await theirs.take_turn("s")).text == "Answer"


async def test_an_abort_between_two_attempts(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", Reply.json(500, {}), ANSWER)
    yaml = agent_file({"a": provider.url}, retries=1).replace("retries: 1", "retries: 1, backoff: {initial: 60s}")
    await theirs.open("s", yaml, ENV)
    await theirs.begin("s")
    await theirs.seen("s", "retry")
    await theirs.call("abort", "s")
    turn = await theirs.end("s")
    assert turn.types == ["start", "retry", "aborted"]
    assert (await theirs.take_turn("s")).text == "Answer"
    assert len(provider.requests) == 2


async def test_an_abort_of_one_session_leaves_the_other(theirs: Theirs, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script("a", SILENT)
    provider.script("b", ANSWER.replace(gates={2: gate}))
    for name in ("a", "b"):
        await theirs.open(name, agent_file({name: provider.url}), ENV)
        await theirs.begin(name)
        await theirs.seen(name, "delta")
    await theirs.call("abort", "a")
    assert (await theirs.end("a")).types == STOPPED
    await disconnect(provider)
    gate.open()
    assert (await theirs.end("b")).text == "Answer"
    assert [request.disconnected for request in provider.requests] == [True, False]


async def test_an_abort_without_a_turn_is_nothing(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    await theirs.call("abort", "s")
    await theirs.call("abortAll")
    assert (await theirs.take_turn("s")).text == "Answer"


async def test_closing_a_session_stops_its_turn(theirs: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", SILENT)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    await theirs.begin("s")
    await theirs.seen("s", "delta")
    await theirs.call("close", "s")
    turn = await theirs.end("s")
    await disconnect(provider)
    assert turn.types == STOPPED
    assert (await theirs.fails("send", "s", "Hello"))["kind"] == "config"
    await theirs.call("close", "s")


@pytest_asyncio.fixture(loop_scope="session")
async def second(theirs: Theirs) -> Theirs:
    """The page with a second runtime beside its first."""
    await theirs.boot("second")
    return theirs


async def test_disposing_settles_everything_and_leaves_other_runtimes(
    second: Theirs, provider: ScriptedProvider
) -> None:
    gate = Gate()
    provider.script("a", SILENT)
    provider.script("b", ANSWER.replace(gates={2: gate}))
    await second.call("open", "a", {"yaml": agent_file({"a": provider.url}), "env": ENV}, {"runtime": "second"})
    await second.open("b", agent_file({"b": provider.url}), ENV)
    for name in ("a", "b"):
        await second.begin(name)
        await second.seen(name, "delta")
    await second.call("dispose", "second")
    outcome = await second.call("end", "a")
    await disconnect(provider)
    assert outcome["error"]["kind"] == "aborted"
    check_rules(outcome["events"])
    last = outcome["events"][-1]
    assert (last["type"], last["reason"], last["partial"]) == ("aborted", "dispose", last["message"]["content"])
    assert (await second.fails("send", "a", "Hello"))["message"] == "the runtime has been disposed of"
    await second.call("dispose", "second")
    gate.open()
    assert (await second.end("b")).text == "Answer"
