"""The shape of an agent file: docker-agent's format, and keys of ours beside it.

Ours are `timeouts`, `limits`, `guardrails`, `max_response_bytes`, most of `fallback`, `headers` and `context_limit` of
a model, and the toolset types `files` and `python`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, PrivateAttr

from ..errors.validation import Path, Position, nearest
from .agents import AgentConfig, CommandsConfig, Safety, SkillsConfig, StructuredOutputConfig
from .base import Strict
from .chains import BackoffConfig, BudgetConfig, FallbackConfig, LimitsConfig, TimeoutsConfig
from .hooks import HookConfig, HookMatcherConfig, HooksConfig
from .models import ApiType, Effort, ModelConfig, ProviderConfig
from .toolsets import McpConfig, ToolsetConfig

__all__ = [
    "AgentConfig",
    "AgentFile",
    "ApiType",
    "BackoffConfig",
    "BudgetConfig",
    "Effort",
    "FallbackConfig",
    "HookConfig",
    "HookMatcherConfig",
    "HooksConfig",
    "LimitsConfig",
    "ModelConfig",
    "PermissionsConfig",
    "ProviderConfig",
    "StructuredOutputConfig",
    "TimeoutsConfig",
    "ToolsetConfig",
]


class PermissionsConfig(Strict):
    """Which tool calls run: names with `*`, or `name:argument=value*`. deny beats ask beats allow."""

    allow: list[str] = []
    """These run unasked."""
    ask: list[str] = []
    """The user is asked about these, even if they change nothing."""
    deny: list[str] = []
    """These never run."""


class RuntimeConfig(Strict):
    """Defaults for those who run the file."""

    sandbox: bool = False
    """Accepted; a browser tab is one."""
    network_allowlist: list[str] = []
    """Accepted; the browser decides what may be reached."""
    safety: Safety | None = None
    """Which tool calls run unasked, where neither the page nor the agent says."""


class AgentFile(Strict):
    """One file. The first agent is the default one."""

    version: str | int | None = None
    """Of the format; nothing depends on it."""
    metadata: dict[str, Any] = {}
    """About the file; nothing depends on it."""
    agents: dict[str, AgentConfig] = Field(min_length=1)
    """The agents by name."""
    models: dict[str, ModelConfig] = {}
    """Models by the name that agents call them."""
    providers: dict[str, ProviderConfig] = {}
    """Providers that are not known already, or are elsewhere."""
    permissions: PermissionsConfig = PermissionsConfig()
    """Which tool calls run, ask or are refused."""
    budget: BudgetConfig = BudgetConfig()
    """A ceiling for everything that happens in a session."""
    budgets: dict[str, BudgetConfig] = {}
    """Ceilings that agents share by naming them."""
    toolsets: dict[str, ToolsetConfig] = {}
    """Sources of tools that agents share by naming them."""
    mcps: dict[str, McpConfig] = {}
    """MCP servers that toolsets share by naming them."""
    rag: dict[str, dict[str, Any]] = {}
    """Sources of documents that toolsets share by naming them."""
    commands: dict[str, CommandsConfig] = {}
    """Prompts that agents share by naming them."""
    skills: dict[str, SkillsConfig] = {}
    """Skills that agents share by naming them."""
    runtime: RuntimeConfig = RuntimeConfig()
    """Defaults for those who run the file."""
    evaluators: dict[str, dict[str, Any]] = {}
    """Models that judge for hooks; not available here."""
    flavors: dict[str, dict[str, Any] | None] = {}
    """Variants of the file; none is chosen here."""

    _positions: dict[Path, Position] = PrivateAttr(default_factory=dict)

    def locate(self, positions: dict[Path, Position]) -> None:
        """Remember where each key of the text stands."""
        self._positions.update(positions)

    def position(self, path: Path) -> Position | None:
        """Where a key stands, or the nearest thing around it; None for a file that was not read from a text."""
        return nearest(path, self._positions)
