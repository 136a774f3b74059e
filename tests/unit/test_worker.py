"""Turns as the page sees them: events, then one reply."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sparewheel.testing import Reply, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import check_rules, folded_text
from tests.support.workerpage import ANSWER, KEY, YAML, Page


def test_a_turn_is_events_then_one_reply() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await page.open()
        reply = await page.call("send", session="s", prompt="hi")
        events = page.events("s")
        check_rules(events)
        assert folded_text(events) == reply["result"]["message"]["content"] == "Answer"
        assert json.loads(page.said[-1]) == reply

    run(main())


def test_what_one_network_chunk_brings_is_one_push() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(openai_chat(text=["a"] * 500), split=())]})
        await page.open()
        before = len(page.said)
        await page.call("send", session="s", prompt="hi")
        pushes = page.said[before:-1]
        assert len(page.events("s")) > 500
        assert len(pushes) <= 6  # the conversation is one of them

    run(main())


def test_a_page_learns_the_commands_of_the_agent() -> None:
    async def main() -> None:
        yaml = """
agents:
  root:
    model: openai/a
    use_commands: [shared]
    commands:
      fix: Fix ${env.THING}.
      help: {description: Opens the manual, url: "https://manual.example.test"}
      ask: {instruction: Who are you?, agent: root}
commands: {shared: {greet: Say hello.}}
"""
        env = {"OPENAI_API_KEY": KEY, "THING": "the roof"}
        reply = await Page({}).call("create_session", session="s", yaml=yaml, env=env)
        assert reply["result"]["commands"] == {
            "greet": {"instruction": "Say hello."},
            "fix": {"instruction": "Fix the roof."},
            "help": {"description": "Opens the manual", "url": "https://manual.example.test"},
            "ask": {"instruction": "Who are you?", "agent": "root"},
        }

    run(main())


def test_abort_ends_the_turn_at_once_with_its_event_and_its_reply() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2), ANSWER]})
        await page.open()
        turn = page.post("send", session="s", prompt="hi")
        await page.until('"delta"')
        abort = page.post("abort", session="s")
        await page.settle()
        assert asyncio.get_running_loop().time() == 0
        assert page.reply(abort)["result"] is None
        error = page.reply(turn)["error"]
        assert error["kind"] == "aborted"
        assert "aborted" in error["message"]
        events = page.events("s")
        check_rules(events)
        assert events[-1]["partial"] == "An"
        assert page.transport.open == 0
        assert "result" in await page.call("send", session="s", prompt="again")

    run(main())


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("abort", {}, "user"),
        ("abort", {"session": "s"}, "user"),
        ("abort", {"session": "s", "reason": "user"}, "user"),
        ("abort", {"session": "s", "reason": "consumer"}, "consumer"),
        ("restart", {"session": "s"}, "restart"),
        ("close", {"session": "s"}, "dispose"),
    ],
)
def test_the_aborted_event_names_the_reason(method: str, params: dict[str, Any], reason: str) -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2)]})
        await page.open()
        page.post("send", session="s", prompt="hi")
        await page.until('"delta"')
        page.post(method, **params)
        page.post("abort", session="s", reason="consumer")  # too late: the first reason counts
        await page.settle()
        aborted = page.events("s")[-1]
        assert (aborted["type"], aborted["reason"]) == ("aborted", reason)
        assert aborted["message"] == {"role": "assistant", "content": aborted["partial"]}
        if method == "abort":
            (episode,) = (await page.call("export", session="s"))["result"]["episodes"]
            assert episode["outcome"] == ("abandoned" if reason == "consumer" else "aborted")

    run(main())


def test_abort_without_a_name_stops_every_turn_and_only_turns() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2), Reply(ANSWER, silent_after=2)]})
        await page.open("s")
        await page.open("t")
        turns = [page.post("send", session=name, prompt="hi") for name in ("s", "t")]
        await page.until('"delta"', times=2)
        page.post("abort")
        await page.settle()
        assert [page.reply(turn)["error"]["kind"] for turn in turns] == ["aborted", "aborted"]
        assert "result" in await page.call("abort")

    run(main())


def test_chat_is_a_session_for_one_call() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        history = [
            {"role": "user", "content": "one"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "seen"},
            {"role": "user", "content": [{"type": "text", "text": "two"}]},
        ]
        env = {"OPENAI_API_KEY": KEY}
        reply = await page.call("chat", session="c", yaml=YAML, env=env, messages=history)
        assert reply["result"]["message"]["content"] == "Answer"
        sent = json.loads(page.transport.requests[0].body)["messages"]
        assert sent == [*history[:3], {"role": "user", "content": "two"}]
        assert (await page.call("send", session="c", prompt="x"))["error"]["message"] == "session is closed"

    run(main())
