"""Opens an agent file as a session of this program."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ..chain.health import Health
from ..config.loading import load_agent_file
from ..config.reading import read_agent_file
from ..config.resolved import resolve_team
from ..errors import ConfigError, ErrorInfo, TransportError
from ..messages import parse_messages
from ..state.approvals import DEFAULT_TIMEOUT, Approvals
from ..transports.demo import DemoTransport
from ..transports.router import RoutingTransport, network_transport
from ..worker.assemble import Extras, assemble
from .clean import readable
from .hooks import function_hooks
from .keeping import keep_in
from .session import AgentSession

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from ..session import Session
    from ..tools.base import Toolset
    from ..transports.base import HttpRequest, HttpResponse
    from ..worker.keep import Keep
    from .session import Listener
    from .store import SessionStore

# Breakers and cooldowns are shared by the sessions of an event loop, as by those of a page; their times are the loop's.
_HEALTH: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Health]] = WeakKeyDictionary()


@asynccontextmanager
async def open_agent(
    agent: str | os.PathLike[str] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    store: SessionStore | str | os.PathLike[str] | None = None,
    session: str | None = None,
    agent_name: str | None = None,
    tools: Iterable[Callable[..., Any]] = (),
    hooks: Mapping[str, Any] | None = None,
    documents: Mapping[str, str] | None = None,
    session_files: bool = False,
    history: Sequence[Mapping[str, Any]] = (),
    title: str | None = None,
    auto_approve: bool = False,
    approval_timeout: float = DEFAULT_TIMEOUT,
    allow_hosts: Sequence[str] = (),
    interactive: bool | None = None,
    on_event: Listener | None = None,
) -> AsyncIterator[AgentSession]:
    """Open a session of an agent in this process; it is closed when the block is left.

        async with open_agent("agent.yaml", env={"OPENAI_API_KEY": os.environ["OPENAI_API_KEY"]}) as session:
            async for event in session.stream("Why is the sky blue?"):
                print(event)

    Args:
        agent: the path of an agent file, or its YAML text (anything with a line break). None: the one that the stored
            `session` was created with.
        env: keys and other variables that the agent file names. Nothing is taken from the environment of the process;
            `env=os.environ` passes all of it. Keys are in no event, result or error.
        store: a `SessionStore`, or the path of its folder, where the session outlives this program. None: it does not.
        session: the id of the session in the store. One that is there goes on where it was: its conversation, todos,
            plans, memories, files, approvals and budgets come back. None: a new one.
        agent_name: the agent of the file to talk to; None: the first.
        tools: functions that the model may call. The signature gives the arguments, the docstring their descriptions;
            `tool` adds options. A function that blocks stops the event loop while it runs.
        hooks: by the name of a point of a turn, a function that is called there, or a list of them. `f(input)` returns
            None or a dict such as `{"decision": "deny", "reason": "…"}`; `{"matcher": REGEX, "hook": f}` limits it to
            tools.
        documents: texts by path, for the keys of the agent file that name files: `instruction_file`,
            `add_prompt_files`, and `file` of toolsets of type `python`.
        session_files: let a `filesystem` toolset work on files that are kept in the session; else it is refused.
        history: messages to begin with, as `AgentSession.export` gives them.
        title: the title of a new session. None: one comes after the first answer if the agent names a `title_model`, or
            the session is kept in a store.
        auto_approve: run every tool without asking.
        approval_timeout: seconds until a call that waits for approval is rejected; 0: never.
        allow_hosts: hosts to which a vendor's key may be sent beside the vendor's own: `host`, `host:port` or `*.host`.
        interactive: whether the program answers `tool_confirmation` and `elicitation` events. If not, both are declined
            at once. None: while a turn is streamed, or if there is an `on_event`.
        on_event: called with every event of every turn, and with the `title` event, which stands outside of turns.

    Raises:
        ConfigError: the file, an option, or a key that the file needs is missing or wrong; nothing was sent.
        SparewheelError: of kind `open_elsewhere`: another program has the stored session; `storage`: it cannot be read.
    """
    async with AsyncExitStack() as stack:
        file = None if agent is None else _text(agent)
        keep = await keep_in(stack, store, session, file=file, title=title or "", history=bool(history))
        if file is None and keep is None:
            raise ConfigError("open_agent needs an agent file", "Pass it as agent, or open a stored session.")
        opened = AgentSession(
            _session(
                file or (keep.file if keep else ""),
                dict(_mapping("env", env)),
                agent_name,
                tools=tools,
                hooks=hooks or {},
                documents=dict(_mapping("documents", documents)),
                session_files=session_files,
                history=history,
                title=title,
                approvals=_approvals(auto_approve, approval_timeout),
                allow_hosts=allow_hosts,
                keep=keep,
            ),
            on_event,
            interactive,
            keep,
        )
        stack.push_async_callback(opened.close)
        yield opened


def _text(agent: str | os.PathLike[str]) -> str:
    try:
        return read_agent_file(agent)
    except ConfigError as error:
        raise readable(error) from None


def _session(
    file: str,
    env: dict[str, str],
    agent_name: str | None,
    *,
    tools: Iterable[Callable[..., Any]],
    hooks: Mapping[str, Any],
    documents: dict[str, str],
    session_files: bool,
    history: Sequence[Mapping[str, Any]],
    title: str | None,
    approvals: Approvals,
    allow_hosts: Sequence[str],
    keep: Keep | None,
) -> Session:
    try:
        team = resolve_team(
            load_agent_file(file),
            agent_name,
            env,
            allow_hosts,
            documents=documents,
            session_files=session_files,
        )
        extras = Extras(
            approvals=approvals,
            hooks=function_hooks(hooks),
            toolsets=_toolsets(tools, team.secrets),
            documents=documents,
            env=env,
        )
        transport = RoutingTransport(network_transport(), {"demo": DemoTransport(), "page": _NoPage()})
        health = _HEALTH.setdefault(asyncio.get_running_loop(), Health())
        return assemble(team, transport, health, extras, parse_messages(list(history)), keep, title)
    except ConfigError as error:
        raise readable(error) from None


def _toolsets(functions: Iterable[Callable[..., Any]], secrets: Iterable[str]) -> list[Toolset]:
    functions = list(functions)
    if not functions:
        return []
    from ..tools.python.functions import FunctionToolset  # here, because of pydantic's and the docstrings' machinery

    return [FunctionToolset(functions, secrets)]


def _mapping(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping | None):
        raise ConfigError(f"{name} must be a mapping of str to str")
    wrong = [key for key, text in (value or {}).items() if not (isinstance(key, str) and isinstance(text, str))]
    if wrong:
        raise ConfigError(f"{name}: {wrong[0]!r} must be a str, and its value as well"[:300])
    return dict(value or {})


def _approvals(everything: bool, timeout: float) -> Approvals:
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not timeout >= 0:
        raise ConfigError("approval_timeout must be a number of seconds, 0 for none")
    return Approvals(everything=everything, interactive=False, timeout=timeout)


class _NoPage:
    """The transport of `page/NAME` models, which a web page provides: here the chain goes on with the next model."""

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        hint = "Name another model, or run the agent in a page."
        raise TransportError(ErrorInfo("unsupported", "A page/ model exists only in a web page.", hint))
        yield  # makes this a generator
