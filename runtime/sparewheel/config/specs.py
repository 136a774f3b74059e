"""What comes out of an agent file: one model ready to be asked, one agent ready to run, and the team it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .agents import MAX_IDENTICAL_CALLS, MAX_RESPONSE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .agents import CommandConfig, GuardrailConfig, Safety, StructuredOutputConfig
    from .catalogue import Price
    from .chains import FallbackConfig, LimitsConfig, TimeoutsConfig
    from .hooks import HookEvent, HookMatcherConfig
    from .schema import PermissionsConfig
    from .toolsets import ToolsetConfig


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model of a chain, ready to be asked. `key` is a secret: it never shows in a repr."""

    provider: str
    model: str
    api: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)  # neutral names: temperature, max_tokens, ...
    options: Mapping[str, Any] = field(default_factory=dict)  # this API's own, sent as they are
    key_name: str | None = None  # what the key is called in env, for hints
    context_limit: int | None = None  # tokens
    price: Price | None = None  # None: not known, which is not the same as free
    compaction_threshold: float | None = None  # share of the window; takes precedence over the agent's

    @property
    def ref(self) -> str:
        """`provider/model`, as events name it."""
        return f"{self.provider}/{self.model}"

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class ResolvedAgent:
    """An agent that can run. `${...}` is filled in everywhere; 0 is no limit, unless a field says otherwise."""

    name: str
    instruction: str
    chain: tuple[ModelSpec, ...]
    fallback: FallbackConfig
    timeouts: TimeoutsConfig
    structured_output: StructuredOutputConfig | None = None
    description: str = ""
    welcome_message: str = ""
    toolsets: tuple[ToolsetConfig, ...] = field(default=(), repr=False)  # its own, then those of use_toolsets
    sub_agents: tuple[str, ...] = ()
    handoffs: tuple[str, ...] = ()
    force_handoff: str = ""
    max_iterations: int = 0
    max_tool_calls: int = 0
    max_consecutive_tool_calls: int = MAX_IDENTICAL_CALLS
    max_old_tool_call_tokens: int = 0
    max_tool_result_tokens: int = 0
    num_history_items: int = 0
    max_response_bytes: int = MAX_RESPONSE_BYTES
    limits: LimitsConfig | None = None
    budgets: tuple[str, ...] = ()  # keys of the team's budgets
    guardrails: tuple[GuardrailConfig, ...] = ()
    add_date: bool = False
    add_environment_info: bool = False
    add_description_parameter: bool = False
    readonly: bool = False
    safety: Safety | None = None
    redact_secrets: bool = True
    session_compaction: bool = True
    compaction_threshold: float = 0.9
    hooks: tuple[tuple[HookEvent, HookMatcherConfig], ...] = ()
    commands: Mapping[str, CommandConfig] = field(default_factory=dict)
    models: Mapping[str, ModelSpec] = field(default_factory=dict)  # those its tools may choose, by reference
    hidden: frozenset[str] = field(default=frozenset(), repr=False)  # secrets beside those of the chain

    @property
    def secrets(self) -> frozenset[str]:
        """What must never leave: the keys, and what stands in headers or was filled in from env like one."""
        specs = [*self.chain, *self.models.values()]
        values = {spec.key for spec in specs} | self.hidden
        return frozenset(value for value in values if value and len(value) > 3)


@dataclass(frozen=True, slots=True)
class ResolvedTeam:
    """The agents that can be reached from `root`, each ready to run, and what they share."""

    agents: Mapping[str, ResolvedAgent]
    root: str
    permissions: PermissionsConfig
    budget: LimitsConfig  # for everything that happens in the session
    budgets: Mapping[str, LimitsConfig] = field(default_factory=dict)  # shared by the agents that name them

    @property
    def secrets(self) -> frozenset[str]:
        """Those of every agent."""
        return frozenset().union(*(agent.secrets for agent in self.agents.values()))
