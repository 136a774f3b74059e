"""Ends tabs, renderers and workers at random points of turns, and counts what a stored session has lost.

Each turn has three tool calls and an answer that streams. What the page was shown is told to this process at once: that
is what the journal must have, but for text of the last moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import LIMIT, within

from .report import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.async_api import Browser, BrowserContext, CDPSession, Page

    from sparewheel.testing.record import Request

    from .lab import Lab

CALLS: Final = 3
MAX_EVENTS: Final = 70  # of one turn, about
TURNS: Final = 10  # of one session
PROMISED_MS: Final = 250.0  # of text that was shown, at most, may be missing

_OPEN: Final = """
async ({ script, yaml, env, id, fresh }) => {
  const { createRuntime } = await import(script);
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      globalThis.worker = this;
    }
  };
  const runtime = await createRuntime({ store: { name: "kills" } });
  const execute = (_, { callId }) => `done ${callId}`;
  const work = { description: "Works.", execute };
  const options = { env, tools: { work }, autoApprove: true };
  const hear = (event) => shown(JSON.stringify([performance.timeOrigin + performance.now(), event]));
  globalThis.session = fresh
    ? await runtime.createSession({ ...options, yaml, id, title: "Kills" }, hear)
    : await runtime.sessions.open(id, options, hear);
  return (await runtime.sessions.list()).map((row) => row.id);
}
"""
_SEND: Final = "(prompt) => void session.send(prompt).catch(() => {})"
_MESSAGES: Final = "() => session.messages()"
_TERMINATE: Final = """
() => {
  const ended = worker;
  ended.terminate();
  ended.dispatchEvent(new ErrorEvent("error", { message: "terminated" }));
}
"""
_BUSY: Final = "(ms) => { for (const end = performance.now() + ms; performance.now() < end; ); }"


def answer(request: Request) -> Reply:
    """What the model does next: a call for each of the first three requests of a turn, then a text."""
    messages = request.json["messages"]
    last = max(at for at, message in enumerate(messages) if message["role"] == "user")
    prompt, step = messages[last]["content"], sum(message["role"] == "tool" for message in messages[last:])
    if step < CALLS:
        call = ToolCall(f"{prompt}-{step}", "work", {})
        return Reply(openai_chat(text=["Step ", f"{step} of {prompt}"], tool_calls=[call]))
    return Reply(openai_chat(text=[f"Piece {number} of {prompt}. " for number in range(40)]), every=0.02)


@dataclass
class Shown:
    """What the page was shown of one turn. `text` is the time of each piece in ms, with the length up to there."""

    prompt: str
    turn: str = ""
    steps: int = 1
    text: list[tuple[float, int]] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    end: dict[str, Any] | None = None

    def take(self, at: float, event: dict[str, Any]) -> None:
        self.turn = event["turn"]
        match event["type"]:
            case "step":
                self.steps = event["step"]
                self.text.clear()
            case "delta":
                before = self.text[-1][1] if self.text else 0
                self.text.append((at, before + len(event.get("content", ""))))
            case "tool_result" if not event["is_error"]:
                self.results[event["id"]] = event["output"]
            case "finish" | "error" | "aborted":
                self.end = event


@dataclass
class Losses:
    """What the kills have cost."""

    turns: int = 0
    ended: dict[str, int] = field(default_factory=dict)  # how often in each way
    interrupted: int = 0
    lost: list[str] = field(default_factory=list)  # turns, results and sessions, in words
    missing_ms: list[float] = field(default_factory=list)  # of shown text, by interrupted turn

    def facts(self) -> dict[str, Any]:
        return {
            "turns": self.turns,
            "interrupted": self.interrupted,
            "lost": self.lost,
            "missing_ms": {"max": max(self.missing_ms, default=0.0), "all": sorted(self.missing_ms)},
            **self.ended,
        }

    def table(self) -> Table:
        table = Table("Kills", ["", "count"])
        for way, count in sorted(self.ended.items()):
            table.add(way, str(count))
        table.add("turns", str(self.turns))
        table.add("interrupted", str(self.interrupted))
        table.add("lost", str(len(self.lost)))
        table.add("shown text missing, ms, at most", f"{max(self.missing_ms, default=0.0):.0f}")
        return table


async def kills(lab: Lab, count: int, seed: int) -> Losses:
    """End tabs in so many turns."""
    return await Kills(lab.browser, f"{lab.site.url}bench/", f"{lab.site.url}sparewheel.js", seed).run(count, lab.tell)


class Kills:
    """Runs turns in tabs of `browser` and ends them. The page is at `page_url`, `sparewheel.js` at `script`."""

    def __init__(self, browser: Browser, page_url: str, script: str, seed: int) -> None:
        self.losses = Losses()
        self._browser = browser
        self._url = page_url
        self._script = script
        self._random = random.Random(seed)
        self._chromium = browser.browser_type.name == "chromium"
        self._session = ""
        self._turns: list[Shown] = []  # of the session
        self._events = 0
        self._restored: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._open = False  # whether the page of before still has the session

    async def run(self, count: int, tell: Callable[[str], None] = lambda _: None) -> Losses:
        """End so many turns, each in the next way."""
        ways = ["kill", "close", "reload", "terminate"] if self._chromium else ["close", "reload", "terminate"]
        with ScriptedProvider({"a": [answer]}) as provider:
            context = await self._browser.new_context()
            await context.expose_function("shown", self._hear)
            devtools = await self._browser.new_browser_cdp_session() if self._chromium else None
            page: Page | None = None
            for number in range(count):
                page = await self._look(context, page, provider.url)
                if number % TURNS == 0:
                    self._turns.clear()
                    self._session = f"kept {number // TURNS}"
                    await self._load(page, provider.url, fresh=True)
                await self._turn(page, number)
                await self._end(ways[number % len(ways)], page, devtools)
                tell(f"{number + 1} of {count}: {self.losses.facts()}")
            await self._look(context, page, provider.url)
            await context.close()
        return self.losses

    def _hear(self, text: str) -> None:
        at, event = json.loads(text)
        if event["type"] == "restored":
            self._restored.append(event)
        elif event["turn"] is not None:
            self._turns[-1].take(at, event)
            self._events += 1
        self._news.set()

    async def _look(self, context: BrowserContext, page: Page | None, url: str) -> Page:
        """Open the session again, and compare what is left of it with what was shown."""
        if page is None or page.is_closed():
            page = await context.new_page()
        if self._turns:
            if not self._open:
                await self._load(page, url, fresh=False)
            await self._compare(page)
        return page

    async def _load(self, page: Page, url: str, *, fresh: bool) -> None:
        await page.goto(self._url, wait_until="load")
        options = {
            "script": self._script,
            "yaml": agent_file({"a": url}),
            "env": ENV,
            "id": self._session,
            "fresh": fresh,
        }
        listed = await within(page.evaluate(_OPEN, {**options, "fresh": fresh}), 2 * LIMIT)
        if self._session not in listed:
            self.losses.lost.append(f"session {self._session}")

    async def _turn(self, page: Page, number: int) -> None:
        """Run a turn up to a random event."""
        self._turns.append(Shown(f"Prompt {number}"))
        self._events = 0
        await within(page.evaluate(_SEND, self._turns[-1].prompt))
        until = self._random.randint(1, MAX_EVENTS)
        await within(self._heard(lambda: self._events >= until or self._turns[-1].end is not None))
        self.losses.turns += 1

    async def _heard(self, done: Callable[[], bool]) -> None:
        while not done():
            self._news.clear()
            await self._news.wait()

    async def _end(self, way: str, page: Page, devtools: CDPSession | None) -> None:
        self.losses.ended[way] = self.losses.ended.get(way, 0) + 1
        self._restored.clear()
        self._open = way == "terminate"
        if way == "kill":
            assert devtools is not None
            await _kill(page, devtools)
            await page.close()
        elif way == "close":
            await page.close()
        elif way == "terminate":
            await within(page.evaluate(_TERMINATE))

    async def _compare(self, page: Page) -> None:
        """Compare what was shown of all turns with what is stored of them."""
        if not self._turns:
            return
        stored: dict[str, list[dict[str, Any]]] = {}
        for message in await within(page.evaluate(_MESSAGES)):
            if message["role"] == "user":
                stored[message["content"]] = []
            else:
                stored[next(reversed(stored))].append(message)
        for shown in list(self._turns):
            self._check(shown, stored.get(shown.prompt), last=shown is self._turns[-1])
            if shown.prompt not in stored:
                self._turns.remove(shown)  # there was nothing to be kept

    def _check(self, shown: Shown, stored: list[dict[str, Any]] | None, *, last: bool) -> None:
        restored = next((event for event in self._restored if event["interrupted"] == shown.turn), None)
        if stored is None and shown.turn and not (last and restored):
            self.losses.lost.append(f"{shown.prompt}: the turn")
            return
        outputs = {message.get("tool_call_id"): message["content"] for message in stored or ()}
        for call, output in shown.results.items():
            if outputs.get(call) != output:
                self.losses.lost.append(f"{shown.prompt}: the result of {call}")
        answers = [message for message in stored or () if message["role"] == "assistant"]
        ended_well = shown.end is not None and shown.end["type"] == "finish"
        if ended_well and (not answers or answers[-1]["content"] != shown.end["message"]["content"]):  # type: ignore[index]  # it ended
            self.losses.lost.append(f"{shown.prompt}: the answer")
        if last and not ended_well and shown.turn:
            self.losses.interrupted += 1
            length = len(answers[shown.steps - 1]["content"]) if len(answers) >= shown.steps else 0
            late = [at for at, end in shown.text if end > length]
            self.losses.missing_ms.append(shown.text[-1][0] - late[0] if late else 0.0)


async def _kill(page: Page, devtools: CDPSession) -> None:
    """Send SIGKILL to the process of a page: the renderer that has worked while the page was busy."""
    crashed = asyncio.Event()
    page.on("crash", lambda _: crashed.set())
    while not crashed.is_set():
        before = await _renderers(devtools)
        await within(page.evaluate(_BUSY, 100))
        after = await _renderers(devtools)
        victim = max(after, key=lambda pid: after[pid] - before.get(pid, 0.0))
        os.kill(victim, signal.SIGKILL)
        with suppress(TimeoutError):  # it was another process: once more
            await asyncio.wait_for(crashed.wait(), 5)


async def _renderers(devtools: CDPSession) -> dict[int, float]:
    """Seconds of CPU that each renderer has used, by process."""
    info = await devtools.send("SystemInfo.getProcessInfo")
    return {each["id"]: each["cpuTime"] for each in info["processInfo"] if each["type"] == "renderer"}
