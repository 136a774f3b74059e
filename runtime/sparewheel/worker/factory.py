"""Makes a session out of the options that the page sent: the agent file, the env, the page's tools and hooks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError

from ..config.resolved import resolve_team
from ..config.toolsets import ToolsetConfig
from ..errors import ConfigError
from ..errors.validation import problems
from ..page.hooks import page_hooks
from ..page.tools import HostTools
from ..state.approvals import DEFAULT_TIMEOUT, Approvals
from .assemble import Extras, assemble, runner_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..agent import Runner
    from ..chain.health import Health
    from ..config.schema import AgentFile
    from ..config.specs import ResolvedTeam
    from ..messages import Message
    from ..page.calls import HostCalls
    from ..page.options import AgentOptions
    from ..page.results import AgentCommand, ModelChoices, SessionCreated
    from ..session import Session
    from ..tools.code.sandbox import Sandbox
    from ..transports.base import Transport, Url
    from .keep import Keep


# The options that `_team` reads.
_OF_TEAM: Final = ("yaml", "agent_name", "env", "allow_hosts", "documents", "files")


def make_session(
    name: str,
    file: AgentFile,
    options: AgentOptions,
    history: Iterable[Message],
    transport: Transport,
    health: Health,
    calls: HostCalls,
    keep: Keep | None = None,
    *,
    needs_key: bool = True,
    team: ResolvedTeam | None = None,
    check: Callable[[ResolvedTeam], None],
) -> Session:
    """A session named `name` of an agent file, stored where `keep` says. `calls` calls the page's tools and hooks.

    `team` is what the file and the options resolve to, if it is known.

    Raises:
        ConfigError: an option or the file is wrong, or `check` refuses the team.
    """
    team = team or _team(file, options, needs_key=needs_key)
    check(team)
    return assemble(team, transport, health, _extras(name, options, calls), history, keep)


def renewed_runner(
    session: Session,
    name: str,
    file: AgentFile,
    options: AgentOptions,
    calls: HostCalls,
    check: Callable[[ResolvedTeam], None],
) -> Runner:
    """A runner with which the open session `name` can go on under other options. Raises `ConfigError`, as `check`."""
    check(team := _team(file, options, needs_key=False))
    return runner_for(session, team, _extras(name, options, calls))


def same_team(one: AgentOptions, other: AgentOptions) -> bool:
    """Whether a file resolves to the same team under both options."""
    return all(getattr(one, name) == getattr(other, name) for name in _OF_TEAM)


def _team(file: AgentFile, options: AgentOptions, *, needs_key: bool) -> ResolvedTeam:
    return resolve_team(
        file,
        options.agent_name,
        options.env,
        options.allow_hosts,
        documents=options.documents,
        session_files=options.files is not None,
        needs_key=needs_key,
    )


def _extras(name: str, options: AgentOptions, calls: HostCalls) -> Extras:
    return Extras(
        approvals=Approvals(
            everything=options.auto_approve,
            interactive=options.interactive,
            timeout=options.approval_timeout or DEFAULT_TIMEOUT,
        ),
        hooks=page_hooks(options.hooks, calls, name),
        toolsets=[HostTools(options.tools, calls, name)] if options.tools else [],
        entries=[] if options.python is None else [_python_toolset(options.python)],
        documents=options.documents,
        env=options.env,
        package_index=options.package_index,
        oauth_redirect_uri=options.oauth_redirect_uri or "",
        allow_hosts=options.allow_hosts,
        tool_proxy=_tool_proxy(options.tool_proxy),
        trace=options.trace,
        sandbox=partial(_sandbox, calls, name),
    )


def _sandbox(calls: HostCalls, name: str) -> Sandbox:
    from ..page.code import PageSandbox  # few agents run code

    return PageSandbox(calls, name)


def describe(session: Session, keep: Keep) -> SessionCreated:
    """What a page learns of a session that is open now."""
    team = session.team
    root = team.agents[team.root]
    created: SessionCreated = {
        "id": keep.name,
        "title": keep.header["title"],
        "messages": len(session.history),
        "agent": root.name,
        "models": [spec.ref for spec in root.chain],
        "agents": list(team.agents),
        "welcome_message": root.welcome_message,
        "warnings": list(team.warnings),
        "missing_keys": list(team.missing_keys),
        "choices": model_choices(session),
        "commands": {
            name: cast("AgentCommand", command.model_dump(exclude_defaults=True))
            for name, command in root.commands.items()
        },
    }
    if keep.followed:
        created["read_only"] = True
    elif restored := keep.unfinished():
        created["restored"] = restored
    return created


def model_choices(session: Session) -> ModelChoices:
    """What the user has chosen among the models."""
    choices = session.runner.state.choices
    return {"preferred": choices.preferred, "skipped": list(choices.skipped)}


def _tool_proxy(option: str | None) -> Url | None:
    if option is None:
        return None
    from ..transports.egress import read_proxy

    return read_proxy(option)


def _python_toolset(option: str | dict[str, Any]) -> ToolsetConfig:
    """The option `python`: the source of functions, or the options of a `python` toolset."""
    fields = {"source": option} if isinstance(option, str) else option
    try:
        return ToolsetConfig.model_validate({**fields, "type": "python"})
    except ValidationError as error:
        raise ConfigError(f"options.python: {problems(error, fields, ToolsetConfig, whole='the toolset')}") from None
