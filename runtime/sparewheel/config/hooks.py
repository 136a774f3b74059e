"""`hooks`: what runs at which event of an agent. The events and their names are docker-agent's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from pydantic import field_validator, model_validator

from ..patterns import size
from .accepted import ACCEPTED
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

    accepted = ACCEPTED["hook"]

    type: Literal["command", "builtin", "model", "evaluator"]
    """`builtin` is a hook of the runtime. The others need a host and are refused."""
    name: str = ""
    """Its name in messages."""
    command: str = ""
    """The name of the built-in hook."""
    args: list[str] = []
    """The arguments of a built-in hook: `max_iterations` takes a number."""
    model: str = ""
    """For `model` hooks, which are refused."""
    prompt: str = ""
    """For `model` hooks, which are refused."""

    @model_validator(mode="after")
    def _complete(self) -> HookConfig:
        if self.type == "model" and not (self.model and self.prompt):
            raise ValueError("a hook of type model needs model and prompt")
        if self.type in ("command", "builtin") and not self.command:
            raise ValueError(f"a hook of type {self.type} needs command")
        return self


class HookMatcherConfig(Strict):
    """Hooks for the tools whose names match."""

    matcher: str = "*"
    """A regular expression that must match the whole name of the tool; `*` matches every tool."""
    hooks: list[HookConfig]
    """They run concurrently; deny wins over ask, ask over allow."""
    preempt_yolo: bool = False
    """Run these before permissions and approval modes are evaluated, so that neither bypasses them."""

    @field_validator("matcher")
    @classmethod
    def _regex(cls, value: str) -> str:
        # A session without a guard that its file asks for would be unsafe, so an invalid pattern is an error.
        size("" if value == "*" else value)  # `compile_patterns` compiles it
        return value


class HooksConfig(Strict):
    """The hooks of an agent, by event."""

    pre_tool_use: list[HookMatcherConfig] = []
    """Before a tool runs; may deny it, ask the user, or change its input."""
    post_tool_use: list[HookMatcherConfig] = []
    """After a tool succeeded or failed."""
    permission_request: list[HookMatcherConfig] = []
    """Before the user is asked to approve a tool call; may decide instead."""
    tool_response_transform: list[HookMatcherConfig] = []
    """Before a tool's output is used; may rewrite it."""
    tool_input_transform: list[HookMatcherConfig] = []
    """Before a tool's input is checked; not available here."""
    tool_guard: list[HookMatcherConfig] = []
    """Before approval; not available here, use `pre_tool_use` with `preempt_yolo`."""
    before_agent_run: list[HookConfig] = []
    """Before an agent is chosen; not available here."""
    session_start: list[HookConfig] = []
    """When a session begins; may add context."""
    user_prompt_submit: list[HookConfig] = []
    """When the user sends a prompt; may block it or add context."""
    user_steering_messages_submit: list[HookConfig] = []
    """When a message sent during a turn is read."""
    user_followup_submit: list[HookConfig] = []
    """When a message queued for the end of a turn is read."""
    turn_start: list[HookConfig] = []
    """Before each model call; may add context for that call."""
    turn_end: list[HookConfig] = []
    """When a turn has ended, whatever its outcome."""
    before_llm_call: list[HookConfig] = []
    """Immediately before a model call."""
    after_llm_call: list[HookConfig] = []
    """Immediately after a model answered."""
    session_end: list[HookConfig] = []
    """When a session ends."""
    pre_compact: list[HookConfig] = []
    """Before the conversation is shortened; may block it or add to the request."""
    before_compaction: list[HookConfig] = []
    """Before the conversation is shortened; may block it or supply the summary."""
    after_compaction: list[HookConfig] = []
    """After the conversation was shortened."""
    subagent_stop: list[HookConfig] = []
    """When a sub-agent has finished."""
    on_user_input: list[HookConfig] = []
    """When the user is asked a question."""
    stop: list[HookConfig] = []
    """When the model has finished and the user can send the next prompt."""
    notification: list[HookConfig] = []
    """When an error or a warning is shown to the user."""
    on_error: list[HookConfig] = []
    """When an error occurs in a turn."""
    on_max_iterations: list[HookConfig] = []
    """When max_iterations is reached."""
    on_agent_switch: list[HookConfig] = []
    """When another agent takes over."""
    on_session_resume: list[HookConfig] = []
    """When the user lets an agent continue past its limit."""
    on_tool_approval_decision: list[HookConfig] = []
    """When a tool call is approved or refused."""
    worktree_create: list[HookConfig] = []
    """Never in a browser; accepted so that the file loads."""

    def located(self) -> Iterator[tuple[HookEvent, tuple[str | int, ...], HookConfig]]:
        """Every hook with its event and its path below `hooks`."""
        for event in HOOK_EVENTS:
            for index, entry in enumerate(getattr(self, event)):
                if isinstance(entry, HookConfig):
                    yield event, (event, index), entry
                    continue
                for number, hook in enumerate(entry.hooks):
                    yield event, (event, index, "hooks", number), hook

    def matchers(self) -> Iterator[tuple[tuple[str | int, ...], HookMatcherConfig]]:
        """Every entry with a regular expression, with its path below `hooks`."""
        for event in HOOK_EVENTS:
            for index, entry in enumerate(getattr(self, event)):
                if isinstance(entry, HookMatcherConfig) and entry.matcher not in ("", "*"):
                    yield (event, index), entry

    def entries(self) -> Iterator[tuple[HookEvent, HookMatcherConfig]]:
        """Every event with its hooks, in the order of the file; hooks of events without a tool match every name."""
        for event in HOOK_EVENTS:
            for entry in getattr(self, event):
                yield event, entry if isinstance(entry, HookMatcherConfig) else HookMatcherConfig(hooks=[entry])
