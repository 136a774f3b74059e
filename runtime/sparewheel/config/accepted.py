"""Keys of docker-agent's files that are accepted and have no effect here, each with the reason.

A key is listed by the part of the file it belongs to. Any value is accepted, and the value is dropped.
"""

from __future__ import annotations

from typing import Final

NO_DISK: Final = "a page has no access to files on disk"
NO_SHELL: Final = "there is no shell in a browser"
NO_PROCESS: Final = "there are no processes in a browser"
_NO_COMMAND_HOOK: Final = "only built-in hooks run in a browser"
_NO_SUMMARY: Final = "a conversation is shortened without a model"

ACCEPTED: Final[dict[str, dict[str, str]]] = {
    "file": {
        "metadata": "it describes the file",
        "flavors": "variants of the file; none is applied",
        "evaluators": "only evaluator hooks use them, and those do not run in a browser",
    },
    "runtime": {
        "sandbox": "a browser tab is a sandbox",
        "network_allowlist": "the browser decides which hosts can be reached",
    },
    "agent": {
        "name": "an agent's name is its key",
        "enable_bang_commands": NO_SHELL,
        "add_prompt_files_depth": "documents of the session have no folders above them",
        "max_inject_memories": "inject_memories is refused",
        "inject_memories_strategy": "inject_memories is refused",
        "compaction_model": _NO_SUMMARY,
    },
    "structured_output": {
        "mode": "the provider's native way is used where it has one",
    },
    "endpoint": {
        "track_usage": "usage is always counted",
        "compaction_model": _NO_SUMMARY,
    },
    "provider": {
        "unload_api": "only local model runners have it",
    },
    "model": {
        "description": "it is for people who choose a model",
        "capabilities": "content is never removed from a request, so no capability has to be declared",
        "bypass_models_gateway": "there is no gateway",
    },
    "provider_opts": {
        "transport": "requests use HTTP; `sse` asks for the same",
        "rerank_prompt": "results.reranking.criteria of a source of documents has the same purpose",
        "unload_api": "only local model runners have it",
        "runtime_flags": "only local model runners have them",
        "supports_images": "content is never removed from a request",
        "supports_pdf": "content is never removed from a request",
        "interleaved_thinking": "models that support it do it unasked",
        "thinking_display": "summaries of the thinking are requested wherever the API has them",
        "native_tool_search": "the search tool is the same for every model",
        "preserve_reasoning": "reasoning is always kept for the model that wrote it",
        "cache_diagnostics": "cached tokens are part of the usage of every answer",
    },
    "mcp": {
        "lifecycle": NO_PROCESS,
        "toon": "results stay JSON",
    },
    "toolset": {
        "escape_html": "results are text or Markdown",
        "shell": NO_SHELL,
        "post_edit": NO_SHELL,
        "sudo_askpass": NO_SHELL,
        "sandbox": NO_SHELL,
        "safer": "it no longer has a meaning",
        "recall": "there are no background jobs in a browser",
        "ignore_vcs": NO_DISK,
        "allow_list": NO_DISK,
        "deny_list": NO_DISK,
        "file_types": "there are no language servers in a browser",
        "allowed_servers": "the catalogue of servers needs a host",
        "blocked_servers": "the catalogue of servers needs a host",
    },
    "hook": {
        "timeout": "a built-in hook is limited to 60 s",
        "on_error": "a hook that fails is always reported",
        "env": _NO_COMMAND_HOOK,
        "working_dir": _NO_COMMAND_HOOK,
        "schema": _NO_COMMAND_HOOK,
        "strict_output": _NO_COMMAND_HOOK,
        "evaluator": _NO_COMMAND_HOOK,
        "evaluator_policy": _NO_COMMAND_HOOK,
        "routing_policy": _NO_COMMAND_HOOK,
    },
}
