"""Drive a runtime from Python: one session in a headless browser or Node, with its events as they happen.

See `open`.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from ..errors import ConfigError
from ..events import TERMINAL
from ..redaction.redact import redact
from .browser import Engine, Launch, find
from .browser_link import BrowserLink
from .locate import find_dist, read_agent
from .node_link import NodeLink
from .notes import note
from .webkit_link import WebKitLink

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
    from pathlib import Path

    from playwright.async_api import Page

    from ..events import AbortReason
    from .link import Link, Redact

Event: TypeAlias = dict[str, Any]
Host: TypeAlias = Literal["chromium", "firefox", "webkit", "node"]

BOOT_LIMIT: Final = 120.0  # seconds
STOP_LIMIT: Final = 10.0  # seconds from an abort to the turn's end
_SESSION: Final = "s1"


class _Turn:
    """A running turn. `events` ends with None when the reply has arrived."""

    def __init__(self, link: Link, prompt: str) -> None:
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self.ended = False  # whether its terminal event has arrived
        self.reply = asyncio.ensure_future(link.call("send", session=_SESSION, prompt=prompt))
        self.reply.add_done_callback(self._close)

    def add(self, event: Event) -> None:
        self.ended = self.ended or event["type"] in TERMINAL
        self.events.put_nowait(event)

    def _close(self, reply: asyncio.Future[Any]) -> None:
        if not reply.cancelled():
            reply.exception()  # marks it as retrieved: asyncio logs exceptions that are not
        self.events.put_nowait(None)


class Runtime:
    """A started runtime with one session, which keeps its history between turns. Made by `open`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._turn: _Turn | None = None
        self._stopping: set[asyncio.Task[None]] = set()
        link.on_events = self._receive

    @property
    def console(self) -> list[str]:
        """The console output of the page and its worker, as `[level] text`."""
        return self._link.console

    @property
    def page(self) -> Page:
        """Playwright's page. Raises ConfigError where Playwright drives none: under Node, and in WebKitGTK."""
        if isinstance(self._link, BrowserLink) and self._link.page is not None:
            return self._link.page
        raise ConfigError("there is no page that Playwright drives")

    async def stream(self, prompt: str) -> AsyncGenerator[Event, None]:
        """Run a turn; yields its events as they arrive, the last one is terminal.

        Leaving the loop early or cancelling the task aborts the turn; so does starting the next one.

        Raises:
            SparewheelError: the turn could not begin, or the runtime ended. A turn that fails ends with an `error`
                event instead.
        """
        turn = await self._begin(prompt)
        try:
            while (event := await turn.events.get()) is not None:
                yield event
                if event["type"] in TERMINAL:
                    return
            await turn.reply  # no terminal event will follow: the reply has the error
        finally:
            await self._finish(turn)

    async def send(self, prompt: str) -> dict[str, Any]:
        """Run a turn and return its result: {message, usage, model, finish_reason, attempts}.

        Raises:
            SparewheelError: it failed; kind `aborted` if it was stopped.
        """
        turn = await self._begin(prompt)
        try:
            return cast("dict[str, Any]", await asyncio.shield(turn.reply))
        finally:
            await self._finish(turn)

    def abort(self) -> asyncio.Task[None]:
        """Stop the running turn, if there is one. Await the returned task to wait for its end."""
        task = asyncio.ensure_future(self._stop(self._turn, "user"))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        return task

    async def _begin(self, prompt: str) -> _Turn:
        if not isinstance(prompt, str):
            raise ConfigError(f"a prompt is a str, not {type(prompt).__name__}")
        if self._turn is not None:
            await self._finish(self._turn)
        self._turn = _Turn(self._link, prompt)
        return self._turn

    async def _finish(self, turn: _Turn) -> None:
        if not turn.reply.done() and turn.ended:
            await asyncio.wait({turn.reply}, timeout=STOP_LIMIT)
        await self._stop(turn, "consumer")

    async def _stop(self, turn: _Turn | None, reason: AbortReason) -> None:
        if turn is None or turn.reply.done():
            return
        order = asyncio.ensure_future(self._link.call("abort", session=_SESSION, reason=reason))
        order.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait({turn.reply}, timeout=STOP_LIMIT)
        if not turn.reply.done():
            self._link.die(f"the turn did not stop within {STOP_LIMIT:g} s")
            order.cancel()
            await asyncio.wait({turn.reply})

    def _receive(self, events: list[Event]) -> None:
        if self._turn is not None:
            for event in events:
                if event["turn"] is not None:
                    self._turn.add(event)


@asynccontextmanager
async def open(
    agent: str | os.PathLike[str] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    engine: Host = "chromium",
    agent_name: str | None = None,
    auto_approve: bool = False,
    package_index: str | None = None,
    dist: str | os.PathLike[str] | None = None,
    boot_limit: float = BOOT_LIMIT,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
) -> AsyncIterator[Runtime]:
    """A runtime with one session of `agent`, closed with everything it started when the block is left.

        async with open("agent.yaml", env={"MY_KEY": key}) as runtime:
            async for event in runtime.stream("Hello"):
                ...

    Args:
        agent: Path of an agent file, or its YAML text (anything with a line break). None: the demo agent.
        env: What the agent file's `token_key`s name. Values that look like keys never reach `console` or an error.
        engine: The browser to drive, or "node". A browser must be installed: `open` installs nothing.
        agent_name: Which agent of the file; None: `root`, or the first.
        auto_approve: Whether tools that change something may run; no question can be answered.
        package_index: URL of an index (PEP 503) for packages of Python tools that have no hash in the file.
        dist: The built files; None: SPAREWHEEL_DIST, or `dist/` of this repository.
        boot_limit: Seconds the runtime may take to start.
        on_progress: Gets {stage, message, done?, total?, ms} while it starts. None: stderr, once it takes a second.

    Raises:
        ConfigError: no build, no browser (`BrowserNotFound`, with what to run), or an unusable agent file.
        SparewheelError: the runtime did not start.
    """
    folder = find_dist(dist)
    yaml = read_agent(agent, folder)
    launch = None if engine == "node" else await asyncio.to_thread(find, engine)
    async with connect(
        yaml,
        folder,
        launch,
        env=env,
        agent_name=agent_name,
        auto_approve=auto_approve,
        package_index=package_index,
        boot_limit=boot_limit,
        on_progress=on_progress,
    ) as runtime:
        yield runtime


@asynccontextmanager
async def connect(
    yaml: str,
    dist: Path,
    launch: Launch | None,
    *,
    env: Mapping[str, str] | None = None,
    agent_name: str | None = None,
    auto_approve: bool = False,
    package_index: str | None = None,
    boot_limit: float = BOOT_LIMIT,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    on_console: Callable[[str], None] | None = None,
) -> AsyncIterator[Runtime]:
    """As `open`, with everything found already: the agent's text, the built files, the browser (None: Node)."""
    env = dict(env or {})
    clean = partial(redact, secrets=[value for value in env.values() if "://" not in value])
    link = _link(dist, launch, clean)
    link.on_progress = on_progress or _SlowBoot()
    options: dict[str, Any] = {"yaml": yaml, "env": env, "autoApprove": auto_approve}
    if agent_name is not None:
        options["agentName"] = agent_name
    if package_index is not None:
        options["packageIndex"] = package_index
    async with AsyncExitStack() as stack:
        await link.start(stack, boot_limit)
        if on_console is not None:
            link.on_console = on_console  # the output of the boot matters only if it fails, and is in the error then
        await link.call("create_session", boot_limit, session=_SESSION, **options)
        yield Runtime(link)


def _link(dist: Path, launch: Launch | None, clean: Redact) -> Link:
    if launch is None:
        return NodeLink(dist, clean)
    if launch.engine == "webkit" and launch.executable is not None:
        return WebKitLink(dist, launch.executable, clean)
    return BrowserLink(dist, launch, clean)


class _SlowBoot:
    """Reports the progress of a boot on stderr, once it takes more than a second."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._said = ""

    def __call__(self, progress: dict[str, Any]) -> None:
        line = f"{progress.get('message')} ..."
        if line != self._said and asyncio.get_running_loop().time() - self._began > 1:
            self._said = line
            note(line)


__all__ = ["BOOT_LIMIT", "Engine", "Event", "Host", "Runtime", "connect", "open"]
