"""The runtime in a browser without a page of ours, in Firefox and WebKit; the other tests of it run in Chromium."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from sparewheel import headless
from sparewheel.headless.browser import Engine
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.engines import launch_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELLO = Reply(openai_chat(text=["An", "swer"]))


@pytest.mark.parametrize("engine", ["firefox", "webkit"])
async def test_it_runs_headless(engine: Engine, provider: ScriptedProvider) -> None:
    await asyncio.to_thread(launch_of, engine)
    provider.script("a", HELLO, HELLO.replace(silent_after=2))
    async with headless.open(agent_file({"a": provider.url}), env=ENV, engine=engine) as runtime:
        events = [event async for event in runtime.stream("Hello")]
        assert [event["type"] for event in events] == [
            "start", "block_start", "delta", "delta", "block_end", "usage", "finish",
        ]  # fmt: skip
        async with aclosing(runtime.stream("Again")) as stream:
            async for event in stream:
                if event["type"] == "delta":
                    break
        await asyncio.to_thread(provider.wait_for_disconnect)
        assert not any("without it" in line for line in runtime.console)
