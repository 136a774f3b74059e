"""The page of a worker in unit tests: it sends commands and keeps what it gets."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sparewheel.testing import openai_chat
from sparewheel.worker import Worker
from tests.support.scripted import Script, ScriptedTransport

if TYPE_CHECKING:
    from sparewheel.state.journal import Store

KEY = "sk-CANARY-0123456789"
YAML = """
agents: {root: {model: openai/a, fallback: {retries: -1, models: [mine/b]}}}
providers: {mine: {base_url: "https://mine.example.test"}}
"""
ADDRESS = """
agents: {root: {model: m}}
models: {m: {provider: openai, model: a, base_url: "%s"}}
"""
ANSWER = openai_chat(text=["An", "swer"])


class Page:
    """What the page sees of a worker."""

    def __init__(self, script: dict[str, list[Script]]) -> None:
        self.transport = ScriptedTransport(script)
        self.said: list[str] = []
        self.worker = Worker(self._hear, self.transport)
        self._news = asyncio.Event()
        self._last = 0

    def _hear(self, text: str) -> None:
        self.said.append(text)
        self._news.set()

    async def until(self, part: str, times: int = 1) -> None:
        """Wait until so many pushes hold `part`."""
        while sum(part in text for text in self.said) < times:
            self._news.clear()
            await self._news.wait()

    def post(self, method: str, **params: Any) -> int:
        self._last += 1
        command = {"id": self._last, "method": method, "params": params}
        self.worker.dispatch(json.dumps(command, separators=(",", ":")))
        return self._last

    def piece(self, call: int, **fields: Any) -> None:
        """A piece of the answer to a host call."""
        self.worker.dispatch(json.dumps({"type": "piece", "call": call, **fields}))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Post a command and wait for everything to settle; its reply."""
        number = self.post(method, **params)
        await self.settle()
        return self.reply(number)

    async def settle(self) -> None:
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)

    def reply(self, number: int) -> dict[str, Any]:
        found = [p for p in map(json.loads, self.said) if p["type"] == "reply" and p["id"] == number]
        assert len(found) == 1, f"{len(found)} replies to command {number}"
        return dict(found[0])

    def events(self, session: str) -> list[dict[str, Any]]:
        pushes = [p for p in map(json.loads, self.said) if p["type"] == "events" and p["session"] == session]
        return [event for push in pushes for event in push["events"]]

    async def open(self, session: str = "s") -> None:
        reply = await self.call("create_session", session=session, yaml=YAML, env={"OPENAI_API_KEY": KEY})
        assert len(reply["result"].pop("id")) == 16
        assert reply["result"] == {
            "title": "",
            "messages": 0,
            "agent": "root",
            "models": ["openai/a", "mine/b"],
            "agents": ["root"],
            "welcome_message": "",
            "warnings": [],
            "missing_keys": [],
            "choices": {"preferred": None, "skipped": []},
            "commands": {},
        }


ENV = {"OPENAI_API_KEY": KEY}


def on(store: Store, *replies: Any) -> Page:
    """A page whose worker keeps its sessions in this store."""
    page = Page({"a": list(replies)})
    page.worker._stored.store = store
    return page


async def result(page: Page, method: str, **params: Any) -> Any:
    reply = await page.call(method, **params)
    assert "error" not in reply, reply
    return reply["result"]


async def refusal(page: Page, method: str, **params: Any) -> tuple[str, str]:
    error = (await page.call(method, **params))["error"]
    return error["kind"], error["message"]


async def refused_elsewhere(page: Page, method: str, **params: Any) -> None:
    assert (await refusal(page, method, **params))[0] == "open_elsewhere"
