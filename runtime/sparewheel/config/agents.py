"""`agents`: one agent, its instructions, its tools and its limits."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..patterns import size
from .accepted import ACCEPTED
from .base import Strict
from .chains import FallbackConfig, LimitsConfig, TimeoutsConfig
from .hooks import HooksConfig
from .toolsets import ToolsetConfig

Safety = Literal["strict", "balanced", "restricted", "autonomous"]
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
MAX_IDENTICAL_CALLS = 5  # in a row or in turn, where the agent file does not set max_consecutive_tool_calls


class StructuredOutputConfig(Strict):
    """The shape that every answer must have."""

    accepted = ACCEPTED["structured_output"]

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """The name of the shape."""
    description: str = ""
    """The meaning of the shape."""
    schema_: dict[str, Any] = Field(alias="schema")
    """Its JSON schema."""
    strict: bool = True
    """Whether the provider is asked to enforce it."""


class GuardrailConfig(Strict):
    """A check of what goes to the model, or of what it answers."""

    on: Literal["input", "output"]
    """What is checked: prompts and results of tools, or the text of every step."""
    pattern: str | None = None
    """A regular expression that must not match."""
    max_length: int | None = Field(default=None, gt=0)
    """The maximum number of characters of a prompt or an answer."""
    action: Literal["refuse", "handoff"] = "refuse"
    """End the turn, or let another agent answer."""
    reason: str = ""
    """The reason shown to the user."""
    to: str = ""
    """The agent that takes over."""

    @field_validator("pattern")
    @classmethod
    def _regex(cls, value: str | None) -> str | None:
        size(value or "", ignore_case=True)  # `compile_patterns` compiles it
        return value

    @model_validator(mode="after")
    def _complete(self) -> GuardrailConfig:
        if (self.pattern is None) == (self.max_length is None):
            raise ValueError("needs exactly one of pattern and max_length")
        if (self.action == "handoff") != bool(self.to):
            raise ValueError("action handoff and to need each other")
        return self


class CacheConfig(Strict):
    """Keeps the answers of a session: an equal prompt gets the same answer without a request."""

    enabled: bool = False
    """Whether answers are kept."""
    case_sensitive: bool = False
    """Whether prompts that differ in upper and lower case only are different."""
    trim_spaces: bool = False
    """Whether white space around a prompt is ignored."""
    path: str = ""
    """A file on disk; answers are kept in the session instead."""


class CommandConfig(Strict):
    """A prompt that the user runs by name."""

    description: str = ""
    """Its description in a menu."""
    instruction: str = ""
    """The prompt."""
    agent: str = ""
    """The agent that receives it."""
    url: str = ""
    """An address to open instead."""


CommandsConfig = dict[str, str | CommandConfig] | list[dict[str, str | CommandConfig]]


class InlineSkill(Strict):
    """A skill that is written in the file."""

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
    accepted = ACCEPTED["agent"]

    harness: dict[str, Any] | None = None
    """An external program that takes the agent's place; needs a host."""
    model: str = Field(default="", validate_default=True)
    """A key of `models`, or `provider/model`; several, separated by commas, are asked in turn at random."""
    description: str = ""
    """What the agent is for; other agents read it to choose."""
    welcome_message: str = ""
    """Shown when a session begins."""
    instruction: str = ""
    """The system prompt."""
    instruction_file: str | list[str] = []
    """Documents of the session that hold the system prompt; they come after `instruction`."""
    title_model: str = ""
    """The model that is asked for a title after the first answer of a session: a key of `models`, or `provider/model`.
    Unset: only a session that a store keeps gets one, from the agent's own models."""
    fallback: FallbackConfig = FallbackConfig()
    """What happens when its model fails."""
    timeouts: TimeoutsConfig = TimeoutsConfig()
    """Time limits of an attempt and of a turn."""
    toolsets: list[ToolsetConfig] = []
    """The sources of its tools."""
    use_toolsets: list[str] = []
    """Keys of the top-level `toolsets`."""
    sub_agents: list[str] = []
    """Agents it can give a task to; their answer comes back to it."""
    handoffs: list[str] = []
    """Agents it can hand the conversation to."""
    force_handoff: str = ""
    """The agent that takes over after each of its answers."""
    routing: dict[str, Any] | None = None
    """Choosing an agent by the prompt; not available here."""
    tool_choice: Literal["auto", "required", "none"] | str = "auto"
    """Whether the model has to call a tool; only `auto` is available here."""
    max_iterations: int = Field(default=0, ge=0)
    """Maximum number of steps in a turn; 0 means no limit."""
    max_tool_calls: int = Field(default=0, ge=0)
    """Maximum number of tool calls in a turn; 0 means no limit."""
    max_consecutive_tool_calls: int = Field(default=0, ge=0)
    """The number of identical calls in a row that ends a turn; 0 means 5. Two or three steps in turn count as well, if
    each has the same calls and the same results every time."""
    max_old_tool_call_tokens: int = Field(default=0, ge=-1)
    """Maximum size, in tokens, of older tool calls and results in a request; 0 and -1 mean no limit."""
    max_tool_result_tokens: int = Field(default=0, ge=-1)
    """Maximum size, in tokens, of one tool result in a request; 0 and -1 mean no limit."""
    num_history_items: int = Field(default=0, ge=0)
    """Maximum number of messages in a request; 0 means all."""
    max_response_bytes: int = Field(default=MAX_RESPONSE_BYTES, ge=0)
    """Maximum size of one answer in bytes of UTF-8: text, reasoning and tool calls; 0 means no limit."""
    limits: LimitsConfig = LimitsConfig()
    """What the agent may use in a session."""
    budgets: list[str] = []
    """Keys of the top-level `budgets`: limits that several agents share."""
    guardrails: list[GuardrailConfig] = []
    """Checks of prompts and answers."""
    add_date: bool = False
    """Add today's date to the prompt."""
    add_environment_info: bool = False
    """Add a description of the environment to the prompt."""
    add_description_parameter: bool = False
    """Let the model give a reason for each tool call."""
    add_prompt_files: list[str] = []
    """Documents of the session that are added to the system prompt."""
    readonly: bool = False
    """Offer only tools that change nothing."""
    safety: Safety | None = None
    """Which tool calls run without approval, where the page does not decide."""
    redact_secrets: bool = True
    """Remove the session's keys, and text that looks like a key, from tool results."""
    session_compaction: bool = True
    """Leave out the oldest messages when the conversation is too long for the model."""
    compaction_threshold: float = Field(default=0.9, gt=0, le=1)
    """The share of the context window at which messages are left out."""
    structured_output: StructuredOutputConfig | None = None
    """The shape that every answer must have."""
    hooks: HooksConfig = HooksConfig()
    """Hooks by event."""
    inject_memories: bool = False
    """Add memories to the prompt; not available here, use the memory tools."""
    code_mode_tools: bool = False
    """Replace all tools by one that runs code, in which they are functions. The code is Python, not JavaScript."""
    cache: CacheConfig | None = None
    """Whether equal prompts get the same answer without a request."""
    commands: CommandsConfig = {}
    """Prompts that the user runs by name."""
    use_commands: list[str] = []
    """Keys of the top-level `commands`."""
    skills: SkillsConfig = False
    """Instructions that the model reads on demand with the tool `read_skill`, written out in the file."""
    use_skills: list[str] = []
    """Keys of the top-level `skills`."""
    rag: list[str] = []
    """Keys of the top-level `rag`, as older files name them: each is a toolset of type `rag`."""

    @field_validator("model")
    @classmethod
    def _has_a_model(cls, value: str, info: ValidationInfo) -> str:
        if not value and not info.data.get("harness"):
            raise PydanticCustomError("missing", "is missing")
        return value
