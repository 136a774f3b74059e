"""Drive a runtime from Python: sessions in a headless browser or Node, with their events as they happen.

See `open`.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from ..documents import document_texts
from ..errors import ConfigError
from .browser import Engine, Launch, find
from .browser_link import BrowserLink
from .locate import find_dist, read_agent
from .node_link import NodeLink
from .notes import SlowBoot
from .profile import Profile
from .remote import Remote
from .runtime import FIRST_SESSION, Runtime
from .session import Event, Prompt
from .taping import tape_in
from .webkit_link import WebKitLink

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from .link import Link

Host: TypeAlias = Literal["chromium", "firefox", "webkit", "node"]

BOOT_LIMIT: Final = 120.0  # seconds


@asynccontextmanager
async def open(
    agent: str | os.PathLike[str] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    engine: Host = "chromium",
    agent_name: str | None = None,
    auto_approve: bool = False,
    package_index: str | None = None,
    tool_proxy: str | None = None,
    documents: Mapping[str, str | bytes] | None = None,
    dist: str | os.PathLike[str] | None = None,
    connect: str | None = None,
    assets: str | None = None,
    store: str | os.PathLike[str] | None = None,
    session: str | None = None,
    record: str | os.PathLike[str] | None = None,
    replay: str | os.PathLike[str] | None = None,
    timed: bool = False,
    boot_limit: float = BOOT_LIMIT,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
) -> AsyncIterator[Runtime]:
    """A runtime with a session of `agent`, closed with everything it started when the block is left.

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
        tool_proxy: The https address of an egress proxy that makes the requests of web tools and remote MCP servers.
        documents: Texts by path, or bytes (of a PDF), for keys of the agent file that name files and for `rag`.
        store: A folder for sessions that stay; it keeps a profile of the browser. Chromium and Firefox only.
        session: The id of a session in the store, which is opened if it is there. `agent` None: its own agent file.
        connect: The address of a browser that runs elsewhere: `ws://…` of a Playwright server, `http://host:port` or
            `cdp+ws://…` of one that speaks CDP (Chromium). It may have a token in it.
        assets: The address from which such a browser loads the built files. None: from this machine, which browsers
            over CDP have to reach; a Playwright server reaches it through the connection.
        record, replay, timed: A recording to make, or to play, as for `open_agent`.
        dist: The built files; None: SPAREWHEEL_DIST, or `dist/` of this repository.
        boot_limit: Seconds the runtime may take to start.
        on_progress: Gets {stage, message, done?, total?, ms} while it starts. None: stderr, once it takes a second.

    Raises:
        ConfigError: no build, no browser (`BrowserNotFound`, with what to run), or an unusable agent file.
        SparewheelError: the runtime did not start.
    """
    folder = find_dist(dist)
    yaml = None if agent is None and session is not None else read_agent(agent, folder)
    launch: Launch | Remote | None
    if connect is not None:
        launch = _remote(engine, connect, assets, store)
    else:
        launch = None if engine == "node" else await asyncio.to_thread(find, engine)
    # The only generator: a loop that ends while the block runs closes all of them at the same time.
    async with AsyncExitStack() as stack:
        yield await connect_to(
            stack,
            yaml,
            folder,
            launch,
            env=env,
            agent_name=agent_name,
            auto_approve=auto_approve,
            package_index=package_index,
            tool_proxy=tool_proxy,
            documents=documents,
            store=store,
            session=session,
            record=record,
            replay=replay,
            timed=timed,
            boot_limit=boot_limit,
            on_progress=on_progress,
        )


async def connect_to(
    stack: AsyncExitStack,
    yaml: str | None,
    dist: Path,
    launch: Launch | Remote | None,
    *,
    env: Mapping[str, str] | None = None,
    agent_name: str | None = None,
    auto_approve: bool = False,
    package_index: str | None = None,
    tool_proxy: str | None = None,
    documents: Mapping[str, str | bytes] | None = None,
    store: str | os.PathLike[str] | None = None,
    session: str | None = None,
    record: str | os.PathLike[str] | None = None,
    replay: str | os.PathLike[str] | None = None,
    timed: bool = False,
    boot_limit: float = BOOT_LIMIT,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    on_console: Callable[[str], None] | None = None,
) -> Runtime:
    """As `open`, with everything found already: the agent's text, the built files, the browser (None: Node).

    Without a text, the agent file is the stored session's; for a new one it is the demo's. The runtime ends when
    `stack` is closed.
    """
    if session is not None and store is None:
        raise ConfigError("A session can only be opened in a store.", "Name the folder of the store.")
    env = dict(env or {})
    link = _link(dist, launch, store)
    link.hide(env)
    tape_in(stack.enter_context(ExitStack()), link, record, replay, timed=timed)
    link.on_progress = on_progress or SlowBoot()
    options: dict[str, Any] = {"env": env, "autoApprove": auto_approve}
    given = {"agentName": agent_name, "packageIndex": package_index, "toolProxy": tool_proxy}
    options |= {name: value for name, value in given.items() if value is not None}
    if documents:
        options["documents"] = document_texts(documents)
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
    await link.call(method, boot_limit, session=FIRST_SESSION, **options)
    return Runtime(link, options)


async def stored_sessions(
    store: str | os.PathLike[str], *, engine: Host = "chromium", dist: str | os.PathLike[str] | None = None
) -> list[dict[str, Any]]:
    """The sessions in a folder, newest first: {id, title, agent, created, updated, turns, state} each.

    Raises:
        ConfigError: no build, no browser, or a folder that cannot be used.
        SparewheelError: the runtime did not start.
    """
    launch = None if engine == "node" else await asyncio.to_thread(find, engine)
    link = _link(find_dist(dist), launch, store)
    link.on_progress = SlowBoot()
    async with AsyncExitStack() as stack:
        await link.start(stack, BOOT_LIMIT)
        return cast("list[dict[str, Any]]", await link.call("list_sessions", BOOT_LIMIT))


def _remote(engine: Host, url: str, assets: str | None, store: object) -> Remote:
    if engine == "node":
        raise ConfigError("connect is for browsers, not for node")
    if store is not None:
        raise ConfigError("A browser that runs elsewhere has no store.", "Leave out store, or connect.")
    return Remote(engine, url, assets)


def _link(dist: Path, launch: Launch | Remote | None, store: str | os.PathLike[str] | None) -> Link:
    if isinstance(launch, Remote):
        return BrowserLink(dist, launch)
    profile = None if store is None else Profile(store, launch)
    if launch is None:
        return NodeLink(dist)
    if launch.engine == "webkit" and launch.executable is not None:
        return WebKitLink(dist, launch.executable)
    return BrowserLink(dist, launch, profile)


__all__ = ["BOOT_LIMIT", "Engine", "Event", "Host", "Prompt", "Runtime", "connect_to", "open", "stored_sessions"]
