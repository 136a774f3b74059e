"""Makes a session out of what the page sent: the agent file, the env, the page's own tools and hooks."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from ..config.loading import load_agent_file
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
    from ..messages import Message
    from ..page.calls import HostCalls
    from ..session import Session
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
MAX_DOCUMENTS: Final = 1000
MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024


def make_session(
    name: str, params: Params, history: Iterable[Message], transport: Transport, health: Health, calls: HostCalls
) -> Session:
    """`params` are those of `create_session` and `chat`, but for the messages. Raises `ConfigError`."""
    _check_options(params)
    env = _env(params)
    team = resolve_team(load_agent_file(params.get("yaml")), _agent_name(params), env)
    extras = Extras(
        approvals=_approvals(params),
        hooks=page_hooks(params.get("hooks") or [], calls, name),
        toolsets=[HostTools(params.get("tools") or [], calls, name)],
        entries=[_python_option(params["python"])] if params.get("python") is not None else [],
        documents=_documents(params),
        env=env,
    )
    return assemble(team, transport, health, extras, history)


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
    if len(documents) > MAX_DOCUMENTS:
        raise ConfigError(f"{len(documents)} documents exceed the limit of {MAX_DOCUMENTS}")
    for path, text in documents.items():
        if not path:
            raise ConfigError("document paths must not be empty")
        if not isinstance(text, str):
            raise ConfigError(f'document "{path}" must be a string')
    if sum(len(text.encode()) for text in documents.values()) > MAX_DOCUMENT_BYTES:
        raise ConfigError(f"documents exceed the limit of {MAX_DOCUMENT_BYTES} bytes in total")
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
