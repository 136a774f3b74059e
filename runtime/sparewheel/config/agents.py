"""`agents`: one agent, what it is told, what it may do and when it stops."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..patterns import Pattern
from .base import Strict
from .chains import FallbackConfig, LimitsConfig, TimeoutsConfig
from .hooks import HooksConfig
from .toolsets import ToolsetConfig

Safety = Literal["strict", "balanced", "restricted", "autonomous"]
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
MAX_IDENTICAL_CALLS = 5  # in a row, where the agent file does not set max_consecutive_tool_calls


class StructuredOutputConfig(Strict):
    """The shape every answer must have."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """What the shape is called."""
    description: str = ""
    """What it means."""
    schema_: dict[str, Any] = Field(alias="schema")
    """Its JSON schema."""
    strict: bool = True
    """Whether the provider is asked to keep to it."""
    mode: Literal["native", "tool"] = "native"
    """Accepted; the provider's own way is taken where it has one."""


class GuardrailConfig(Strict):
    """A check of what goes in or comes out."""

    on: Literal["input", "output"]
    """The user's prompt, or the agent's answer."""
    pattern: str | None = None
    """A regular expression that must not be found."""
    max_length: int | None = Field(default=None, gt=0)
    """Characters that must not be exceeded."""
    action: Literal["refuse", "handoff"] = "refuse"
    """End the turn, or let another agent answer."""
    reason: str = ""
    """What the user is told."""
    to: str = ""
    """The agent that takes over."""

    @field_validator("pattern")
    @classmethod
    def _regex(cls, value: str | None) -> str | None:
        Pattern(value or "")
        return value

    @model_validator(mode="after")
    def _complete(self) -> GuardrailConfig:
        if (self.pattern is None) == (self.max_length is None):
            raise ValueError("needs pattern or max_length, one of them")
        if (self.action == "handoff") != bool(self.to):
            raise ValueError("action handoff and to belong together")
        return self


class CacheConfig(Strict):
    """Answers kept and given again to the same question."""

    enabled: bool = False
    case_sensitive: bool = False
    trim_spaces: bool = False
    path: str = ""


class CommandConfig(Strict):
    """A prompt that the user calls by a name."""

    description: str = ""
    """What a menu says of it."""
    instruction: str = ""
    """The prompt."""
    agent: str = ""
    """The agent that gets it."""
    url: str = ""
    """An address to open instead."""


CommandsConfig = dict[str, str | CommandConfig] | list[dict[str, str | CommandConfig]]


class InlineSkill(Strict):
    """A skill written out in the file."""

    name: str = Field(pattern=r"^\S+$")
    description: str
    instructions: str
    context: Literal["fork"] | None = None
    model: str = ""
    allowed_tools: list[str] = []
    toolsets: list[str] = []


SkillsConfig = bool | list[str | InlineSkill]


class AgentConfig(Strict):
    """One agent."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["model"]}, {"required": ["harness"]}]})

    harness: dict[str, Any] | None = None
    """A program that works in its place; needs a host."""
    model: str = Field(default="", validate_default=True)
    """A key of `models`, or `provider/model`."""
    description: str = ""
    """What it is for; other agents read it to choose."""
    welcome_message: str = ""
    """Shown when a session begins."""
    instruction: str = ""
    """The system prompt."""
    instruction_file: str | list[str] = []
    """Files with the system prompt; needs a host."""
    fallback: FallbackConfig = FallbackConfig()
    """What happens when its model fails."""
    timeouts: TimeoutsConfig = TimeoutsConfig()
    """How long things may take."""
    toolsets: list[ToolsetConfig] = []
    """Where its tools come from."""
    use_toolsets: list[str] = []
    """Keys of the top-level `toolsets`."""
    sub_agents: list[str] = []
    """Agents it may give a task to, and get the answer back from."""
    handoffs: list[str] = []
    """Agents it may hand the conversation to."""
    force_handoff: str = ""
    """The agent that takes over whenever this one has answered."""
    routing: dict[str, Any] | None = None
    """Choosing an agent by the prompt; not available here."""
    tool_choice: Literal["auto", "required", "none"] | str = "auto"
    """Whether the model has to call a tool; only `auto` here."""
    max_iterations: int = Field(default=0, ge=0)
    """Steps in a turn; 0 is no limit."""
    max_tool_calls: int = Field(default=0, ge=0)
    """Tool calls run in a turn; 0 is no limit."""
    max_consecutive_tool_calls: int = Field(default=0, ge=0)
    """Identical calls in a row that end a turn; 0 is 5."""
    max_old_tool_call_tokens: int = Field(default=0, ge=-1)
    """Tokens of older tool calls and results that are sent along; 0 and -1 are all."""
    max_tool_result_tokens: int = Field(default=0, ge=-1)
    """Tokens of one tool result that the model sees; 0 and -1 are all."""
    num_history_items: int = Field(default=0, ge=0)
    """Messages that are sent along; 0 is all."""
    max_response_bytes: int = Field(default=MAX_RESPONSE_BYTES, ge=0)
    """Bytes of one answer; 0 is no limit."""
    limits: LimitsConfig = LimitsConfig()
    """What it may use up in a session."""
    budgets: list[str] = []
    """Keys of the top-level `budgets`: ceilings that several agents share."""
    guardrails: list[GuardrailConfig] = []
    """Checks of what goes in and comes out."""
    add_date: bool = False
    """Tell the model today's date."""
    add_environment_info: bool = False
    """Tell the model where it runs."""
    add_description_parameter: bool = False
    """Let the model say why it calls a tool."""
    add_prompt_files: list[str] = []
    """Files that are added to the prompt; needs a host."""
    add_prompt_files_depth: int = Field(default=0, ge=0)
    """How deep those files are looked for."""
    readonly: bool = False
    """Keep only tools that change nothing."""
    safety: Safety | None = None
    """Which tool calls run unasked, where the page does not say."""
    redact_secrets: bool = True
    """Take the session's keys, and whatever looks like one, out of what tools answer."""
    session_compaction: bool = True
    """Leave out the oldest part of a conversation that has grown too long."""
    compaction_threshold: float = Field(default=0.9, gt=0, le=1)
    """The share of the window at which that happens."""
    compaction_model: str | None = None
    """Accepted; a conversation is shortened without asking a model."""
    structured_output: StructuredOutputConfig | None = None
    """The shape every answer must have."""
    hooks: HooksConfig = HooksConfig()
    """What runs at which point of its work."""
    inject_memories: bool = False
    """Put memories into the prompt; not available here, the memory tools are."""
    max_inject_memories: int = Field(default=0, ge=0)
    """How many."""
    inject_memories_strategy: str = ""
    """Which."""
    code_mode_tools: bool = False
    """One tool that runs JavaScript, in place of all others."""
    cache: CacheConfig | None = None
    """Answers kept and given again."""
    commands: CommandsConfig = {}
    """Prompts that the user calls by a name."""
    use_commands: list[str] = []
    """Keys of the top-level `commands`."""
    skills: SkillsConfig = False
    """Instructions the model reads when it needs them."""
    use_skills: list[str] = []
    """Keys of the top-level `skills`."""
    rag: list[str] = []
    """Keys of the top-level `rag`, as older files name them."""
    name: str = ""
    """Accepted from older files; an agent's name is its key."""
    enable_bang_commands: bool = False
    """Accepted from older files; there is no shell."""

    @field_validator("model")
    @classmethod
    def _has_a_model(cls, value: str, info: ValidationInfo) -> str:
        if not value and not info.data.get("harness"):
            raise PydanticCustomError("missing", "is missing")
        return value
