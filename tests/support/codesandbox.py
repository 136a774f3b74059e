"""Sandboxes for tests: one that runs code by the harness in this process, and one that says what it is told to."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.sandboxed import start
from sparewheel.tools.code.toolset import CodeToolset
from tests.support.builtintools import services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from sparewheel.page.code_messages import CodeRunRequest
    from sparewheel.tools.code.sandbox import CodeRun, Sandbox
    from sparewheel.tools.services import Services
    from sparewheel.transports.wheels import LockedWheel


class _Ready:
    """A sandbox that is there. `locked`: the wheels that come with its runtime."""

    def __init__(self, locked: Mapping[str, LockedWheel] | None = None) -> None:
        self._locked = locked or {}

    def wheels(self) -> Mapping[str, LockedWheel]:
        return self._locked

    async def missing(self) -> str:
        return ""

    async def close(self) -> None:
        pass


class InProcess(_Ready):
    """Runs code in this interpreter: only for tests, whose code is their own."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.requests: list[CodeRunRequest] = []
        self.running = 0
        self._kept: InProcessRun | None = None

    @asynccontextmanager
    async def run(self, request: CodeRunRequest) -> AsyncIterator[CodeRun]:
        self.requests.append(request)
        if self._kept is None or not request["keep"]:
            self._kept = InProcessRun(self._folder / str(len(self.requests)))
        self.running += 1
        self._kept.begin(request)
        try:
            yield self._kept
        finally:
            self.running -= 1


class InProcessRun:
    def __init__(self, folder: Path) -> None:
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._receive = start(self._take, str(folder / "work"), str(folder / "site"))

    def begin(self, request: CodeRunRequest) -> None:
        self._receive(json.dumps({"type": "run", "id": 1, **request, "packages": []}))

    def _take(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] == "output":
            self._events.put_nowait(message)
        elif message["type"] == "call":
            self._events.put_nowait({**message, "id": message["call"]})
        elif message["type"] == "result":
            self._events.put_nowait({"type": "end", "status": "done", "result": message, "detail": ""})

    async def next(self) -> Mapping[str, Any]:
        return await self._events.get()

    async def answer(self, call: Any, *, value: str | None = None, error: str | None = None) -> None:
        self._receive(json.dumps({"type": "answer", "id": 1, "call": call, "value": value, "error": error}))


class Scripted(_Ready):
    """Plays events, one list a run. An exception is raised, and after the last event nothing comes."""

    def __init__(self, *runs: Sequence[Any], locked: Mapping[str, LockedWheel] | None = None) -> None:
        super().__init__(locked)
        self._runs = [list(each) for each in runs]
        self.requests: list[CodeRunRequest] = []
        self.answers: list[tuple[Any, str | None, str | None]] = []
        self.ended = 0

    @asynccontextmanager
    async def run(self, request: CodeRunRequest) -> AsyncIterator[CodeRun]:
        self.requests.append(request)
        self._events = self._runs.pop(0)
        try:
            yield self
        finally:
            self.ended += 1

    async def next(self) -> Mapping[str, Any]:
        if not self._events:
            await asyncio.Event().wait()
        event = self._events.pop(0)
        if isinstance(event, Exception):
            raise event
        found: Mapping[str, Any] = event
        return found

    async def answer(self, call: Any, *, value: str | None = None, error: str | None = None) -> None:
        self.answers.append((call, value, error))


def ends(status: str = "done", detail: str = "", **result: Any) -> dict[str, Any]:
    """The last event of a run."""
    return {"type": "end", "status": status, "detail": detail, "result": result or None}


def code_toolset(sandbox: Sandbox | None, of: Services | None = None, **options: Any) -> CodeToolset:
    entry = ToolsetConfig.model_validate({"type": "code", **options})
    return CodeToolset(entry, of or services(), sandbox, options.get("index"))
