"""Whether a tool call may run, and with which arguments: hooks, the file's permissions, grants and the user decide."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from ..jsonschema.validate import validator
from ..slices import run_in_slices
from ..state.approvals import identity
from ..tools.arguments import changed_arguments, parse_arguments

if TYPE_CHECKING:
    from ..config.specs import ResolvedAgent
    from ..events import ToolConfirmationEvent
    from ..hooks.engine import Hooks, Point, Verdict
    from ..jsonschema.validate import Validator
    from ..messages import ToolCall
    from ..slices import Slices
    from ..state.budgets import BusyTimer
    from ..state.session_state import SessionState
    from ..tools.arguments import Frozen
    from ..tools.base import Tool
    from .outbox import Outbox

MAX_QUESTIONS: Final = 3  # about one call, whose arguments a hook changes after each approval
RESTRICTED: Final = "This agent may only use tools that change nothing."
BY_RULE: Final = "It is denied by the agent's permissions."
BY_HOOK: Final = "A hook denied it."
CHANGED: Final = "A hook changed the arguments after each approval."


@dataclass(frozen=True, slots=True)
class Decision:
    """The `arguments` to run with, or why the call may not run. `version` is the one of the tool that was approved."""

    arguments: Frozen
    refusal: str | None = None
    version: str = ""
    edited: bool = False  # by the user


class Permission:
    """Decides about the calls of one agent: deny beats ask beats allow."""

    def __init__(self, hooks: Hooks, state: SessionState, agent: ResolvedAgent, outbox: Outbox) -> None:
        self._hooks = hooks
        self._state = state
        self._agent = agent
        self._outbox = outbox

    async def decide(self, call: ToolCall, tool: Tool, source: str, timer: BusyTimer) -> Decision:
        """Decide about one call; `source` is the name of the tool's toolset.

        Raises `ToolError` if the arguments do not match the schema, from the model or from a hook that changes them.
        """
        question = _Question(call, tool, validator(tool.spec.parameters))
        verdict = await self._hooked("pre_tool_use", question)
        rule = await run_in_slices(self._rule(call.name))
        if verdict.denied or rule == "deny":
            return Decision(question.arguments, verdict.reason or (BY_RULE if rule == "deny" else BY_HOOK))
        asks = "ask" in (verdict.decision, rule)
        if not asks and ("allow" in (verdict.decision, rule) or self._is_free(tool)):
            return Decision(question.arguments)
        version = await tool.version() if tool.version else ""
        grant = identity(tool, self._agent.name, source, version)
        if not asks and self._state.approvals.granted(grant):
            return Decision(question.arguments, version=version)
        if self._agent.safety == "restricted" and not tool.read_only:
            return Decision(question.arguments, RESTRICTED)
        wish = await self._hooked("permission_request", question)
        if wish.denied:
            return Decision(question.arguments, wish.reason or BY_HOOK)
        if wish.decision == "allow":
            return Decision(question.arguments, version=version)
        refusal = await self._ask(question, grant, timer, forced=asks)  # which may change the arguments
        return Decision(question.arguments, refusal, version, question.edited)

    async def _hooked(self, point: Point, question: _Question, **more: Any) -> Verdict:
        """Run the hooks of a point. They may change the arguments of the call."""
        call = question.call
        facts = facts_of(call, self._agent, tool_input=question.arguments.copy(), **more)
        verdict = await self._hooks.run(point, facts, call.name)
        if not verdict.denied and "updated_input" in verdict.updated:
            question.arguments = changed_arguments(verdict.updated["updated_input"], question.validator)
        return verdict

    async def _ask(self, question: _Question, grant: str, timer: BusyTimer, *, forced: bool) -> str | None:
        """Ask the user about the call as it will run. Returns why it may not run.

        Arguments that the user changes are checked like the model's, also by the hooks before the call. A hook that
        changes them after the approval makes it void: the user is asked again.
        """
        approvals, call = self._state.approvals, question.call
        for _ in range(MAX_QUESTIONS):
            asked = question.arguments
            key = approvals.open(call.id, call.name, grant, forced=forced, edit=question.edit)
            if approvals.interactive:
                self._outbox.put(_confirmation(key, question, forced=forced))
            with timer.waiting():
                answer = await approvals.wait(key)
            if question.arguments != asked:
                asked = question.arguments
                before = await self._hooked("pre_tool_use", question)
                if before.denied:
                    return before.reason or BY_HOOK
            verdict = await self._hooked(
                "on_tool_approval_decision", question, approved=answer.allowed, reason=answer.reason
            )
            if not answer.allowed:
                return answer.reason
            if verdict.denied:
                return verdict.reason or BY_HOOK
            if question.arguments == asked:
                return None
            forced = True  # a grant that was given meanwhile is not about these arguments
        return CHANGED

    def _is_free(self, tool: Tool) -> bool:
        """Whether the tool runs without a question, whatever it is."""
        if self._agent.safety == "autonomous" or self._state.approvals.everything:
            return True
        return tool.read_only and self._agent.safety != "strict"

    def _rule(self, name: str) -> Slices[str | None]:
        """The rule of the file's permissions for a tool. There may be thousands of patterns."""
        for rule in ("deny", "ask", "allow"):
            for pattern in self._state.permissions.get(rule, ()):
                if fnmatchcase(name, pattern):
                    return rule
                yield
        return None


class _Question:
    """A call on its way, with the arguments that it would run with now. Raises `ToolError`."""

    def __init__(self, call: ToolCall, tool: Tool, validator: Validator) -> None:
        self.call = call
        self.tool = tool
        self.validator = validator
        self.arguments = parse_arguments(call.arguments, validator)
        self.edited = False  # by the user

    def edit(self, arguments: object) -> None:
        """Run with these arguments of the user's: an object, or its JSON text."""
        if isinstance(arguments, str):
            changed = parse_arguments(arguments, self.validator)
        else:
            changed = changed_arguments(arguments, self.validator)
        self.edited = self.edited or changed != self.arguments
        self.arguments = changed


def facts_of(call: ToolCall, agent: ResolvedAgent, **more: Any) -> dict[str, Any]:
    """What hooks get about a call."""
    return {"tool_name": call.name, "tool_use_id": call.id, "agent_name": agent.name, **more}


def _confirmation(key: str, question: _Question, *, forced: bool) -> ToolConfirmationEvent:
    call, shown = question.call, question.arguments.shown
    event: ToolConfirmationEvent = {"type": "tool_confirmation", "id": key, "name": call.name, "args": shown}
    if forced:
        event["forced"] = True
    if question.tool.exclusive:
        event["exclusive"] = True
    if key != call.id:
        event["call_id"] = call.id
    return event
