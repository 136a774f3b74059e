"""Makes a session out of what the page sent: the agent file, the env, the page's own tools and hooks.

The one place that knows every source of tools; each is imported when an agent file names it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ..agent import Agent
from ..config.loading import load_agent_file
from ..config.resolved import resolve_team
from ..config.toolsets import ToolsetConfig
from ..errors import ConfigError
from ..errors.validation import problems
from ..page.hooks import page_hooks
from ..page.tools import HostTools
from ..session import Session
from ..state.approvals import DEFAULT_TIMEOUT, Approvals
from ..state.session_state import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..chain.health import Health
    from ..config.specs import ResolvedAgent
    from ..messages import Message
    from ..page.calls import PageLine
    from ..tools.base import Toolset
    from ..tools.services import Services
    from ..transports.base import Transport

Params = dict[str, Any]

_OPTIONS: Final = frozenset(
    {
        *("session", "yaml", "agentName", "env", "history", "messages", "documents"),
        *("tools", "hooks", "python", "autoApprove", "approvalTimeout", "interactive"),
    }
)
_ELSEWHERE: Final = {
    "toolProxy": "is not supported: pass createRuntime a fetch of your own, which may send requests through a proxy",
    "oauthRedirectURI": "is not supported: no tool of this runtime signs in",
    "history": "is for createSession: chat takes the whole conversation as messages",
    "messages": "is for chat: createSession takes the messages to begin with as history",
}
MOST_DOCUMENTS: Final = 1000
MOST_DOCUMENT_BYTES: Final = 16 * 1024 * 1024


def make_session(
    name: str, params: Params, history: Iterable[Message], transport: Transport, health: Health, line: PageLine
) -> Session:
    """`params` are those of `create_session` and `chat`, but for the messages. Raises `ConfigError`."""
    _check_options(params)
    env = _env(params)
    team = resolve_team(load_agent_file(params.get("yaml")), _agent_name(params), env)
    host = HostTools(params.get("tools") or [], line, name)
    context = Context(
        approvals=_approvals(params),
        hooks=page_hooks(params.get("hooks") or [], line, name),
        permissions={rule: getattr(team.permissions, rule) for rule in ("allow", "ask", "deny")},
    )
    session = Session(Agent(team, transport, health, context), history)
    sources = _Sources(session, params, host, transport, env)
    context.open_toolsets = sources.open
    for agent in team.agents.values():
        session.agent.toolbox.open(agent)  # now, so that what is wrong with one is said before the first turn
    return session


class _Sources:
    """Opens the sources of tools that an agent's file names, and the page's own before them."""

    def __init__(
        self, session: Session, params: Params, host: HostTools, transport: Transport, env: Mapping[str, str]
    ) -> None:
        self._session = session
        self._own = [_python_option(params["python"])] if params.get("python") is not None else []
        self._documents = _documents(params)
        self._host = host
        self._transport = transport
        self._env = env
        self._services: Services | None = None

    def open(self, agent: ResolvedAgent) -> Sequence[Toolset]:
        return [self._host, *(self._toolset(entry) for entry in (*self._own, *agent.toolsets))]

    def _toolset(self, entry: ToolsetConfig) -> Toolset:
        # Imported here: none of it is needed on the way to the first answer of an agent without such tools.
        if entry.type == "python":
            from ..tools.python.toolset import open_python
            from ..transports.packages import package_loader

            secrets = self._session.agent.team.secrets
            return open_python(entry, load=package_loader(), documents=self._documents, secrets=secrets)
        from ..tools.registry import open_toolset

        return open_toolset(entry, self._shared())

    def _shared(self) -> Services:
        """What the built-in tools of a session share."""
        from ..tools.services import Services

        if self._services is None:
            facts = _Facts(self._session)
            self._services = Services(self._transport, facts, now=lambda: datetime.now(UTC), env=self._env)
        return self._services


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
        return list(dict.fromkeys([*(spec.ref for spec in agent.chain), *agent.models]))

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


def _check_options(params: Params) -> None:
    """An option that is silently ignored is worse than one that is refused."""
    for name in params:
        if reason := _ELSEWHERE.get(name):
            raise ConfigError(f"options.{name} {reason}")
        if name in _OPTIONS:
            continue
        close = get_close_matches(name, _OPTIONS, n=1)
        raise ConfigError(f'unknown option "{name}"' + (f' (did you mean "{close[0]}"?)' if close else ""))


def _python_option(option: object) -> ToolsetConfig:
    """Functions that the page passes along with the agent: their source, or the options of a `python` toolset."""
    fields = {"source": option} if isinstance(option, str) else option
    if not isinstance(fields, dict):
        raise ConfigError("python must be the text of a Python file, or an object with source")
    try:
        return ToolsetConfig.model_validate({**fields, "type": "python"})
    except ValidationError as error:
        raise ConfigError(f"options.python: {problems(error, fields, ToolsetConfig, whole='the toolset')}") from None


def _documents(params: Params) -> dict[str, str]:
    """The texts by path that came with the session."""
    documents = params.get("documents") or {}
    if not isinstance(documents, dict):
        raise ConfigError("options.documents: must be an object of path to content")
    if len(documents) > MOST_DOCUMENTS:
        raise ConfigError(f"{len(documents)} documents exceed the limit of {MOST_DOCUMENTS}")
    for path, text in documents.items():
        if not path:
            raise ConfigError("document paths must not be empty")
        if not isinstance(text, str):
            raise ConfigError(f'document "{path}" must be a string')
    if sum(len(text.encode()) for text in documents.values()) > MOST_DOCUMENT_BYTES:
        raise ConfigError(f"documents exceed the limit of {MOST_DOCUMENT_BYTES} bytes in total")
    return documents


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
