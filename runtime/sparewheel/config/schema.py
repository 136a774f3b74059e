"""The shape of an agent file: docker-agent's format with additional keys.

The additional keys are `timeouts`, `limits`, `guardrails`, `max_response_bytes`, most of `fallback`; `headers`,
`context_limit` and `resume` of a model; and the toolset types `files`, `python` and `code`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, PrivateAttr, field_validator

from ..errors.validation import Path, Position, nearest
from .accepted import ACCEPTED
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


MAX_AGENTS = 500


class PermissionsConfig(Strict):
    """Which tool calls run: names with `*`, or `name:argument=value*`. deny wins over ask, ask over allow."""

    allow: list[str] = []
    """Run without approval."""
    ask: list[str] = []
    """Need the user's approval, even if they change nothing."""
    deny: list[str] = []
    """Never run."""


class RuntimeConfig(Strict):
    """Defaults for running the file."""

    accepted = ACCEPTED["runtime"]

    safety: Safety | None = None
    """Which tool calls run without approval, where neither the page nor the agent decides."""


class AgentFile(Strict):
    """One file. The first agent is the default one."""

    accepted = ACCEPTED["file"]

    version: str | int | None = None
    """The version of docker-agent's format, 0 to 12; unset: the newest. Older files are brought to its shape."""
    agents: dict[str, AgentConfig] = Field(min_length=1)
    """The agents by name."""
    models: dict[str, ModelConfig] = {}
    """Models by name."""
    providers: dict[str, ProviderConfig] = {}
    """Providers that are not known, or at another address."""
    permissions: PermissionsConfig = PermissionsConfig()
    """Which tool calls run, need approval, or are refused."""
    budget: BudgetConfig = BudgetConfig()
    """Limits of a whole session."""
    budgets: dict[str, BudgetConfig] = {}
    """Limits that agents share by naming them."""
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
    """Defaults for running the file."""

    @field_validator("agents", mode="before")
    @classmethod
    def _not_too_many(cls, agents: object) -> object:
        """Before each of them is checked: that takes long."""
        if isinstance(agents, dict) and len(agents) > MAX_AGENTS:
            raise ValueError(f"has {len(agents)} agents, and {MAX_AGENTS} are allowed")
        return agents

    _positions: dict[Path, Position] = PrivateAttr(default_factory=dict)

    def locate(self, positions: dict[Path, Position]) -> None:
        """Store the position of each key."""
        self._positions.update(positions)

    def position(self, path: Path) -> Position | None:
        """The position of a key, else of the nearest value around it; None for a file without positions."""
        return nearest(path, self._positions)
