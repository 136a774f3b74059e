"""`sparewheel.open_agent` as a Python program uses it, over real sockets: turns, failures, stops, sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from sparewheel import ConfigError, Event, SparewheelError, Transcript, is_fallback, is_terminal, open_agent
from sparewheel.testing import (
    Gate,
    Reply,
    ScriptedProvider,
    anthropic,
    errors,
    gemini,
    openai_chat,
    openai_responses,
)
from tests.support.door import ANSWER, ENV, agent_file, collect, text, types

HELD = Reply(openai_chat(text=["Half", " of it"]), silent_after=2)


@pytest.mark.parametrize(
    ("provider", "stream"),
    [
        ("openai", openai_chat),
        ("openai, api_type: openai_responses", openai_responses),
        ("anthropic", anthropic),
        ("google", gemini),
    ],
)
async def test_every_wire_format(provider: str, stream: Callable[..., Any]) -> None:
    with ScriptedProvider(strict=True) as server:
        server.script("a", Reply(stream(text=["Hel", "lo"])), Reply(stream(text="Again.")))
        async with open_agent(agent_file(server, provider=provider), env=ENV) as session:
            events = await collect(session)
            assert (types(events)[0], types(events)[-1], text(events)) == ("start", "finish", "Hello")
            result = await session.send("and now?")
            assert result["message"] == {"role": "assistant", "content": "Again."}
            assert (result["model"], result["finish_reason"]) == ("mine/a", "stop")
            assert [message["content"] for message in (await session.export())["messages"]] == [
                *("hi", "Hello", "and now?", "Again.")
            ]


async def test_a_chain_that_retries_discards_and_falls_back() -> None:
    broken = Reply(openai_chat(text=["Once ", "upon"], finish=None), cut_at=9999)
    with ScriptedProvider() as server:
        server.script("a", errors.openai_server_error(), broken)
        server.script("b", Reply(ANSWER))
        async with open_agent(agent_file(server, "a", "b"), env=ENV) as session:
            transcript = Transcript()
            shown: list[str] = []
            kinds: list[str] = []
            async for event in session.stream("hi"):
                transcript.push(event)
                shown.append(transcript.message["content"])
                if event["type"] in ("retry", "discard", "fallback"):
                    kinds.append(event["type"])
                if is_fallback(event):
                    assert (event["from"], event["to"], event["kind"]) == ("mine/a", "mine/b", "network")
            assert kinds == ["retry", "discard", "fallback"]
            assert list(dict.fromkeys(shown)) == ["", "Once ", "Once upon", "An", "Answer"]
            assert [attempt["state"] for attempt in transcript.snapshot()["attempts"]] == [
                "failed",
                "failed",
                "answered",
            ]


async def test_a_turn_that_fails_is_an_event_of_stream_and_an_exception_of_send() -> None:
    with ScriptedProvider() as server:
        server.script("a", errors.openai_invalid_key().replace(repeat=True))
        async with open_agent(agent_file(server), env=ENV) as session:
            events = await collect(session)
            assert events[-1]["type"] == "error"
            assert events[-1]["kind"] == "auth"
            with pytest.raises(SparewheelError) as caught:
                await session.send("hi")
            assert (caught.value.info.kind, caught.value.provider, caught.value.model) == ("auth", "mine", "mine/a")
            assert caught.value.info.hint
            assert [attempt["outcome"] for attempt in caught.value.attempts] == ["failed"]


# Stopping


async def test_abort_ends_the_stream_with_its_event_and_the_session_goes_on() -> None:
    with ScriptedProvider() as server:
        server.script("a", HELD, Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV) as session:
            events: list[Event] = []
            async for event in session.stream("hi"):
                events.append(event)
                if event["type"] == "delta":
                    session.abort()
            assert events[-1]["type"] == "aborted"
            assert events[-1]["reason"] == "user"
            assert events[-1]["partial"] == "Half"
            assert text(await collect(session)) == "Answer"
        server.wait_for_disconnect()


async def test_abort_makes_send_raise() -> None:
    with ScriptedProvider() as server:
        server.script("a", HELD)
        async with open_agent(agent_file(server), env=ENV) as session:
            sending = asyncio.ensure_future(session.send("hi"))
            await asyncio.to_thread(server.wait_for_request)
            session.abort()
            session.abort()
            with pytest.raises(SparewheelError, match="aborted") as caught:
                await sending
            assert caught.value.info.kind == "aborted"
            assert [episode["outcome"] for episode in (await session.export())["episodes"]] == ["aborted"]


async def test_leaving_the_loop_aborts_the_turn_and_another_one_may_begin_at_once() -> None:
    seen: list[Event] = []
    with ScriptedProvider() as server:
        server.script("a", HELD, HELD, Reply(ANSWER))
        async with open_agent(agent_file(server), env=ENV, on_event=seen.append) as session:
            async for event in session.stream("hi"):
                if event["type"] == "delta":
                    break
            async with aclosing(session.stream("again")) as events:
                async for event in events:
                    if event["type"] == "delta":
                        break
            assert (await session.send("and now?"))["message"]["content"] == "Answer"
            await asyncio.to_thread(server.wait_for_disconnect, 2)
            outcomes = [episode["outcome"] for episode in (await session.export())["episodes"]]
    assert outcomes == ["abandoned", "abandoned", "finished"]
    assert [event["type"] for event in seen if is_terminal(event)] == ["aborted", "aborted", "finish"]
    assert [event.get("reason") for event in seen if event["type"] == "aborted"] == ["consumer", "consumer"]


async def test_cancelling_the_program_aborts_the_turn() -> None:
    async def read() -> None:
        async for _ in session.stream("hi"):
            pass

    with ScriptedProvider() as server:
        server.script("a", HELD, HELD)
        async with open_agent(agent_file(server), env=ENV) as session:
            works: list[Callable[[], Coroutine[Any, Any, object]]] = [read, lambda: session.send("hi")]
            for number, work in enumerate(works, 1):
                task = asyncio.ensure_future(work())
                await asyncio.to_thread(server.wait_for_request, number)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await asyncio.to_thread(server.wait_for_disconnect, 2)


async def test_leaving_the_block_aborts_the_turn_and_waits_for_it() -> None:
    seen: list[Event] = []
    with ScriptedProvider() as server:
        server.script("a", HELD)
        async with open_agent(agent_file(server), env=ENV, on_event=seen.append) as session:
            sending = asyncio.ensure_future(session.send("hi"))
            await asyncio.to_thread(server.wait_for_request)
        assert (seen[-1]["type"], seen[-1].get("reason")) == ("aborted", "dispose")
        with pytest.raises(SparewheelError, match="aborted"):
            await sending
        await session.close()
        session.abort()
        for call in (session.send, lambda _: session.restart(), lambda _: session.export(), session.confirm):
            with pytest.raises(ConfigError, match="session is closed"):
                await call("approve")
        server.wait_for_disconnect()


async def test_a_turn_that_is_aborted_before_it_starts_sends_nothing() -> None:
    with ScriptedProvider() as server:
        async with open_agent(agent_file(server), env=ENV) as session:
            sending = asyncio.ensure_future(session.send("hi"))
            for _ in range(4):  # until the turn is there
                await asyncio.sleep(0)
                session.abort()
            with pytest.raises(SparewheelError, match="aborted"):
                await sending
        assert server.requests == []


# Sessions


async def test_two_sessions_side_by_side() -> None:
    gate = Gate()
    with ScriptedProvider() as server:
        server.script("a", Reply(openai_chat(text=["first ", "session"]), gates={1: gate}))
        server.script("b", Reply(openai_chat(text=["second ", "session"])))
        async with (
            open_agent(agent_file(server, "a"), env=ENV) as one,
            open_agent(agent_file(server, "b"), env=ENV) as other,
        ):
            waiting = asyncio.ensure_future(one.send("hi"))
            assert (await other.send("hi"))["message"]["content"] == "second session"
            assert not waiting.done()
            gate.open()
            assert (await waiting)["message"]["content"] == "first session"
            assert one.id != other.id


async def test_one_turn_at_a_time() -> None:
    with ScriptedProvider() as server:
        server.script("a", HELD)
        async with open_agent(agent_file(server), env=ENV) as session:
            sending = asyncio.ensure_future(session.send("hi"))
            await asyncio.to_thread(server.wait_for_request)
            with pytest.raises(ConfigError, match="a run is already active"):
                await session.send("hi")
            with pytest.raises(ConfigError, match="a run is already active"):
                await collect(session)
            session.abort()
            await asyncio.gather(sending, return_exceptions=True)
            with pytest.raises(ConfigError, match="expected a prompt string"):
                await session.send(b"hi")  # type: ignore[arg-type]


async def test_a_conversation_is_exported_restarted_and_taken_up_again() -> None:
    with ScriptedProvider() as server:
        server.script("a", *[Reply(ANSWER)] * 3)
        async with open_agent(agent_file(server), env=ENV) as session:
            await session.send("one")
            document = await session.export()
            await session.restart()
            await session.send("two")
        async with open_agent(agent_file(server), env=ENV, history=document["messages"]) as session:
            await session.send("three")
        sent = [[message["content"] for message in request.json["messages"]] for request in server.requests]
        assert sent == [["one"], ["two"], ["one", "Answer", "three"]]


async def test_what_a_session_says_of_its_agent() -> None:
    text = """
agents:
  root:
    model: demo/hello
    fallback: {models: [demo/slow]}
    welcome_message: Hello.
    sub_agents: [other]
    commands: {plan: Make a plan.}
  other: {model: demo/hello}
"""
    async with open_agent(text) as session:
        assert (session.agent, session.agents) == ("root", ["root", "other"])
        assert (session.models, session.welcome_message) == (["demo/hello", "demo/slow"], "Hello.")
        assert session.commands == {"plan": {"instruction": "Make a plan."}}
    async with open_agent(text, agent_name="other") as session:
        assert session.agent == "other"


async def test_breakers_and_cooldowns_are_shared_by_the_sessions_of_a_loop() -> None:
    with ScriptedProvider() as server:
        server.script("a", errors.openai_rate_limit(retry_after=50))
        server.script("b", Reply(ANSWER), Reply(ANSWER))
        for expected in (["fallback"], ["skipped", "fallback"]):
            async with open_agent(agent_file(server, "a", "b"), env=ENV) as session:
                events = await collect(session)
                assert [name for name in types(events) if name in ("fallback", "skipped", "retry")] == expected
