"""What a browser cannot do, and what this runtime does not do: found when a session is created, never before.

A file is loaded to be looked at as well, and then nothing here matters. What is neither here nor at work is harmless:
`HARMLESS` names it, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import urlsplit

from .toolsets import Available

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..errors.validation import Path
    from .agents import AgentConfig
    from .faults import Faults
    from .models import ModelConfig, ProviderConfig
    from .toolsets import ToolsetConfig

HARMLESS: Final = {
    "version": "the format is read as far as it is known",
    "metadata": "it describes the file",
    "flavors": "none is chosen, so none applies",
    "evaluators": "only hooks call them, and those hooks are refused",
    "runtime.sandbox": "a browser tab is a sandbox",
    "runtime.network_allowlist": "the browser decides what may be reached",
    "agents.*.name": "an agent's name is its key",
    "agents.*.enable_bang_commands": "there is no shell",
    "agents.*.add_prompt_files_depth": "without add_prompt_files it says nothing",
    "agents.*.max_inject_memories": "without inject_memories it says nothing",
    "agents.*.inject_memories_strategy": "without inject_memories it says nothing",
    "agents.*.cache": "without a path it only spares asking again what was asked before",
    "agents.*.compaction_model": "a conversation is shortened without asking a model",
    "agents.*.commands": "a page that wants them gets them from createSession",
    "agents.*.structured_output.mode": "the answer has the shape either way",
    "models.*.description": "it is for people who choose",
    "models.*.compaction_model": "a conversation is shortened without asking a model",
    "models.*.title_model": "sessions have no titles",
    "models.*.track_usage": "usage is always counted",
    "models.*.capabilities": "what is sent is never stripped, so a model needs no permission",
    "models.*.bypass_models_gateway": "there is no gateway",
    "providers.*.compaction_model": "a conversation is shortened without asking a model",
    "providers.*.unload_api": "only local model runners have it",
    "toolsets.*.model": "the agent's own model reads the results",
    "toolsets.*.toon": "it shortens results; they stay JSON",
    "toolsets.*.defer": "every tool is offered at once",
    "toolsets.*.escape_html": "it is about how results are written down",
    "toolsets.*.lifecycle": "there is no process to look after",
    "toolsets.*.safer": "it has no meaning any more",
}
"""Keys that are accepted and change nothing, and why nothing is lost."""

TOOLSETS: Final[frozenset[str]] = frozenset(get_args(Available))

_SHELL: Final = "there is no shell in a browser"
_PROCESS: Final = "there are no processes in a browser"
_DISK: Final = "a page has no access to files on disk"
_YET: Final = "is not available yet"

_NO_TOOLSET: Final = {
    "shell": _SHELL,
    "script": _SHELL,
    "filesystem": f"{_DISK}; the toolset files keeps files in the browser's own storage",
    "file": f"{_DISK}; the toolset files keeps files in the browser's own storage",
    "git": _PROCESS,
    "tasks": f"{_DISK}; the toolset todo keeps a list in the session",
    "session_plan": f"{_DISK}; the toolset plan keeps plans in the session",
    "environment": _PROCESS,
    "background_jobs": _PROCESS,
    "background_agents": "sub-agents run within the turn; list them in sub_agents",
    "lsp": _PROCESS,
    "mcp_catalog": "the catalogue of servers needs a host",
    "a2a": "agents elsewhere are not reached",
    "webhook": "an address with a secret in it must not stand in a page; pass a tool of your own to the session",
    "open_url": "a worker opens no windows; pass a tool of your own to the session",
    "scheduler": "nothing runs while the page is closed",
    "rag": f"retrieval {_YET}",
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
"""The built-in hooks that run here."""

_NO_EVENTS: Final = {
    "tool_input_transform": "use pre_tool_use, which may change the input",
    "tool_guard": "use pre_tool_use with preempt_yolo",
    "before_agent_run": "agents are chosen by handing over",
}


def check_agent(faults: Faults, name: str, agent: AgentConfig, toolsets: list[tuple[Path, ToolsetConfig]]) -> None:
    """Everything in an agent that cannot work here."""
    here: Path = ("agents", name)
    for key, reason in _agent_reasons(agent):
        faults.add((*here, key), reason)
    for path, toolset in toolsets:
        for reason in _toolset_reasons(toolset):
            faults.add(path, reason)
    for path, reason in _hook_reasons(agent):
        faults.add((*here, "hooks", *path), reason)


def model_reasons(config: ModelConfig, custom: ProviderConfig | None) -> Iterator[tuple[str, str]]:
    """Everything in a model, with its provider, that cannot work here: key and reason."""
    options = {**(custom.provider_opts if custom else {}), **config.provider_opts}
    if config.routing:
        yield "routing", f"choosing a model by the prompt {_YET}"
    if config.auth or (custom and custom.auth):
        yield "auth", "signing in without a key needs a host"
    if any(config.output_capabilities.values()):
        yield "output_capabilities", "answers other than text are not shown"
    if config.task_budget is not None and (custom.provider if custom else config.provider) == "anthropic":
        yield "task_budget", "is not sent; use limits.tokens of the agent"
    if options.get("transport") == "websocket":
        yield "provider_opts", "transport: requests go over HTTP only"
    if options.get("fallbacks"):
        yield "provider_opts", "fallbacks: name them in fallback.models of the agent"
    for name in ("google_search", "google_maps", "code_execution"):
        if options.get(name):
            yield "provider_opts", f"{name}: the provider's own tools are not available"
    if any(options.get(name) for name in ("project", "location", "publisher")):
        yield "provider_opts", "project, location, publisher: Vertex AI needs a sign-in on the host"


def _agent_reasons(agent: AgentConfig) -> Iterator[tuple[str, str]]:
    if agent.harness:
        yield "harness", f"{_PROCESS}, so no other program can work in an agent's place"
    if agent.instruction_file:
        yield "instruction_file", f"{_DISK}; write the text under instruction"
    if agent.add_prompt_files:
        yield "add_prompt_files", f"{_DISK}; write the text under instruction"
    if agent.skills or agent.use_skills:
        reason = _DISK if agent.skills is True else "skills are not available yet"
        yield "skills" if agent.skills else "use_skills", reason
    if agent.code_mode_tools:
        yield "code_mode_tools", "a model's code is not run"
    if agent.cache and agent.cache.enabled and agent.cache.path:
        yield "cache", f"path: {_DISK}"
    if agent.routing:
        yield "routing", _NO_EVENTS["before_agent_run"]
    if agent.inject_memories:
        yield "inject_memories", "memories are read by the tools of the toolset memory"
    if agent.tool_choice != "auto":
        yield "tool_choice", "the model decides whether it calls a tool; take it away or write auto"
    if agent.rag:
        yield "rag", f"retrieval {_YET}"
    if "," in agent.model:
        yield "model", "choosing among several models at random is not available; name one, and the others in fallback"


def _toolset_reasons(toolset: ToolsetConfig) -> Iterator[str]:
    if toolset.type == "mcp":
        yield from _mcp_reasons(toolset)
    elif toolset.type not in TOOLSETS:
        yield f'toolset type "{toolset.type}": {_NO_TOOLSET[toolset.type]}'
    elif toolset.type == "memory" and toolset.path:
        yield f"memory path: {_DISK}; memories are kept in the session"
    elif toolset.type == "openapi":
        url = urlsplit(toolset.url)
        if url.scheme not in ("http", "https") or not url.netloc:
            yield "openapi url: only documents at http:// or https:// addresses can be fetched"


def _mcp_reasons(toolset: ToolsetConfig) -> Iterator[str]:
    if toolset.command or toolset.args:
        yield f"a server that is started by a command: {_PROCESS}; only remote servers can be reached"
    elif toolset.ref:
        yield "a server of the catalogue needs a host; only remote servers can be reached"
    elif toolset.remote is None:
        yield "an mcp toolset needs remote.url"
    elif toolset.working_dir or toolset.env or toolset.config is not None or toolset.version or toolset.path:
        yield "working_dir, env, config, version and path are for servers on the host"
    else:
        yield f'toolset type "mcp" {_YET}'


def _hook_reasons(agent: AgentConfig) -> Iterator[tuple[Path, str]]:
    for event, path, hook in agent.hooks.located():
        if event in _NO_EVENTS:
            yield path, f"{event} is not a point of this runtime: {_NO_EVENTS[event]}"
        elif event == "worktree_create":
            continue
        elif hook.type != "builtin":
            yield (
                path,
                f"{hook.type} hooks do not run in a browser; use built-in ones, or pass functions to the session",
            )
        elif hook.command not in BUILTIN_HOOKS:
            known = ", ".join(sorted(BUILTIN_HOOKS))
            yield path, f'the built-in hook "{hook.command}" is not available in a browser; there are {known}'
