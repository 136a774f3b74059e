"""A worker that hangs or vanishes, in a real browser: it is replaced, and its sessions go on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import Theirs, Turn
from tests.support.scripted import check_rules

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))
SOURCE = """
import asyncio
import js
from sparewheel import ToolContext

async def stubborn(context: ToolContext) -> str:
    context.progress("begun")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        while True:
            pass

def endless() -> str:
    while True:
        pass

def vanish() -> str:
    js.close()
    return "gone"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def page(foreign_page: Theirs) -> AsyncIterator[Theirs]:
    await foreign_page.boot(hangTimeout=15000)
    yield foreign_page


def calling(name: str) -> Reply:
    return Reply(openai_chat(tool_calls=[ToolCall("call_1", name, {})]))


async def open_session(page: Theirs, name: str, provider: ScriptedProvider, seconds: int = 1) -> None:
    yaml = agent_file({"a": provider.url}).replace(
        "    instruction:",
        f"    toolsets: [{{type: python, timeout: {seconds}, source: {json.dumps(SOURCE)}}}]\n    instruction:",
    )
    await page.open(name, yaml, ENV, autoApprove=True)


async def broken(page: Theirs, name: str) -> Turn:
    """The turn whose worker was ended. Its last events are the page's."""
    turn = Turn(**await page.call("end", name))
    if turn.types[-1] == "runtime_restarted":  # the next worker may have taken over already
        turn = replace(turn, events=turn.events[:-1])
    check_rules(turn.events)
    called = [event["id"] for event in turn.events if event["type"] == "tool_call"]
    assert [event["id"] for event in turn.events if event["type"] == "tool_result"] == called
    return turn


async def goes_on(page: Theirs, name: str, provider: ScriptedProvider) -> Turn:
    """The session's next turn, once its worker has been replaced."""
    await page.seen(name, "runtime_restarted")
    provider.script("a", ANSWER)
    turn = await page.take_turn(name, "And now?")
    assert turn.text == "Answer"
    return turn


@pytest.mark.parametrize("tool", ["endless", "vanish"])
async def test_a_worker_that_a_tool_takes_down(tool: str, page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", ANSWER, calling(tool))
    await open_session(page, f"{tool} own", provider)
    await open_session(page, f"{tool} other", provider)
    await page.take_turn(f"{tool} own", "First?")
    await page.begin(f"{tool} own", "Second?")
    turn = await broken(page, f"{tool} own")
    last = turn.events[-1]
    assert (last["type"], last["kind"], last["retryable"]) == ("error", "internal", True)
    assert "the worker has died: it has not answered for" in last["message"]
    await goes_on(page, f"{tool} own", provider)
    asked = [message["content"] for message in provider.requests[-1].json["messages"] if message["role"] != "system"]
    assert asked == ["First?", "Answer", "And now?"]
    await page.call("close", f"{tool} own")
    provider.script("a", ANSWER)
    assert (await page.take_turn(f"{tool} other")).text == "Answer"
    await page.call("close", f"{tool} other")


async def test_an_abort_ends_an_endless_loop(page: Theirs, provider: ScriptedProvider) -> None:
    provider.script("a", calling("stubborn"))
    await open_session(page, "looping", provider, seconds=600)
    await page.begin("looping")
    await page.seen("looping", "tool_output")
    await page.call("abort", "looping")
    turn = await broken(page, "looping")
    last = turn.events[-1]
    assert (last["type"], last["reason"]) == ("aborted", "user")
    assert turn.error is not None
    assert turn.error["kind"] == "aborted"
    await goes_on(page, "looping", provider)
