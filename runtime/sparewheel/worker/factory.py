"""Makes a session out of the options that the page sent: the agent file, the env, the page's tools and hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..config.resolved import resolve_team
from ..config.toolsets import ToolsetConfig
from ..errors import ConfigError
from ..errors.validation import problems
from ..page.hooks import page_hooks
from ..page.tools import HostTools
from ..state.approvals import DEFAULT_TIMEOUT, Approvals
from .assemble import Extras, assemble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..chain.health import Health
    from ..config.schema import AgentFile
    from ..messages import Message
    from ..page.calls import HostCalls
    from ..page.commands import AgentOptions
    from ..session import Session
    from ..transports.base import Transport


def make_session(
    name: str,
    file: AgentFile,
    options: AgentOptions,
    history: Iterable[Message],
    transport: Transport,
    health: Health,
    calls: HostCalls,
) -> Session:
    """A session named `name` of an agent file. `calls` calls the page's tools and hooks. Raises `ConfigError`."""
    team = resolve_team(
        file,
        options.agent_name,
        options.env,
        options.allow_hosts,
        documents=options.documents,
        session_files=options.files is not None,
    )
    approvals = Approvals(
        everything=options.auto_approve,
        interactive=options.interactive,
        timeout=options.approval_timeout or DEFAULT_TIMEOUT,
    )
    extras = Extras(
        approvals=approvals,
        hooks=page_hooks(options.hooks, calls, name),
        toolsets=[HostTools(options.tools, calls, name)],
        entries=[] if options.python is None else [_python_toolset(options.python)],
        documents=options.documents,
        env=options.env,
        package_index=options.package_index,
    )
    return assemble(team, transport, health, extras, history)


def _python_toolset(option: str | dict[str, Any]) -> ToolsetConfig:
    """The option `python`: the source of functions, or the options of a `python` toolset."""
    fields = {"source": option} if isinstance(option, str) else option
    try:
        return ToolsetConfig.model_validate({**fields, "type": "python"})
    except ValidationError as error:
        raise ConfigError(f"options.python: {problems(error, fields, ToolsetConfig, whole='the toolset')}") from None
