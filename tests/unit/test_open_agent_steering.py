"""Sessions of a Python program that change on their way: other files, models, keys, and other sessions beside them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sparewheel import ConfigError, open_agent
from sparewheel.testing import Gate, Reply, Request, ScriptedProvider, openai_chat
from tests.support.door import ENV, agent_file, collect, types


def echo(request: Request) -> Reply:
    return Reply(openai_chat(text=f"{request.json['model']} {len(request.json['messages'])}"))


async def test_a_session_goes_on_with_another_file_and_keeps_its_conversation() -> None:
    with ScriptedProvider(default=[echo]) as server:
        async with open_agent(agent_file(server), env=ENV) as session:
            before = (await session.send("hi"))["message"]["content"]
            with pytest.raises(ConfigError):
                await session.update("agents: {root: {model: nowhere}}\n")
            await session.update(agent_file(server, "b"))
            after = (await session.send("hi"))["message"]["content"]
            assert session.models == ["mine/b"]
    assert (before[0], after[0]) == ("a", "b")
    assert int(after[2:]) == int(before[2:]) + 2


async def test_models_can_be_preferred_skipped_and_broken_on_purpose() -> None:
    with ScriptedProvider(default=[echo]) as server:
        async with open_agent(agent_file(server, "a", "b"), env=ENV) as session:
            await session.prefer("mine/b")
            assert (session.preferred, (await session.send("1"))["model"]) == ("mine/b", "mine/b")
            await session.prefer(None)
            await session.skip("mine/a")
            assert (session.skipped, (await session.send("2"))["model"]) == (["mine/a"], "mine/b")
            await session.skip("mine/a", False)
            assert (await session.send("3", model="mine/b"))["model"] == "mine/b"
            events = [event async for event in session.stream("4", fault="invalid_request")]
            assert events[-1]["type"] == "finish"
            assert events[-1]["model"] == "mine/b"
            for wrong in (session.prefer("mine/z"), session.skip("mine/z"), session.send("5", fault="bored")):  # type: ignore[arg-type]  # no fault of that name
                with pytest.raises(ConfigError):
                    await wrong


async def test_sessions_beside_each_other_end_with_the_first_one() -> None:
    gate = Gate()
    with ScriptedProvider() as server:
        server.script("a", Reply(openai_chat(text="One.")))
        server.script("b", Reply(openai_chat(text="Two."), gates={1: gate}))
        async with open_agent(agent_file(server), env=ENV) as session:
            other = await session.session(agent_file(server, "b"))
            stream = other.stream("hi")
            first = await anext(stream)
            assert first["type"] == "start"
            assert types(await collect(session))[-1] == "finish"
            gate.open()
            assert [event["type"] async for event in stream][-1] == "finish"
            assert len(await other.messages()) == 2
            closed = await session.session()
            await closed.close()
        for each in (other, closed):
            with pytest.raises(ConfigError, match="closed"):
                await each.send("hi")


def test_a_loop_that_ends_with_an_open_session_and_turn_is_quiet() -> None:
    left: list[object] = []  # so that nothing is collected before the loop ends
    reports: list[dict[str, Any]] = []

    async def main(server: ScriptedProvider) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
        opening = open_agent(agent_file(server), env=ENV)
        session = await opening.__aenter__()
        stream = session.stream("hi")
        left.extend((opening, session, stream))
        assert (await anext(stream))["type"] == "start"

    with ScriptedProvider() as server:
        server.script("a", Reply(openai_chat(text="Half"), silent_after=0))
        asyncio.run(main(server))
        assert reports == []
