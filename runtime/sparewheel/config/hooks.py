"""`hooks`: what runs at which point of an agent's work. The points and their names are docker-agent's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pydantic import Field, field_validator, model_validator

from ..patterns import Pattern
from .base import Strict

if TYPE_CHECKING:
    from collections.abc import Iterator

ToolEvent = Literal[
    "pre_tool_use",
    "post_tool_use",
    "permission_request",
    "tool_response_transform",
    "tool_input_transform",
    "tool_guard",
]
PlainEvent = Literal[
    "session_start",
    "user_prompt_submit",
    "user_steering_messages_submit",
    "user_followup_submit",
    "turn_start",
    "turn_end",
    "before_llm_call",
    "after_llm_call",
    "session_end",
    "pre_compact",
    "before_compaction",
    "after_compaction",
    "subagent_stop",
    "on_user_input",
    "stop",
    "notification",
    "on_error",
    "on_max_iterations",
    "on_agent_switch",
    "on_session_resume",
    "on_tool_approval_decision",
    "worktree_create",
    "before_agent_run",
]
HookEvent = Literal[ToolEvent, PlainEvent]

TOOL_EVENTS: Final[tuple[ToolEvent, ...]] = get_args(ToolEvent)
HOOK_EVENTS: Final[tuple[HookEvent, ...]] = (*TOOL_EVENTS, *get_args(PlainEvent))


class HookConfig(Strict):
    """One hook. In a browser only `builtin` runs; a page passes functions of its own when it creates a session."""

    type: Literal["command", "builtin", "model", "evaluator"]
    """`builtin` names a hook of the runtime. The others need a host and are refused."""
    name: str = ""
    """What events call it."""
    command: str = ""
    """The name of the built-in hook."""
    args: list[str] = []
    """What a built-in hook is told: `max_iterations` takes a number."""
    timeout: int = Field(default=60, ge=1)
    """Seconds."""
    on_error: Literal["warn", "ignore", "block"] = "warn"
    """What a hook that fails does at the points where failing does not block anyway."""
    env: dict[str, str] = {}
    """For commands."""
    working_dir: str = ""
    """For commands."""
    model: str = ""
    """For `model` hooks."""
    prompt: str = ""
    """For `model` hooks."""
    schema_: str = Field(default="", alias="schema")
    """For `model` hooks."""
    strict_output: bool = False
    """For commands."""
    evaluator: str = ""
    """For `evaluator` hooks."""
    evaluator_policy: dict[str, Any] = {}
    """For `evaluator` hooks."""
    routing_policy: dict[str, Any] = {}
    """For `evaluator` hooks."""

    @model_validator(mode="after")
    def _complete(self) -> HookConfig:
        if self.type == "model" and not (self.model and self.prompt):
            raise ValueError("a hook of type model needs model and prompt")
        if self.type in ("command", "builtin") and not self.command:
            raise ValueError(f"a hook of type {self.type} needs command")
        return self


class HookMatcherConfig(Strict):
    """Hooks for the tools whose name fits."""

    matcher: str = "*"
    """A regular expression for the whole name of a tool; `*` is every tool."""
    hooks: list[HookConfig]
    """They run beside each other; deny beats ask beats allow."""
    preempt_yolo: bool = False
    """Ask these before permissions and modes of approval are looked at, so that neither passes them by."""

    @field_validator("matcher")
    @classmethod
    def _regex(cls, value: str) -> str:
        # A guard that cannot be read must not be skipped: better no session than one without its guard.
        Pattern("" if value == "*" else value)
        return value

    def matches(self, tool: str) -> bool:
        """Whether these hooks are for this tool."""
        return self.matcher in ("", "*") or Pattern(self.matcher, entire=True).search(tool)


class HooksConfig(Strict):
    """The hooks of an agent, by point."""

    pre_tool_use: list[HookMatcherConfig] = []
    """Before a tool runs; may deny, ask, or change its input."""
    post_tool_use: list[HookMatcherConfig] = []
    """After a tool ran, well or not."""
    permission_request: list[HookMatcherConfig] = []
    """Before the user is asked whether a tool may run; may answer instead."""
    tool_response_transform: list[HookMatcherConfig] = []
    """Before a tool's output goes anywhere; may rewrite it."""
    tool_input_transform: list[HookMatcherConfig] = []
    """Before a tool's input is checked; not available here."""
    tool_guard: list[HookMatcherConfig] = []
    """Before approval; not available here, `pre_tool_use` with `preempt_yolo` is."""
    before_agent_run: list[HookConfig] = []
    """Before an agent is chosen; not available here."""
    session_start: list[HookConfig] = []
    """When a session begins; may add context."""
    user_prompt_submit: list[HookConfig] = []
    """When the user has sent a prompt; may block it or add context."""
    user_steering_messages_submit: list[HookConfig] = []
    """When messages sent during a turn are taken in."""
    user_followup_submit: list[HookConfig] = []
    """When a message that waited for the end of a turn is taken in."""
    turn_start: list[HookConfig] = []
    """Before each model call; may add context for that call."""
    turn_end: list[HookConfig] = []
    """When a turn has ended, however it did."""
    before_llm_call: list[HookConfig] = []
    """Just before a model is asked."""
    after_llm_call: list[HookConfig] = []
    """Just after a model answered."""
    session_end: list[HookConfig] = []
    """When a session ends."""
    pre_compact: list[HookConfig] = []
    """Before the conversation is summarised; may block it or add to the request."""
    before_compaction: list[HookConfig] = []
    """Before the conversation is summarised; may block it or bring the summary."""
    after_compaction: list[HookConfig] = []
    """After the conversation was summarised."""
    subagent_stop: list[HookConfig] = []
    """When a sub-agent has finished."""
    on_user_input: list[HookConfig] = []
    """When the user has to answer something."""
    stop: list[HookConfig] = []
    """When the model has finished and the user is next."""
    notification: list[HookConfig] = []
    """When the user is told of an error or a warning."""
    on_error: list[HookConfig] = []
    """When a turn meets an error."""
    on_max_iterations: list[HookConfig] = []
    """When the limit of steps is reached."""
    on_agent_switch: list[HookConfig] = []
    """When another agent takes over."""
    on_session_resume: list[HookConfig] = []
    """When the user lets an agent go on past its limit."""
    on_tool_approval_decision: list[HookConfig] = []
    """When it is decided whether a tool may run."""
    worktree_create: list[HookConfig] = []
    """Never in a browser; accepted so that a file loads."""

    def located(self) -> Iterator[tuple[HookEvent, tuple[str | int, ...], HookConfig]]:
        """Every hook with its event and where it stands below `hooks`."""
        for event in HOOK_EVENTS:
            for index, entry in enumerate(getattr(self, event)):
                if isinstance(entry, HookConfig):
                    yield event, (event, index), entry
                    continue
                for number, hook in enumerate(entry.hooks):
                    yield event, (event, index, "hooks", number), hook

    def entries(self) -> Iterator[tuple[HookEvent, HookMatcherConfig]]:
        """Every event with its hooks, in the order of the file; those of events without tools match everything."""
        for event in HOOK_EVENTS:
            for entry in getattr(self, event):
                yield event, entry if isinstance(entry, HookMatcherConfig) else HookMatcherConfig(hooks=[entry])
