"""One turn from the command line and from Python, in a real browser, against a scripted provider."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from sparewheel import headless
from sparewheel.errors import SparewheelError
from sparewheel.headless import browser_link
from sparewheel.testing import Gate, Reply, ScriptedProvider, openai_chat
from tests.support.runs import ENV, KEY, Run, agent, all_end

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches processes as Linux does")


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts runs; those that a failing test leaves behind are ended."""
    runs: list[Run] = []

    def start(*words: str, stderr: int | None = None) -> Run:
        runs.append(Run(tmp_path, *words, stderr=stderr))
        return runs[-1]

    yield start
    for run in runs:
        run.process.terminate()
        run.stdout.close()
        run.process.wait()


@contextmanager
def frozen(pidfds: list[int]) -> Iterator[None]:
    """These processes stand still for a while, those of them that have not ended."""

    def send(number: signal.Signals) -> None:
        for pidfd in pidfds:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, number)

    send(signal.SIGSTOP)
    try:
        yield
    finally:
        send(signal.SIGCONT)


def write(folder: Path, text: str) -> str:
    path = folder / "agent.yaml"
    path.write_text(text)
    return str(path)


def shown(events: list[dict[str, Any]]) -> str:
    """The text of the last attempt."""
    deltas = [event for event in events if event["type"] == "delta"]
    return "".join(event.get("content", "") for event in deltas if event["attempt"] == deltas[-1]["attempt"])


@pytest.mark.parametrize("engine", ["chromium", "node"])
def test_the_demo_agent_survives_two_failing_models(engine: str, start: Start) -> None:
    run = start("--engine", engine)
    assert run.end() == 0, run.stderr
    assert {"delta", "discard", "retry", "fallback"} <= set(run.types)
    assert run.terminals == ["finish"]
    assert run.types[-1] == "finish"
    assert [event["seq"] for event in run.events] == list(range(1, len(run.events) + 1))
    ends = [event for event in run.events if event["type"] == "block_end"]
    assert shown(run.events) == ends[-1]["content"] != ""
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("engine", ["chromium", "node"])
def test_events_are_printed_as_they_happen(engine: str, start: Start, tmp_path: Path) -> None:
    text = ("One", " two", " three")
    first = next(number for number, event in enumerate(openai_chat(text=text), 1) if b"One" in event)
    gate = Gate()
    with ScriptedProvider({"m": [Reply(openai_chat(text=text), gates={first: gate})]}) as server:
        run = start(write(tmp_path, agent(server)), "Count", "--env", "TEST_KEY", "--engine", engine)
        assert run.until("delta")["content"] == "One"
        assert run.process.poll() is None
        assert server.requests[0].bytes_sent < len(Reply(openai_chat(text=text)).body)  # the rest is not even sent
        gate.open()
        assert run.end() == 0
    assert shown(run.events) == "One two three"
    assert run.terminals == ["finish"]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_failed_turn_exits_with_1_and_no_key_is_printed(start: Start, tmp_path: Path) -> None:
    refusal = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}
    with ScriptedProvider({"m": [Reply.json(401, refusal)]}) as server:
        run = start(write(tmp_path, agent(server)), "Hi", "--env", f"TEST_KEY={KEY}")
        assert run.end() == 1
    assert run.terminals == ["error"]
    assert run.events[-1]["kind"] == "auth"
    assert "CANARY" not in json.dumps(run.events) + run.stderr


@pytest.mark.parametrize("yaml", ["agents: [", "agents: {root: {model: nowhere/x, instruction: Hi}}\n"])
def test_an_agent_that_cannot_be_used_exits_with_1_and_one_error(yaml: str, start: Start, tmp_path: Path) -> None:
    run = start(write(tmp_path, yaml), "Hi", "--engine", "node")
    assert run.end() == 1
    assert [(event["type"], event["kind"]) for event in run.events] == [("error", "config")]
    assert "Traceback" not in run.stderr


def test_bad_usage_exits_with_2(start: Start) -> None:
    run = start("--nonsense")
    assert (run.end(), run.events) == (2, [])
    assert run.stderr.startswith("usage: ")


@pytest.mark.parametrize(
    ("engine", "number"), [("chromium", signal.SIGINT), ("chromium", signal.SIGTERM), ("node", signal.SIGINT)]
)
def test_an_interrupt_aborts_the_turn_and_leaves_nothing_running(
    engine: str, number: signal.Signals, start: Start, tmp_path: Path
) -> None:
    with ScriptedProvider({"m": [Reply(openai_chat(text=("One", " two")), silent_after=2)]}) as server:
        run = start(write(tmp_path, agent(server)), "Count", "--env", "TEST_KEY", "--engine", engine)
        run.until("delta")
        started = run.descendants()
        run.process.send_signal(number)
        assert run.end() == 130
        server.wait_for_disconnect()
    assert run.terminals == ["aborted"]
    assert run.events[-1]["partial"] == "One"
    assert started
    assert all_end(started)
    assert "Traceback" not in run.stderr


def test_an_interrupt_while_it_starts_is_silent(start: Start, tmp_path: Path) -> None:
    (tmp_path / "headless.html").write_text('<!doctype html><script type="module" src="boots_for_ever.js"></script>')
    (tmp_path / "boots_for_ever.js").write_text(
        "globalThis.createRuntime = ({onProgress}) => {"
        'let n = 0; setInterval(() => onProgress({stage: "pyodide", message: `Step ${++n}`}), 50);'
        "return new Promise(() => {}); };"
    )
    run = start(write(tmp_path, "agents: {}\n"), "Hi", "--dist", str(tmp_path), stderr=subprocess.PIPE)
    assert run.process.stderr
    with run.process.stderr as stderr:
        assert next(line for line in stderr if b"Step" in line)
        started = run.descendants()
        run.process.send_signal(signal.SIGINT)
        assert b"Traceback" not in stderr.read()
    assert (run.end(), run.events) == (130, [])
    assert all_end(started)


def test_a_second_interrupt_leaves_at_once(start: Start, tmp_path: Path) -> None:
    with ScriptedProvider({"m": [Reply(openai_chat(text=("One", " two")), silent_after=2)]}) as server:
        run = start(write(tmp_path, agent(server)), "Count", "--env", "TEST_KEY", stderr=subprocess.PIPE)
        run.until("delta")
        started = run.descendants()
        assert run.process.stderr
        with run.process.stderr as stderr, frozen(started):  # the abort cannot get through
            run.process.send_signal(signal.SIGINT)
            assert next(line for line in stderr if b"aborting" in line)
            run.process.send_signal(signal.SIGINT)
            assert run.end() == 130
    assert run.terminals == []
    assert all_end(started)


def test_a_reader_that_goes_away_ends_it_quietly(start: Start, tmp_path: Path) -> None:
    gate = Gate()
    with ScriptedProvider({"m": [Reply(openai_chat(text=("One", " two")), gates={2: gate})]}) as server:
        run = start(write(tmp_path, agent(server)), "Count", "--env", "TEST_KEY")
        run.until("delta")
        run.stdout.close()
        gate.open()
        assert run.process.wait() == 130
    assert "Traceback" not in run.stderr
    assert "BrokenPipe" not in run.stderr


async def test_one_session_over_several_turns() -> None:
    replies = [Reply(openai_chat(text="Blue.")), Reply(openai_chat(text="I said blue."))]
    with ScriptedProvider({"m": replies}) as server:
        async with headless.open(agent(server), env=ENV) as runtime:
            events = [event async for event in runtime.stream("A colour?")]
            result = await runtime.send("What did you say?")
            assert await runtime.page.title() is not None
            said = "\n".join(runtime.console)
    assert (events[-1]["type"], shown(events)) == ("finish", "Blue.")
    assert result["message"]["content"] == "I said blue."
    roles = [(message["role"], message["content"]) for message in server.requests[1].json["messages"]]
    assert roles[-3:] == [("user", "A colour?"), ("assistant", "Blue."), ("user", "What did you say?")]
    assert "CANARY" not in said


async def test_leaving_the_loop_ends_the_request_and_the_session_goes_on() -> None:
    replies = [Reply(openai_chat(text=("One", " two")), silent_after=2), Reply(openai_chat(text="Again."))]
    with ScriptedProvider({"m": replies}) as server:
        async with headless.open(agent(server), env=ENV) as runtime:
            async with aclosing(runtime.stream("Count")) as events:
                async for event in events:
                    if event["type"] == "delta":
                        break
            await asyncio.to_thread(server.wait_for_disconnect)
            assert (await runtime.send("Count"))["message"]["content"] == "Again."


async def crash(page: Page) -> None:
    session = await page.context.new_cdp_session(page)
    await asyncio.wait({asyncio.ensure_future(session.send("Page.crash"))})  # never answered: fails, as the page does


async def leave(page: Page) -> None:
    await page.goto("about:blank")


async def close(page: Page) -> None:
    await page.close()


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (crash, "the page crashed"),
        (leave, "the page (was replaced|is gone)"),
        (close, "the page is gone"),
    ],
)
async def test_a_page_that_is_lost_ends_the_stream(
    end: Callable[[Page], Awaitable[None]], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_link, "PULSE", 0.1)
    with ScriptedProvider({"m": [Reply(openai_chat(text=("One", " two")), silent_after=2)]}) as server:
        async with headless.open(agent(server), env=ENV) as runtime:
            stream = runtime.stream("Count")
            while (await anext(stream))["type"] != "delta":
                pass
            ending = asyncio.ensure_future(end(runtime.page))
            with pytest.raises(SparewheelError, match=reason):
                await anext(stream)
            with pytest.raises(SparewheelError, match=reason):
                await runtime.send("Still there?")
        await asyncio.wait({ending})


async def test_a_config_error_comes_out_of_open() -> None:
    with pytest.raises(SparewheelError) as caught:
        async with headless.open("agents:\n  root: {model: nowhere/x}\n", engine="node"):
            pass
    assert caught.value.info.kind == "config"
