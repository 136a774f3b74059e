"""Two tabs with one session: one drives it, the other one shows its turns from what is stored, and may take over."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.state.journal import Memory, Store
from sparewheel.state.journal.retelling import Retelling
from sparewheel.testing import Reply, ToolCall, dropped, openai_chat
from tests.support.fakeloop import run
from tests.support.kept import Watched
from tests.support.scripted import check_rules, terminal_message
from tests.support.workerpage import ANSWER, KEY, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

ENV = {"OPENAI_API_KEY": KEY, "OTHER_KEY": "sk-other-0123456789"}
YAML = """
agents:
  root:
    model: openai/a
    fallback: {retries: 1, models: [openai/b], backoff: {initial: 1ms, jitter: 0}}
    toolsets: [{type: todo}, {type: think}]
"""
PIECES = [f"piece {number} " for number in range(20)]
WHOLE = "".join(PIECES)
LONG = Reply(openai_chat(text=PIECES), every=0.1)
REASONING = Reply(openai_chat(reasoning=["I ", "see"], text=["An", "swer"]), every=0.15)
TODO = ToolCall("call_1", "create_todo", {"description": "Buy milk"})
THINK = ToolCall("call_2", "think", {"thought": "Hm."})


class Tabs:
    """A driver and a follower of the session "mine"."""

    def __init__(self, **script: Sequence[Any]) -> None:
        self.memory = Memory()
        self.pages = [Page({name: list(replies) for name, replies in script.items()}) for _ in range(2)]
        for page in self.pages:
            page.worker._stored.store = Store(Watched(self.memory))
        self.driver, self.follower = self.pages

    async def open(self) -> None:
        await self.do(self.driver, "create_session", session="s", yaml=YAML, env=ENV, id="mine", autoApprove=True)
        await self.do(self.driver, "list_sessions")  # which writes what is queued
        opened = await self.do(self.follower, "open_session", session="f", id="mine", env=ENV, autoApprove=True)
        assert opened["read_only"] is True

    async def do(self, page: Page, method: str, **params: Any) -> Any:
        reply = await page.call(method, **params)
        assert "error" not in reply, reply
        return reply["result"]

    async def die(self, page: Page) -> None:
        """End a tab: nothing of it runs any more, and the browser releases its locks."""
        page.worker._send = lambda text: None
        for task in [*page.worker._tasks]:
            task.cancel()
        backend = page.worker._stored.store.backend
        for name, owner in list(self.memory.owners.items()):
            if owner is backend:
                await backend.release(name)


def turns(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        found.setdefault(event["turn"], []).append(event)
    return list(found.values())


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param({"a": [ANSWER]}, id="short"),
        pytest.param({"a": [LONG]}, id="long"),
        pytest.param(
            {"a": [Reply(openai_chat(reasoning=["I ", "see"], text=["An", "swer"]), every=0.15)]}, id="reasoning"
        ),
        pytest.param({"a": [Reply(openai_chat(tool_calls=[TODO, THINK])), LONG]}, id="tools"),
        pytest.param(
            {"a": [Reply(openai_chat(text="First. ", tool_calls=[TODO])), openai_chat(tool_calls=[THINK]), LONG]},
            id="steps",
        ),
        pytest.param({"a": [Reply(LONG.events, every=0.1, cut_at=1500), LONG]}, id="discarded"),
        pytest.param({"a": [Reply(status=429)] * 2, "b": [LONG]}, id="fallback"),
        pytest.param({"a": [dropped()] * 2, "b": [dropped()] * 2}, id="failed"),
    ],
)
def test_a_follower_sees_the_turns_of_the_driver(replies: dict[str, list[Any]]) -> None:
    async def main() -> None:
        tabs = Tabs(**replies)
        await tabs.open()
        await tabs.driver.call("send", session="s", prompt="Hello?")
        [own] = turns(tabs.driver.events("s"))
        [shown] = turns(tabs.follower.events("f"))
        check_rules(own)
        check_rules(shown)
        assert shown[0]["prompt"] == "Hello?"
        assert (shown[0]["turn"], shown[0]["agent"]) == (own[0]["turn"], own[0]["agent"])
        assert shown[-1]["type"] == own[-1]["type"]
        assert terminal_message(shown[-1]) == terminal_message(own[-1])
        for kind in ("tool_call", "tool_result", "usage"):
            assert plain(shown, kind) == plain(own, kind)
        assert await tabs.do(tabs.follower, "messages", session="f") == await tabs.do(
            tabs.driver, "messages", session="s"
        )

    run(main())


def plain(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [{key: event[key] for key in event.keys() - {"seq"}} for event in events if event["type"] == kind]


def test_a_long_answer_is_shown_while_it_grows() -> None:
    async def main() -> None:
        tabs = Tabs(a=[LONG])
        await tabs.open()
        tabs.driver.post("send", session="s", prompt="Hello?")
        await tabs.follower.until('"delta"', 4)
        assert not any('"finish"' in text for text in tabs.driver.said)
        late = Page({})
        late.worker._stored.store = Store(Watched(tabs.memory))
        await tabs.do(late, "open_session", session="l", id="mine", env=ENV)  # which waits for the end of the turn
        for events in (tabs.follower.events("f"), late.events("l")):
            check_rules(events)
            assert events[-1]["type"] == "finish"

    run(main())


def test_the_driver_hands_over_after_its_turn() -> None:
    async def main() -> None:
        tabs = Tabs(a=[LONG, ANSWER])
        await tabs.open()
        running = tabs.driver.post("send", session="s", prompt="Hello?")
        await tabs.driver.until('"delta"')
        taken = await tabs.do(tabs.follower, "take_over", session="f")
        assert ("read_only" in taken, taken["messages"]) == (False, 2)
        assert tabs.driver.reply(running)["result"]["finish_reason"] == "stop"
        event = {"type": "driver", "turn": None, "seq": None, "read_only": True}
        assert {"type": "notice", "session": "s", "event": event} in map(json.loads, tabs.driver.said)
        assert (await tabs.driver.call("send", session="s", prompt="x"))["error"]["kind"] == "open_elsewhere"
        assert taken == await tabs.do(tabs.follower, "take_over", session="f")

        await tabs.do(tabs.follower, "send", session="f", prompt="And now?")
        asked = [json.loads(request.body)["messages"] for request in tabs.follower.transport.requests]
        assert [message["content"] for message in asked[0][1:]] == [
            "Hello?",
            "".join(f"piece {n} " for n in range(20)),
            "And now?",
        ]
        own, followed = turns(tabs.driver.events("s"))  # it follows now
        check_rules(own)  # its own turn is not shown again
        check_rules(followed)
        assert turns(tabs.driver.events("s"))[-1][0]["prompt"] == "And now?"
        await tabs.do(tabs.driver, "take_over", session="s")
        assert (await tabs.follower.call("send", session="f", prompt="x"))["error"]["kind"] == "open_elsewhere"

    run(main())


def test_a_session_is_taken_over_when_its_driver_dies_in_a_turn() -> None:
    async def main() -> None:
        tabs = Tabs(a=[LONG, ANSWER])
        await tabs.open()
        tabs.driver.post("send", session="s", prompt="Hello?")
        await tabs.follower.until('"delta"', 3)
        await tabs.die(tabs.driver)
        taken = await tabs.do(tabs.follower, "take_over", session="f")
        [shown] = turns(tabs.follower.events("f"))
        check_rules(shown)
        assert (shown[-1]["type"], shown[-1]["retryable"]) == ("error", True)
        assert taken["restored"]["interrupted"] == shown[0]["turn"]
        assert taken["restored"]["partial"] == shown[-1]["partial_message"]["content"] != ""
        tabs.follower.transport = tabs.follower.worker._transport.network = Page({"a": [ANSWER]}).transport
        await tabs.do(tabs.follower, "send", session="f", prompt="Again?")
        assert turns(tabs.follower.events("f"))[-1][-1]["type"] == "finish"

    run(main())


def test_a_session_goes_to_everyone_who_asks_for_it() -> None:
    async def main() -> None:
        tabs = Tabs(a=[LONG])
        await tabs.open()
        third = Page({})
        third.worker._stored.store = Store(Watched(tabs.memory))
        await tabs.do(third, "open_session", session="t", id="mine", env=ENV)
        tabs.driver.post("send", session="s", prompt="Hello?")
        await tabs.driver.until('"delta"')
        twice = [tabs.follower.post("take_over", session="f") for _ in range(2)]
        taken = third.post("take_over", session="t")
        await third.settle()
        assert [tabs.follower.reply(number)["result"]["id"] for number in twice] == ["mine", "mine"]
        assert third.reply(taken)["result"]["messages"] == 2
        for page, name in ((tabs.driver, "s"), (tabs.follower, "f")):
            assert (await page.call("send", session=name, prompt="x"))["error"]["kind"] == "open_elsewhere"
        assert [*tabs.memory.owners.values()] == [third.worker._stored.store.backend]

    run(main())


def test_a_session_is_taken_only_if_it_is_free() -> None:
    async def main() -> None:
        tabs = Tabs(a=[ANSWER] * 4)
        await tabs.open()
        asked = await tabs.do(tabs.follower, "take_over", session="f", if_free=True)
        assert asked["read_only"] is True
        await tabs.do(tabs.driver, "send", session="s", prompt="Hello?")  # which was not asked for it
        waiting = tabs.follower.post("take_over", session="f")
        await tabs.follower.settle()
        assert (await tabs.do(tabs.driver, "take_over", session="s", if_free=True))["read_only"] is True
        assert "read_only" not in tabs.follower.reply(waiting)["result"]
        await tabs.die(tabs.follower)
        taken = await tabs.do(tabs.driver, "take_over", session="s", if_free=True)
        assert (taken["messages"], "read_only" in taken) == (2, False)
        await tabs.do(tabs.driver, "send", session="s", prompt="And now?")

    run(main())


def test_an_interruption_is_reported_once() -> None:
    async def main() -> None:
        tabs = Tabs(a=[LONG])
        await tabs.open()
        tabs.driver.post("send", session="s", prompt="Hello?")
        await tabs.follower.until('"delta"', 3)
        await tabs.die(tabs.driver)
        assert "restored" in await tabs.do(tabs.follower, "take_over", session="f")
        assert "restored" not in await tabs.do(tabs.follower, "take_over", session="f")

    run(main())


def test_a_claim_that_waits_ends_with_its_session() -> None:
    async def main() -> None:
        tabs = Tabs(a=[Reply(LONG.events, every=1000)])
        await tabs.open()
        running = tabs.driver.post("send", session="s", prompt="Hello?")
        await tabs.driver.until('"start"')
        waiting = tabs.follower.post("take_over", session="f")
        await asyncio.sleep(1)
        tabs.follower.post("close", session="f")
        await asyncio.sleep(1)
        assert tabs.follower.reply(waiting)["error"]["kind"] == "aborted"
        await tabs.do(tabs.driver, "close", session="s")
        assert tabs.driver.reply(running)["error"]["kind"] == "aborted"
        assert tabs.memory.owners == {}

    run(main())


def test_records_of_a_wrong_shape_are_left_out() -> None:
    told = Retelling({})
    odd: list[dict[str, Any]] = [
        {"type": "partial", "turn": "t"},
        {"type": "partial", "turn": "t", "items": [{"attempt": "x", "content": 5}, 5]},
        {"type": "step", "turn": "t", "messages": [5, {"role": "assistant"}], "start": 0},
        {"type": "step", "turn": "t", "result": 5},
        {"type": "end", "turn": "t", "outcome": "failed"},
        {"type": "prompt", "turn": 5},
        {"type": "session", "key": "file"},
        {"type": "later", "turn": "t"},
        {"type": "end", "turn": "t", "outcome": "finished", "reason": "stop", "model": "m", "usage": None},
    ]
    for record in odd:
        events = told.take([record])
    assert [event["type"] for event in events] == ["finish"]
    assert told.take([{"type": "end", "turn": "t", "outcome": "finished", "messages": []}]) == []
