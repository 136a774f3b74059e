"""A session over a link that is played by hand: what a caller sees of a turn, and of a runtime that dies."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from unittest.mock import Mock

import pytest

from sparewheel.errors import ConfigError, SparewheelError
from sparewheel.headless import cli
from sparewheel.headless.arguments import parse
from sparewheel.headless.driver import Runtime
from sparewheel.headless.link import POST_LIMIT
from sparewheel.headless.session import STOP_LIMIT
from tests.support.fakelink import (
    ABORTED,
    DELTA,
    ERROR,
    FACTS,
    FINISH,
    RESULT,
    START,
    FakeLink,
    collect,
    fails,
    finishes,
    is_mute,
    plays_on_until_aborted,
)
from tests.support.fakeloop import run


def test_a_turn_gives_its_events_and_then_the_next_can_begin() -> None:
    async def main() -> None:
        link = FakeLink(finishes)
        runtime = Runtime(link)
        assert await collect(runtime) == [START, DELTA, FINISH]
        assert await runtime.send("And?") == RESULT
        assert link.methods == ["send", "send"]

    run(main())


def test_a_failed_turn_ends_with_its_error_event_and_send_raises() -> None:
    async def main() -> None:
        runtime = Runtime(FakeLink(fails))
        assert await collect(runtime) == [START, ERROR]
        with pytest.raises(SparewheelError) as caught:
            await runtime.send("Hi")
        assert caught.value.to_dict() == {**FACTS, "code": "server_error", "retryable": True}

    run(main())


def test_calls_made_at_once_and_while_a_text_is_on_its_way_go_together() -> None:
    texts: list[list[str]] = []
    posted, arrived = asyncio.Event(), asyncio.Event()

    class Slow(FakeLink):
        async def _post(self, text: str) -> None:
            texts.append([command["method"] for command in json.loads(text)])
            posted.set()
            await arrived.wait()
            await super()._post(text)

    async def answers(link: FakeLink, command: dict[str, Any]) -> None:
        link.reply(command, result=command["method"])

    async def main() -> None:
        link = Slow(answers)
        first = [asyncio.ensure_future(link.call(name)) for name in ("a", "b")]
        await posted.wait()
        later = [asyncio.ensure_future(link.call(name)) for name in ("c", "d")]
        await asyncio.sleep(0)
        left = asyncio.ensure_future(link.call("e"))
        await asyncio.sleep(0)
        left.cancel()
        arrived.set()
        assert await asyncio.gather(*first, *later) == ["a", "b", "c", "d"]
        assert texts[0] == ["a", "b"]
        assert texts[1][:2] == ["c", "d"]

    run(main())


def test_a_message_whose_listener_fails_does_not_take_the_others_with_it() -> None:
    async def main() -> None:
        link = FakeLink(is_mute)
        link.on_progress = Mock(side_effect=ValueError("full"))
        entry = {"name": "p/m", "seconds": 9}
        link.hear({"type": "progress", "stage": "python", "message": "Starting"}, {"type": "health", "entry": entry})
        assert link.cooldowns["p/m"][1] == entry
        assert link.console == ["[error] a message of type progress failed: full"]

    run(main())


def test_a_turn_that_cannot_begin_raises() -> None:
    async def refuses(link: FakeLink, command: dict[str, Any]) -> None:
        link.reply(command, error={"kind": "config", "message": "bad sk-CANARY", "hint": "no sk-CANARY"})

    async def main() -> None:
        with pytest.raises(ConfigError) as caught:
            await collect(Runtime(FakeLink(refuses)))
        assert (str(caught.value), caught.value.info.hint) == ("bad [redacted]", "no [redacted]")

    run(main())


def test_a_prompt_that_is_no_text_is_refused_here() -> None:
    async def main() -> None:
        link = FakeLink(finishes)
        with pytest.raises(ConfigError):
            await Runtime(link).send(b"Hi")  # type: ignore[arg-type]
        assert link.methods == []

    run(main())


def test_sessions_of_a_runtime_get_their_own_events_and_the_commands_of_the_js_api() -> None:
    sent: list[dict[str, Any]] = []

    async def plays(link: FakeLink, command: dict[str, Any]) -> None:
        sent.append(command)
        session = command["params"].get("session")
        if command["method"] == "send":
            for event in (START, {**FINISH, "model": session}):
                link.hear({"type": "events", "session": session, "events": [event]})
        link.reply(command, result=RESULT)

    async def main() -> None:
        runtime = Runtime(FakeLink(plays), {"yaml": "agents: 1\n", "env": {"A": "1"}, "agentName": "x"})
        other = await runtime.session(env={"B": "2"})
        third = await runtime.session("agents: 2\n", auto_approve=True)
        for session, name in ((runtime, "s1"), (other, "s2"), (third, "s3")):
            assert [event.get("model") async for event in session.stream("Hi")] == [None, name]
        await other.send("Hi", model="p/m", fault="quota")
        await other.update(env={"B": "3"})
        await other.prefer(None)
        await other.skip("p/m")
        await other.restart()
        await other.close()

    run(main())
    made = [command["params"] for command in sent if command["method"] == "create_session"]
    assert made == [
        {"session": "s2", "yaml": "agents: 1\n", "env": {"B": "2"}, "agentName": "x"},
        {"session": "s3", "yaml": "agents: 2\n", "env": {"A": "1"}, "autoApprove": True},
    ]
    assert [(command["method"], command["params"]) for command in sent[-6:]] == [
        ("send", {"session": "s2", "prompt": "Hi", "model": "p/m", "fault": "quota"}),
        ("update", {"session": "s2", "env": {"B": "3"}}),
        ("prefer", {"session": "s2"}),
        ("skip", {"session": "s2", "model": "p/m", "skip": True}),
        ("restart", {"session": "s2"}),
        ("close", {"session": "s2"}),
    ]


def test_mapped_prompts_have_their_outcomes_also_when_the_runtime_ends() -> None:
    async def plays(link: FakeLink, command: dict[str, Any]) -> None:
        session, prompt = command["params"]["session"], command["params"]["messages"][0]["content"]
        if prompt == "bad":
            usage = {"type": "error", "turn": "t", "usage": {"input_tokens": 3}, "partial_message": None}
            link.hear({"type": "events", "session": session, "events": [usage]})
            link.reply(command, error=FACTS)
        elif prompt == "last":
            link.die("the browser is gone")
        else:
            result: dict[str, Any] = {**RESULT, "model": "m", "finish_reason": "stop", "usage": None, "attempts": []}
            link.reply(command, result=result)

    async def main() -> None:
        link = FakeLink(plays)
        outcomes = await Runtime(link, {"yaml": "agents: 1\n"}).map(["good", "bad", "last", "late"], parallel=1)
        assert [each["status"] for each in outcomes] == ["ok", "error", "error", "error"]
        assert outcomes[0]["text"] == "Hel"
        assert (outcomes[1]["usage"], outcomes[1]["attempts"]) == ({"input_tokens": 3}, FACTS["attempts"])
        assert [each["error"] and each["error"]["message"] for each in outcomes[2:]] == ["the browser is gone"] * 2
        assert link.methods == ["chat"] * 3
        assert link.listeners == {}

    run(main())


def test_leaving_the_loop_early_aborts() -> None:
    async def main() -> None:
        link = FakeLink(plays_on_until_aborted)
        async with aclosing(Runtime(link).stream("Hi")) as events:
            assert await anext(events) == START
        assert (link.methods, link.reasons) == (["send", "abort"], ["consumer"])

    run(main())


def test_a_command_line_whose_reader_is_gone_is_left_and_not_stopped_by_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        link = FakeLink(plays_on_until_aborted)
        lines = cli.Lines(None)
        monkeypatch.setattr(lines, "event", Mock(side_effect=cli.ReaderGone))
        with pytest.raises(cli.ReaderGone):
            await cli._turn(Runtime(link), parse(["run"]), lines)
        assert link.reasons == ["consumer"]

    run(main())


def test_abort_ends_the_stream_with_its_event() -> None:
    async def main() -> None:
        link = FakeLink(plays_on_until_aborted)
        runtime = Runtime(link)
        seen = []
        async for event in runtime.stream("Hi"):
            seen.append(event)
            if event["type"] == "delta":
                await runtime.abort()
        assert seen == [START, DELTA, ABORTED]
        await runtime.abort()  # with no turn under way: nothing to do
        assert link.reasons == ["user"]

    run(main())


def test_cancelling_the_task_aborts() -> None:
    async def main() -> None:
        link = FakeLink(plays_on_until_aborted)
        began = asyncio.Event()

        async def work() -> None:
            async for event in Runtime(link).stream("Hi"):
                if event["type"] == "delta":
                    began.set()

        task = asyncio.create_task(work())
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (link.methods, link.reasons) == (["send", "abort"], ["consumer"])

    run(main())


def test_a_new_turn_ends_one_that_was_left_open() -> None:
    async def main() -> None:
        link = FakeLink(plays_on_until_aborted)
        runtime = Runtime(link)
        first, second = runtime.stream("Hi"), runtime.stream("Hi")
        await anext(first)
        assert await anext(second) == START
        assert link.methods == ["send", "abort", "send"]
        await second.aclose()
        await first.aclose()

    run(main())


def test_a_turn_that_does_not_stop_ends_all_the_same() -> None:
    async def main() -> None:
        runtime = Runtime(FakeLink(is_mute))
        turn = asyncio.create_task(collect(runtime))
        await asyncio.sleep(0)
        runtime.abort()
        with pytest.raises(SparewheelError) as caught:
            await turn
        assert str(caught.value) == "the turn did not stop within 10 s"
        assert asyncio.get_running_loop().time() == STOP_LIMIT
        with pytest.raises(SparewheelError):
            await runtime.send("And now?")

    run(main())


@pytest.mark.parametrize("events", [(), (START, DELTA)])
def test_a_runtime_that_dies_ends_the_stream(events: tuple[dict[str, Any], ...]) -> None:
    async def dies(link: FakeLink, command: dict[str, Any]) -> None:
        link.events(*events)
        link.die("the page crashed: sk-CANARY", "out of memory")

    async def main() -> None:
        stream = Runtime(FakeLink(dies)).stream("Hi")
        assert [await anext(stream) for _ in events] == list(events)
        with pytest.raises(SparewheelError) as caught:
            await anext(stream)
        assert caught.value.info.kind == "internal"
        assert (str(caught.value), caught.value.info.hint) == ("the page crashed: [redacted]", "out of memory")

    run(main())


def test_a_page_that_takes_no_command_ends_the_stream() -> None:
    async def is_stuck(link: FakeLink, command: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(SparewheelError, match="took no command for 20 s"):
            await collect(Runtime(FakeLink(is_stuck)))
        assert asyncio.get_running_loop().time() == POST_LIMIT

    run(main())


def test_a_pipe_that_breaks_ends_the_stream() -> None:
    async def breaks(link: FakeLink, command: dict[str, Any]) -> None:
        raise BrokenPipeError("gone")

    async def main() -> None:
        with pytest.raises(SparewheelError, match="cannot be reached: gone"):
            await collect(Runtime(FakeLink(breaks)))

    run(main())
