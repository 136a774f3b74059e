"""Keys of an agent file that a browser or this runtime does not support, with the reasons.

They are checked when a session is created, not when a file is loaded, because a file can also be loaded to be viewed.
Keys that can be ignored without harm are in `accepted`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import urlsplit

from ..errors.validation import did_you_mean
from .accepted import NO_DISK, NO_PROCESS, NO_SHELL
from .toolsets import Available

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..errors.validation import Path
    from .agents import AgentConfig
    from .models import ModelConfig, ProviderConfig
    from .problems import Problems
    from .toolsets import ToolsetConfig

TOOLSETS: Final[frozenset[str]] = frozenset(get_args(Available))

OUTPUTS: Final = frozenset({"audio", "image"})
"""What a model can be asked for beside text."""

TRANSPORT_TYPES: Final = ("", "streamable", "sse")
"""How an MCP server is reached; `""`: its answers tell."""

_YET: Final = "is not available yet"

_SESSION_FILES: Final = (
    f'{NO_DISK}; the option files: {{host: "session"}} of the session gives it the files of the session instead'
)
_NO_TOOLSET: Final = {
    "shell": NO_SHELL,
    "script": NO_SHELL,
    "filesystem": _SESSION_FILES,
    "file": _SESSION_FILES,
    "git": NO_PROCESS,
    "tasks": f"{NO_DISK}; the toolset todo keeps a list in the session",
    "session_plan": f"{NO_DISK}; the toolset plan keeps plans in the session",
    "environment": NO_PROCESS,
    "background_jobs": NO_PROCESS,
    "background_agents": "sub-agents run within the turn; list them in sub_agents",
    "lsp": NO_PROCESS,
    "mcp_catalog": "the catalogue of servers needs a host",
    "a2a": "agents on other servers cannot be called",
    "webhook": "its address contains a secret, which must not be in a page; pass a tool of your own to the session",
    "open_url": "a worker cannot open windows; pass a tool of your own to the session",
    "scheduler": "nothing runs while the page is closed",
}

BUILTIN_HOOKS: Final = frozenset(
    {
        "add_context",
        "add_date",
        "add_environment_info",
        "limit_large_tool_results",
        "max_iterations",
        "redact_secrets",
    }
)
"""The built-in hooks that are available here."""

_IDLE_HOOKS: Final = {
    "unload": "models of other hosts are not unloaded",
    "elide_repeated_tool_results": "the model gets every result whole",
}
"""Built-in hooks that only save something: an agent file works as well without them."""

_NO_EVENTS: Final = {
    "tool_input_transform": "use pre_tool_use, which may change the input",
    "tool_guard": "use pre_tool_use with preempt_yolo",
    "before_agent_run": "use sub_agents or handoffs",
}


def check_agent(problems: Problems, name: str, agent: AgentConfig, toolsets: list[tuple[Path, ToolsetConfig]]) -> None:
    """Add everything in an agent that is not supported to `problems`."""
    here: Path = ("agents", name)
    for key, reason in _agent_reasons(agent):
        problems.add((*here, key), reason)
    for path, toolset in toolsets:
        for reason in _toolset_reasons(toolset):
            problems.add(path, reason)
    for path, reason in _hook_reasons(agent):
        problems.add((*here, "hooks", *path), reason)
    for _, path, hook in agent.hooks.located():
        if hook.type == "builtin" and hook.command in _IDLE_HOOKS:
            problems.warn((*here, "hooks", *path), f"{hook.command} has no effect: {_IDLE_HOOKS[hook.command]}")


def asked_outputs(config: ModelConfig) -> frozenset[str]:
    """What a model is asked for beside text."""
    return frozenset(name for name, asked in config.output_capabilities.items() if asked and name != "text")


def model_reasons(config: ModelConfig, custom: ProviderConfig | None) -> Iterator[tuple[str, str]]:
    """Everything in a model and its provider that is not supported: key and reason."""
    options = {**(custom.provider_opts if custom else {}), **config.provider_opts}
    if config.routing:
        yield "routing", f"choosing a model by the prompt {_YET}"
    if config.auth or (custom and custom.auth):
        yield "auth", "authentication without a key needs a host"
    if others := sorted(asked_outputs(config) - OUTPUTS):
        yield "output_capabilities", f"{', '.join(others)}: only {' and '.join(sorted(OUTPUTS))} can be asked for"
    if config.task_budget is not None and (custom.provider if custom else config.provider) == "anthropic":
        yield "task_budget", "is not sent; use limits.tokens of the agent"
    if options.get("transport") == "websocket":
        yield "provider_opts", "transport: only HTTP is available"
    if options.get("fallbacks"):
        yield "provider_opts", "fallbacks: name them in fallback.models of the agent"
    if any(options.get(name) for name in ("project", "location", "publisher")):
        yield "provider_opts", "project, location, publisher: Vertex AI needs a sign-in on the host"


def _agent_reasons(agent: AgentConfig) -> Iterator[tuple[str, str]]:
    if agent.harness:
        yield "harness", f"{NO_PROCESS}, so no other program can take the place of an agent"
    if agent.routing:
        yield "routing", _NO_EVENTS["before_agent_run"]
    if agent.inject_memories:
        yield "inject_memories", "use the tools of the toolset memory"
    if agent.tool_choice != "auto":
        yield "tool_choice", "the model decides whether it calls a tool; remove the key or set it to auto"


def _toolset_reasons(toolset: ToolsetConfig) -> Iterator[str]:
    if toolset.type == "mcp":
        yield from _mcp_reasons(toolset)
    elif toolset.type not in TOOLSETS:
        yield f'toolset type "{toolset.type[:60]}": {_no_toolset(toolset.type)}'
    elif toolset.type == "openapi":
        url = urlsplit(toolset.url)
        if url.scheme not in ("http", "https") or not url.netloc:
            yield "openapi url: only http(s) specs can be fetched"


def _no_toolset(name: str) -> str:
    if reason := _NO_TOOLSET.get(name):
        return reason
    return f"is not known{did_you_mean(name, sorted(TOOLSETS))}"


def _mcp_reasons(toolset: ToolsetConfig) -> Iterator[str]:
    if toolset.command or toolset.args:
        yield f"stdio MCP servers: {NO_PROCESS}; only remote servers can be reached"
    elif toolset.ref:
        yield "a server of the catalogue needs a host; only remote servers can be reached"
    elif toolset.remote is None:
        yield "an mcp toolset needs remote.url"
    elif toolset.working_dir or toolset.env or toolset.config is not None or toolset.version or toolset.path:
        yield "working_dir, env, config, version and path are for servers on the host"
    elif urlsplit(toolset.remote.url).scheme not in ("http", "https"):
        yield "mcp remote.url: only http(s) servers can be reached"
    elif toolset.remote.transport_type not in TRANSPORT_TYPES:
        yield f"mcp remote.transport_type: there are {' and '.join(TRANSPORT_TYPES[1:])}"


def _hook_reasons(agent: AgentConfig) -> Iterator[tuple[Path, str]]:
    for event, path, hook in agent.hooks.located():
        if event in _NO_EVENTS:
            yield path, f"{event} is not an event of this runtime: {_NO_EVENTS[event]}"
        elif event == "worktree_create":
            continue
        elif hook.type != "builtin":
            yield (
                path,
                f"{hook.type} hooks are not supported in a browser; use built-in ones, or functions of the session",
            )
        elif hook.command not in BUILTIN_HOOKS and hook.command not in _IDLE_HOOKS:
            known = ", ".join(sorted(BUILTIN_HOOKS))
            yield path, f'the built-in hook "{hook.command}" is not available in a browser; available are {known}'
