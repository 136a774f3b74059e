"""Makes a session out of what the page sent: the agent file, the env, the page's own tools and hooks.

The one place that knows every source of tools; each is imported when an agent file names it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .agent import Agent
from .agent.context import Context
from .config.loading import load_agent_file
from .config.resolved import resolve_team
from .errors import ConfigError
from .hooks.page import page_hooks
from .session import Session
from .tools.approval import DEFAULT_TIMEOUT, Approvals
from .tools.host import HostTools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .config.specs import ResolvedAgent
    from .messages import Message
    from .page_line import PageLine
    from .resilience.breaker import Health
    from .tools.base import Toolset
    from .transports.base import Transport

Params = dict[str, Any]


def make_session(
    name: str, params: Params, history: Iterable[Message], transport: Transport, health: Health, line: PageLine
) -> Session:
    """`params` are those of `create_session` and `chat`. Raises `ConfigError`."""
    env = _env(params)
    team = resolve_team(load_agent_file(params.get("yaml")), _agent_name(params), env)
    host = HostTools(params.get("tools") or [], line, name)
    context = Context(
        approvals=_approvals(params),
        hooks=page_hooks(params.get("hooks") or [], line, name),
        permissions={rule: getattr(team.permissions, rule) for rule in ("allow", "ask", "deny")},
    )
    session = Session(Agent(team, transport, health, context), history)
    sources = _Sources(session, host, transport, env)
    context.open_toolsets = sources.open
    return session


class _Sources:
    """Opens the sources of tools that an agent's file names, and the page's own before them."""

    def __init__(self, session: Session, host: HostTools, transport: Transport, env: Mapping[str, str]) -> None:
        self._session = session
        self._host = host
        self._transport = transport
        self._env = env
        self._services: Any = None

    def open(self, agent: ResolvedAgent) -> Sequence[Toolset]:
        toolsets: list[Toolset] = [self._host]
        if agent.toolsets:
            from .tools.builtin import open_toolset  # none of it is needed on the way to the first answer
            from .tools.builtin.services import Services

            if self._services is None:
                facts = _Facts(self._session)
                self._services = Services(self._transport, facts, now=lambda: datetime.now(UTC), env=self._env)
            toolsets += [open_toolset(entry, self._services) for entry in agent.toolsets]
        return toolsets


class _Facts:
    """What the built-in tools may know of their session, and change."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def agent(self) -> str:
        return self._session.at_work

    def messages(self) -> Sequence[Message]:
        return self._session.messages

    def models(self) -> Sequence[str]:
        agent = self._session.agent.team.agents[self.agent]
        return list(dict.fromkeys(spec.ref for spec in (*agent.chain, *agent.models.values())))

    def choose_model(self, ref: str | None) -> None:
        if ref is not None and ref not in self.models():
            raise ConfigError(f"{ref} is not one of {', '.join(self.models())}")
        self._session.agent.context.model = ref


def _approvals(params: Params) -> Approvals:
    timeout = params.get("approvalTimeout", DEFAULT_TIMEOUT)
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or timeout < 0:
        raise ConfigError("approvalTimeout must be a number of seconds, 0 for none")
    return Approvals(
        everything=bool(params.get("autoApprove")), interactive=params.get("interactive") is True, timeout=timeout
    )


def _agent_name(params: Params) -> str | None:
    name = params.get("agentName")
    if name is not None and not isinstance(name, str):
        raise ConfigError("agentName must be a string")
    return name


def _env(params: Params) -> dict[str, str]:
    env = params.get("env") or {}
    if not isinstance(env, dict):
        raise ConfigError("env must be an object of names and values")
    return {str(key): str(value) for key, value in env.items() if value is not None}
