"""Runs inside Pyodide: stands in for the page, and tells the host what happened as plain data.

State lives here from call to call, so that the host can open a gate while a turn is under way.
"""

from __future__ import annotations

import asyncio
import builtins
import gc
import importlib
import importlib.util
import json
import pkgutil
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
LIMIT = 50.0  # seconds until a wait has failed


class Page:
    """Sends commands to a worker and keeps every text that it pushes."""

    def __init__(self) -> None:
        from sparewheel.worker import start

        self.said: list[str] = []
        self._news = asyncio.Event()
        self._ids = 0
        self._dispatch = start(self._hear)

    def _hear(self, text: str) -> None:
        self.said.append(text)
        self._news.set()

    def tell(self, method: str, **params: Any) -> int:
        self._ids += 1
        self._dispatch(json.dumps({"id": self._ids, "method": method, "params": params}))
        return self._ids

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.reply(self.tell(method, **params))

    async def reply(self, number: int) -> dict[str, Any]:
        return await self.until(lambda: next((m for m in self.messages if m.get("id") == number), None))

    async def until(self, found: Callable[[], T | None]) -> T:
        async with asyncio.timeout(LIMIT):
            while (value := found()) is None:
                self._news.clear()
                await self._news.wait()
        return value

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.said]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for m in self.messages if m["type"] == "events" for event in m["events"]]

    def first(self, kind: str, n: int = 1) -> dict[str, Any] | None:
        """The n-th event of a type, if it has come."""
        return next(iter([event for event in self.events if event["type"] == kind][n - 1 :]), None)


_page: Page | None = None
_turn = 0
_before: set[asyncio.Task[Any]] = set()
abandoned: list[str] = []
_close_for_others = sys.get_asyncgen_hooks().finalizer


def page() -> Page:
    assert _page is not None, "no session was opened"
    return _page


async def open_session(yaml: str, env: Mapping[str, str]) -> dict[str, Any]:
    """A new worker with one session."""
    global _page, _before
    _watch_generators()
    _before = asyncio.all_tasks()
    _page = Page()
    return await _page.call("create_session", session="s1", yaml=yaml, env=env)


def _watch_generators() -> None:
    """Note every async generator that nobody closed, before the loop closes it for whoever forgot."""

    def note(generator: Any) -> None:
        abandoned.append(generator.__qualname__)
        if _close_for_others is not None:
            _close_for_others(generator)

    gc.collect()
    abandoned.clear()
    sys.set_asyncgen_hooks(finalizer=note)


async def begin(prompt: str) -> None:
    """Start a turn and leave it running."""
    global _turn
    _turn = page().tell("send", session="s1", prompt=prompt)


async def wait_for(kind: str, n: int = 1) -> list[dict[str, Any]]:
    """Every event so far, once the n-th of a type is there."""
    await page().until(lambda: page().first(kind, n))
    return page().events


async def end() -> dict[str, Any]:
    """The reply to the turn, every event, every text that was pushed, and what is left: tasks and open generators."""
    reply = await page().reply(_turn)
    for _ in range(100):  # the task that pushed the reply returns, and the journal writes what is queued
        await asyncio.sleep(0)
        if not (tasks := asyncio.all_tasks() - _before - {asyncio.current_task()}):
            break
    gc.collect()
    left = [*map(repr, tasks), *abandoned]
    return {"reply": reply, "events": page().events, "said": page().said, "left": left}


async def take_turn(yaml: str, env: Mapping[str, str], prompt: str) -> dict[str, Any]:
    await open_session(yaml, env)
    await begin(prompt)
    return await end()


async def abort() -> dict[str, Any]:
    page().tell("abort", session="s1")
    return await end()


async def take_turns(yaml: str, env: Mapping[str, str], prompts: list[str]) -> list[dict[str, Any]]:
    """The terminal event of each of several turns in one session."""
    await open_session(yaml, env)
    terminals = []
    for prompt in prompts:
        await begin(prompt)
        await page().reply(_turn)
        terminals.append(page().events[-1])
        page().said.clear()
    return terminals


def available(names: list[str]) -> list[str]:
    """Those of these modules that can be imported here."""
    return [name for name in names if importlib.util.find_spec(name)]


def importers_of_js() -> dict[str, list[str]]:
    """Import every module of the package anew; which of them exist, and which of them imported `js` or `pyodide`."""
    mine = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "sparewheel"}
    for name in mine:
        del sys.modules[name]
    guilty: list[str] = []
    original = builtins.__import__

    def spy(name: str, given: Any = None, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in ("js", "pyodide", "pyodide_js", "_pyodide"):
            guilty.append(str((given or {}).get("__name__")))
        return original(name, given, *rest, **more)

    builtins.__import__ = spy  # type: ignore[assignment]
    try:
        package = importlib.import_module("sparewheel")
        names = [info.name for info in pkgutil.walk_packages(package.__path__, "sparewheel.")]
        for name in names:
            importlib.import_module(name)
    finally:
        builtins.__import__ = original
        sys.modules.update(mine)
    return {"modules": names, "importers": sorted({name for name in guilty if name.startswith("sparewheel")})}


def url_outcomes(urls: list[str]) -> list[str]:
    """What the strictest rules for addresses and the laxest make of each URL: what is requested, or the refusal."""
    from sparewheel.tools.base import ToolError
    from sparewheel.tools.web.addresses import AddressRules

    def outcome(rules: AddressRules, url: str) -> str:
        try:
            return str(rules.check(url))
        except ToolError as error:
            return str(error)

    return [outcome(rules, url) for rules in (AddressRules(), AddressRules(private=True)) for url in urls]


def url_parts(url: str) -> list[object]:
    """What `read_url` makes of a URL."""
    from dataclasses import astuple

    from sparewheel.transports.urls import read_url

    return list(astuple(read_url(url)))
