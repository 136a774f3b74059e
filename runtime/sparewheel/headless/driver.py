"""Drive a runtime from Python: one session in a headless browser or Node, with its events as they happen.

See `open`.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
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
from .profile import Profile
from .webkit_link import WebKitLink

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
    from pathlib import Path

    from playwright.async_api import Page

    from ..events import AbortReason
    from .link import Link, Redact

Event: TypeAlias = dict[str, Any]
Prompt: TypeAlias = str | list[dict[str, Any]]
Decision: TypeAlias = Literal["done", "again", "skip"]
Host: TypeAlias = Literal["chromium", "firefox", "webkit", "node"]

BOOT_LIMIT: Final = 120.0  # seconds
STOP_LIMIT: Final = 10.0  # seconds from an abort to the turn's end
_SESSION: Final = "s1"


class _Turn:
    """A running turn. `events` ends with None when the reply has arrived."""

    def __init__(self, link: Link, method: str, **params: Any) -> None:
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self.ended = False  # whether its terminal event has arrived
        self.reply = asyncio.ensure_future(link.call(method, session=_SESSION, **params))
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

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """Run a turn; yields its events as they arrive, the last one is terminal.

        `prompt` is a text or a list of parts, as in the `content` of messages (`sparewheel.messages`).

        Leaving the loop early or cancelling the task aborts the turn; so does starting the next one.

        Raises:
            SparewheelError: the turn could not begin, or the runtime ended. A turn that fails ends with an `error`
                event instead.
        """
        async with aclosing(self._events("send", prompt=_prompt(prompt))) as events:
            async for event in events:
                yield event

    async def resume(self) -> AsyncGenerator[Event, None]:
        """Go on with the last turn, which was interrupted or has failed. Yields and raises like `stream`."""
        async with aclosing(self._events("resume")) as events:
            async for event in events:
                yield event

    async def resolve(self, call_id: str, decision: Decision, result: str | None = None) -> None:
        """Decide about a call that may have had its effect before its turn was interrupted, before `resume`.

        Args:
            call_id: the `id` of its `in_doubt` event.
            decision: `done`: it has had its effect; `again`: run it; `skip`: do not.
            result: what the model is told, for `done`.

        Raises:
            ConfigError: no such call is in doubt.
        """
        given = {} if result is None else {"result": result}
        await self._link.call("resolve", session=_SESSION, id=call_id, decision=decision, **given)

    async def _events(self, method: str, **params: Any) -> AsyncGenerator[Event, None]:
        turn = await self._begin(method, **params)
        try:
            while (event := await turn.events.get()) is not None:
                yield event
                if event["type"] in TERMINAL:
                    return
            await turn.reply  # no terminal event will follow: the reply has the error
        finally:
            await self._finish(turn)

    async def send(self, prompt: Prompt) -> dict[str, Any]:
        """Run a turn and return its result: {message, usage, model, finish_reason, attempts}.

        Raises:
            SparewheelError: it failed; kind `aborted` if it was stopped.
        """
        turn = await self._begin("send", prompt=_prompt(prompt))
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

    async def _begin(self, method: str, **params: Any) -> _Turn:
        if self._turn is not None:
            await self._finish(self._turn)
        self._turn = _Turn(self._link, method, **params)
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
    store: str | os.PathLike[str] | None = None,
    session: str | None = None,
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
        store: A folder for sessions that stay; it keeps a profile of the browser. Chromium and Firefox only.
        session: The id of a session in the store, which is opened if it is there. `agent` None: its own agent file.
        dist: The built files; None: SPAREWHEEL_DIST, or `dist/` of this repository.
        boot_limit: Seconds the runtime may take to start.
        on_progress: Gets {stage, message, done?, total?, ms} while it starts. None: stderr, once it takes a second.

    Raises:
        ConfigError: no build, no browser (`BrowserNotFound`, with what to run), or an unusable agent file.
        SparewheelError: the runtime did not start.
    """
    folder = find_dist(dist)
    yaml = None if agent is None and session is not None else read_agent(agent, folder)
    launch = None if engine == "node" else await asyncio.to_thread(find, engine)
    async with connect(
        yaml,
        folder,
        launch,
        env=env,
        agent_name=agent_name,
        auto_approve=auto_approve,
        package_index=package_index,
        store=store,
        session=session,
        boot_limit=boot_limit,
        on_progress=on_progress,
    ) as runtime:
        yield runtime


@asynccontextmanager
async def connect(
    yaml: str | None,
    dist: Path,
    launch: Launch | None,
    *,
    env: Mapping[str, str] | None = None,
    agent_name: str | None = None,
    auto_approve: bool = False,
    package_index: str | None = None,
    store: str | os.PathLike[str] | None = None,
    session: str | None = None,
    boot_limit: float = BOOT_LIMIT,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    on_console: Callable[[str], None] | None = None,
) -> AsyncIterator[Runtime]:
    """As `open`, with everything found already: the agent's text, the built files, the browser (None: Node).

    Without a text, the agent file is the stored session's; for a new one it is the demo's.
    """
    if session is not None and store is None:
        raise ConfigError("A session can only be opened in a store.", "Name the folder of the store.")
    env = dict(env or {})
    clean = partial(redact, secrets=[value for value in env.values() if "://" not in value])
    link = _link(dist, launch, clean, store)
    link.on_progress = on_progress or _SlowBoot()
    options: dict[str, Any] = {"env": env, "autoApprove": auto_approve}
    if agent_name is not None:
        options["agentName"] = agent_name
    if package_index is not None:
        options["packageIndex"] = package_index
    async with AsyncExitStack() as stack:
        await link.start(stack, boot_limit)
        if on_console is not None:
            link.on_console = on_console  # the output of the boot matters only if it fails, and is in the error then
        method = "create_session"
        if session is not None:
            options["id"] = session
            known = await link.call("list_sessions", boot_limit)
            method = "open_session" if any(row["id"] == session for row in known) else method
        if yaml is not None or method == "create_session":
            options["yaml"] = read_agent(None, dist) if yaml is None else yaml
        await link.call(method, boot_limit, session=_SESSION, **options)
        yield Runtime(link)


async def stored_sessions(
    store: str | os.PathLike[str], *, engine: Host = "chromium", dist: str | os.PathLike[str] | None = None
) -> list[dict[str, Any]]:
    """The sessions in a folder, newest first: {id, title, agent, created, updated, turns, state} each.

    Raises:
        ConfigError: no build, no browser, or a folder that cannot be used.
        SparewheelError: the runtime did not start.
    """
    launch = None if engine == "node" else await asyncio.to_thread(find, engine)
    link = _link(find_dist(dist), launch, redact, store)
    link.on_progress = _SlowBoot()
    async with AsyncExitStack() as stack:
        await link.start(stack, BOOT_LIMIT)
        return cast("list[dict[str, Any]]", await link.call("list_sessions", BOOT_LIMIT))


def _prompt(prompt: object) -> Prompt:
    if not isinstance(prompt, str | list):
        raise ConfigError(f"a prompt is a str or a list of parts, not {type(prompt).__name__}")
    return prompt


def _link(dist: Path, launch: Launch | None, clean: Redact, store: str | os.PathLike[str] | None) -> Link:
    profile = None if store is None else Profile(store, launch)
    if launch is None:
        return NodeLink(dist, clean)
    if launch.engine == "webkit" and launch.executable is not None:
        return WebKitLink(dist, launch.executable, clean)
    return BrowserLink(dist, launch, clean, profile)


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


__all__ = ["BOOT_LIMIT", "Engine", "Event", "Host", "Runtime", "connect", "open", "stored_sessions"]
