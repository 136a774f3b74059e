"""Makes sessions out of the options of `open_agent`, and what a session goes on with when they change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ..chain.health import Health
from ..config.loading import load_agent_file
from ..config.reading import read_agent_file
from ..config.resolved import resolve_team
from ..documents import document_texts
from ..errors import ConfigError, ErrorInfo, TransportError
from ..messages import parse_messages
from ..state.approvals import DEFAULT_TIMEOUT, Approvals
from ..transports.demo import DemoTransport
from ..transports.egress import read_proxy
from ..transports.router import RoutingTransport, network_transport
from ..worker.assemble import Extras, assemble, runner_for
from .clean import readable
from .hooks import function_hooks
from .taping import NO_TAPE, Tape

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from ..agent import Runner
    from ..config.specs import ResolvedTeam
    from ..session import Session
    from ..tools.base import Toolset
    from ..tools.code.sandbox import Sandbox
    from ..traces.collector import Collector
    from ..transports.base import HttpRequest, HttpResponse, Transport
    from ..worker.keep import Keep
    from .code import DenoHost
    from .turns import Listener

# Breakers and cooldowns are shared by the sessions of an event loop, as by those of a page; their times are the loop's.
_HEALTH: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Health]] = WeakKeyDictionary()


def loop_health() -> Health:
    """The health of models for all sessions of the running event loop."""
    return _HEALTH.setdefault(asyncio.get_running_loop(), Health())


@dataclass(slots=True)
class Options:
    """What a session is made from, as in `open_agent`; `file` is the text of the agent file."""

    file: str = ""
    agent_name: str | None = None
    env: dict[str, str] = field(default_factory=dict, repr=False)
    tools: Sequence[Callable[..., Any]] = ()
    hooks: Mapping[str, Any] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    session_files: bool = False
    auto_approve: bool = False
    approval_timeout: float = DEFAULT_TIMEOUT
    allow_hosts: Sequence[str] = ()
    tool_proxy: str | None = None
    oauth_redirect_uri: str = ""
    interactive: bool | None = None
    trace: bool = False
    on_event: Listener | None = None
    code: DenoHost | None = None
    network: Transport = field(default_factory=network_transport)
    tape: Tape = NO_TAPE
    collector: Collector | None = None

    def changed(self, agent: str | os.PathLike[str] | None, **given: Any) -> Options:
        """The same with what is given, and not None. Raises `AgentFileError`, without keys."""
        changes = {name: value for name, value in given.items() if value is not None}
        if "env" in changes:
            changes["env"] = text_mapping("env", changes["env"])
        if "documents" in changes:
            changes["documents"] = document_mapping(changes["documents"])
        if agent is not None:
            changes["file"] = agent_text(agent)
        return replace(self, **changes)


def agent_text(agent: str | os.PathLike[str]) -> str:
    """The text of an agent file: a path, or the text itself. Raises `AgentFileError`, without keys."""
    try:
        return read_agent_file(agent)
    except ConfigError as error:
        raise readable(error) from None


def text_mapping(name: str, value: object) -> dict[str, str]:
    """A copy of the option `name`; empty for None. Raises `ConfigError` if it is no mapping of str to str."""
    if not isinstance(value, Mapping | None):
        raise ConfigError(f"{name} must be a mapping of str to str")
    wrong = [key for key, text in (value or {}).items() if not (isinstance(key, str) and isinstance(text, str))]
    if wrong:
        raise ConfigError(f"{name}: {wrong[0]!r} must be a str, and its value as well"[:300])
    return dict(value or {})


def document_mapping(value: object) -> dict[str, str]:
    """Like `text_mapping`, for the option `documents`, whose values may be bytes."""
    return text_mapping("documents", document_texts(value) if isinstance(value, Mapping) else value)


def make_session(
    options: Options,
    history: Sequence[Mapping[str, Any]] = (),
    title: str | None = None,
    keep: Keep | None = None,
    team: ResolvedTeam | None = None,
) -> Session:
    """A session, with its tools open. `team` is what a session with the same options has already.

    Raises `ConfigError`, without keys.
    """
    try:
        team = team or _team(options)
        transport = RoutingTransport(options.network, {"demo": DemoTransport(), "page": _NoPage()})
        health = options.tape.health or loop_health()
        messages = parse_messages(list(history))
        session = assemble(team, transport, health, _extras(options, team), messages, keep, title)
        options.tape.put_in(transport, session)
        return session
    except ConfigError as error:
        raise readable(error) from None


def renewed_runner(session: Session, options: Options) -> Runner:
    """A runner with which an open session can go on under other options. Raises `ConfigError`, without keys."""
    try:
        team = _team(options, needs_key=False)
        return runner_for(session, team, _extras(options, team))
    except ConfigError as error:
        raise readable(error) from None


def _team(options: Options, *, needs_key: bool = True) -> ResolvedTeam:
    return resolve_team(
        load_agent_file(options.file),
        options.agent_name,
        options.tape.env(options.env),
        options.allow_hosts,
        documents=options.documents,
        session_files=options.session_files,
        needs_key=needs_key,
    )


def _extras(options: Options, team: ResolvedTeam) -> Extras:
    return Extras(
        approvals=_approvals(options.auto_approve, options.approval_timeout),
        hooks=function_hooks(options.hooks),
        toolsets=_toolsets(options.tools, team.secrets),
        documents=options.documents,
        env=options.env,
        allow_hosts=options.allow_hosts,
        tool_proxy=None if options.tool_proxy is None else read_proxy(options.tool_proxy, "tool_proxy"),
        oauth_redirect_uri=options.oauth_redirect_uri,
        trace=options.trace,
        sandbox=_sandbox(options.code),
    )


def _toolsets(functions: Iterable[Callable[..., Any]], secrets: Iterable[str]) -> list[Toolset]:
    functions = list(functions)
    if not functions:
        return []
    from ..tools.python.functions import FunctionToolset  # here, because of pydantic's and the docstrings' machinery

    return [FunctionToolset(functions, secrets)]


def _sandbox(host: DenoHost | None) -> Callable[[], Sandbox] | None:
    """Makes the sandbox of one session, which its agents share."""
    return None if host is None else cache(host.sandbox)


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
