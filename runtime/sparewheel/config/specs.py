"""The resolved parts of an agent file: a model ready for requests, an agent ready to run, and its team."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .agents import MAX_IDENTICAL_CALLS, MAX_RESPONSE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors import MissingKey
    from .agents import CacheConfig, CommandConfig, GuardrailConfig, InlineSkill, Safety, StructuredOutputConfig
    from .catalogue import Price
    from .chains import FallbackConfig, LimitsConfig, TimeoutsConfig
    from .hooks import HookEvent, HookMatcherConfig
    from .schema import PermissionsConfig
    from .toolsets import ToolsetConfig


@dataclass(frozen=True)
class ModelSpec:
    """One model of a chain, ready for requests. `key` is a secret and is never part of a repr."""

    provider: str
    model: str
    api: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)  # by neutral names: temperature, max_tokens, ...
    options: Mapping[str, Any] = field(default_factory=dict)  # of this API only, sent unchanged
    key_name: str | None = None  # the key's name in env, for hints
    missing: tuple[str, ...] = ()  # what env lacks, so that the model cannot be asked
    context_limit: int | None = None  # tokens
    price: Price | None = None  # None: unknown, which is not free
    compaction_threshold: float | None = None  # share of the window; takes precedence over the agent's
    resume: bool = False  # its responses are generated in the background, and taken up again after a cut
    outputs: frozenset[str] = frozenset()  # what it is asked for beside text: image, audio
    reasoning_tags: str | None = None  # the name of the tags in the text that hold reasoning; None: the usual ones

    @property
    def ref(self) -> str:
        """`provider/model`, as events name it."""
        return f"{self.provider}/{self.model}"

    @cached_property
    def model_id(self) -> str:
        """Identifies the model at its address, the same in every tab. The address is digested: it may have a secret."""
        return f"model {self.ref} {_digest(self.base_url)}"

    @cached_property
    def account_id(self) -> str:
        """Identifies the key at the address; a model without a key is an account of its own."""
        if self.key is None:
            return self.model_id
        return f"account {_digest(self.base_url)} {_digest(self.key)}"

    @property
    def lacks_key(self) -> bool:
        """Whether it cannot be asked, because env has no key for it, or no other value that it needs."""
        return bool(self.missing)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def is_demo(self) -> bool:
        """Whether the runtime itself answers in the place of a server."""
        return self.base_url.startswith("demo:")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def embeds(spec: ModelSpec) -> bool:
    """Whether the model's server can have an endpoint for embeddings that is like OpenAI's."""
    return spec.api != "anthropic" and not spec.is_demo


@dataclass(frozen=True, slots=True)
class ResolvedAgent:
    """An agent that can run. All variables are replaced; 0 means no limit, unless a field says otherwise."""

    name: str
    instruction: str
    chain: tuple[ModelSpec, ...]  # the primary first
    fallback: FallbackConfig
    timeouts: TimeoutsConfig
    alternatives: int = 1  # how many models of the chain, from its start, take turns as the primary
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
    code_mode_tools: bool = False  # its tools are functions of the code that it writes
    safety: Safety | None = None
    redact_secrets: bool = True
    session_compaction: bool = True
    compaction_threshold: float = 0.9
    hooks: tuple[tuple[HookEvent, HookMatcherConfig], ...] = ()
    commands: Mapping[str, CommandConfig] = field(default_factory=dict)
    skills: tuple[InlineSkill, ...] = ()  # those of use_skills, then its own
    cache: CacheConfig | None = None
    models: Mapping[str, ModelSpec] = field(default_factory=dict)  # that its tools can choose, by reference
    title_models: tuple[ModelSpec, ...] = ()  # that are asked for titles; none: those of the chain, if at all
    rag_models: Mapping[str, ModelSpec] = field(default_factory=dict)  # that search its documents, by reference
    hidden: frozenset[str] = field(default=frozenset(), repr=False)  # further secrets, beside those of the chain

    @property
    def lacks_keys(self) -> bool:
        """Whether none of its models can be asked."""
        return all(spec.lacks_key for spec in self.chain)

    @property
    def secrets(self) -> frozenset[str]:
        """Values that must never be shown: keys, header values, and secret values from env."""
        specs = [*self.chain, *self.models.values(), *self.title_models, *self.rag_models.values()]
        values = {spec.key for spec in specs} | self.hidden
        return frozenset(value for value in values if value and len(value) > 3)


@dataclass(frozen=True, slots=True)
class ResolvedTeam:
    """The agents that can be reached from `root`, and what they share."""

    agents: Mapping[str, ResolvedAgent]
    root: str
    permissions: PermissionsConfig
    budget: LimitsConfig  # for everything that happens in the session
    budgets: Mapping[str, LimitsConfig] = field(default_factory=dict)  # shared by the agents that name them
    warnings: tuple[str, ...] = ()  # about keys of the file that have no effect, or not the usual one
    missing_keys: tuple[MissingKey, ...] = ()  # of models that are skipped until env has them

    @property
    def rules(self) -> dict[str, Sequence[str]]:
        """Patterns of tool names by rule: allow, ask, deny."""
        return {"allow": self.permissions.allow, "ask": self.permissions.ask, "deny": self.permissions.deny}

    @property
    def secrets(self) -> frozenset[str]:
        """The secrets of all agents."""
        return frozenset().union(*(agent.secrets for agent in self.agents.values()))
