"""The tool calls of one step: checked, approved, executed side by side where possible, answered in the order of calls.

Every call has exactly one result for the model, and every executed call one `tool_result` event. A failing tool, wrong
arguments, a hook that denies or a user who rejects a call never end the turn.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from ..jsonschema.validate import Validator
from ..jsontext import whole
from ..messages import Message, Text, ToolCall
from ..providers.history import NOT_RUN
from ..state.results import READ_ON
from ..tools.arguments import check_arguments, parse_arguments
from ..tools.base import ToolError, ToolResult, distinct
from .call_context import CallContext
from .execution import execute
from .prompt import result_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ..config.specs import ResolvedAgent
    from ..events import Event
    from ..hooks.engine import Hooks, Verdict
    from ..messages import Part
    from ..state.budgets import BusyTimer
    from ..state.session_state import SessionState
    from ..tools.base import Registry, Tool
    from .outbox import Outbox

SIDE_BY_SIDE: Final = 8
MAX_CALLS: Final = 128  # in one step; the others are answered without being executed
TOO_MANY: Final = f"Not executed: at most {MAX_CALLS} calls are run in one step."
USED_UP: Final = "Not executed: no more calls are run in this turn (max_tool_calls)."


def unique_calls(message: Message, earlier: Iterable[Message] = ()) -> Message:
    """`message` with call ids that are unique in it and in the `earlier` messages: results refer to calls by id."""
    taken = {call.id for other in earlier for call in other.tool_calls}
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            part = replace(part, id=distinct(part.id, taken))
            taken.add(part.id)
        parts.append(part)
    return replace(message, parts=tuple(parts))


class Calls:
    """The calls of one step, of which at most `left` are executed. `timers` makes one for each call.

    `outbox` gets the events of the calls while they run.
    """

    def __init__(
        self,
        calls: Sequence[ToolCall],
        registry: Registry,
        hooks: Hooks,
        state: SessionState,
        agent: ResolvedAgent,
        timers: Callable[[], BusyTimer],
        outbox: Outbox,
        left: int | None = None,
    ) -> None:
        self._calls = list(calls)
        self.runnable = self._calls[: MAX_CALLS if left is None else min(MAX_CALLS, left)]
        self._beyond = USED_UP if left is not None and left < MAX_CALLS else TOO_MANY
        self._registry = registry
        self._hooks = hooks
        self._state = state
        self._agent = agent
        self._timers = timers
        self._outbox = outbox
        self._limit = result_limit(agent)
        self._results: dict[int, ToolResult] = {}

    @property
    def results(self) -> list[Message]:
        """The messages that answer the calls, also those that were not executed or have not ended."""
        messages: list[Message] = []
        for number, call in enumerate(self._calls):
            missing = NOT_RUN if number < len(self.runnable) else self._beyond
            result = self._results.get(number) or ToolResult(missing, is_error=True)
            shown = result.output
            if call.name != READ_ON:  # which limits its results itself
                shown = self._state.results.shorten(call.id, shown, self._limit)
            messages.append(Message("tool", (Text(shown),), tool_call_id=call.id))
        return messages

    def announce(self) -> list[Event]:
        """Events to emit before `run`."""
        events: list[Event] = [
            {"type": "tool_call", "id": call.id, "name": call.name, "args": call.arguments} for call in self.runnable
        ]
        if beyond := len(self._calls) - len(self.runnable):
            message = f"{beyond} of {len(self._calls)} tool calls: {self._beyond}"
            events.append({"type": "warning", "message": message})
        return events

    async def run(self) -> None:
        """Execute the calls: `SIDE_BY_SIDE` at a time, an exclusive tool alone."""
        for exclusive, group in groupby(enumerate(self.runnable), key=lambda pair: self._exclusive(pair[1])):
            calls, size = list(group), 1 if exclusive else SIDE_BY_SIDE
            for start in range(0, len(calls), size):
                async with asyncio.TaskGroup() as tasks:
                    for number, call in calls[start : start + size]:
                        tasks.create_task(self._one(number, call))

    def _exclusive(self, call: ToolCall) -> bool:
        tool = self._registry.tools.get(call.name)
        return tool is not None and tool.exclusive

    async def _one(self, number: int, call: ToolCall) -> None:
        try:
            with self._timers() as timer:
                result = await self._transformed(call, await self._outcome(call, timer))
        except Exception as error:  # a defect fails this call, not the others and not the turn
            result = ToolResult(f"{type(error).__name__}: {error}", is_error=True)
        self._results[number] = result = replace(result, output=whole(result.output))
        self._outbox.put(
            {
                "type": "tool_result",
                "id": call.id,
                "name": call.name,
                "output": result.output,
                "is_error": result.is_error,
            }
        )

    async def _transformed(self, call: ToolCall, result: ToolResult) -> ToolResult:
        """The result after the hooks; one that they deny is shown neither to the model nor to the page."""
        verdict = await self._hooks.run(
            "post_tool_use", self._facts(call, tool_response=result.output, is_error=result.is_error), call.name
        )
        if verdict.denied:
            return _withheld(verdict)
        transformed = await self._hooks.run(
            "tool_response_transform", self._facts(call, tool_response=result.output), call.name
        )
        if transformed.denied:
            return _withheld(transformed)
        output = transformed.updated.get("updated_tool_response", result.output)
        return replace(result, output="\n\n".join([str(output), *verdict.context, *transformed.context]))

    async def _outcome(self, call: ToolCall, timer: BusyTimer) -> ToolResult:
        tool = self._registry.tools.get(call.name)
        if tool is None:
            known = ", ".join(self._registry.tools) or "none"
            return ToolResult(f"There is no tool named {call.name!r}. There are: {known}.", is_error=True)
        try:
            validator = Validator(tool.spec.parameters)
            arguments = parse_arguments(call.arguments, validator)
            arguments, refusal = await self._allowed(call, tool, arguments, validator, timer)
            if refusal is not None:
                self._outbox.put({"type": "tool_blocked", "id": call.id, "name": call.name, "reason": refusal})
                return ToolResult(f"Not executed. {refusal}", is_error=True)
            own = CallContext(call, self._agent.name, self._state, self._hooks, self._outbox, timer)
            return await execute(tool, arguments, own)
        except ToolError as error:
            return ToolResult(str(error), is_error=True)

    # Permission -------------------------------------------------------------------------------------------------

    async def _allowed(
        self, call: ToolCall, tool: Tool, arguments: dict[str, Any], validator: Validator, timer: BusyTimer
    ) -> tuple[dict[str, Any], str | None]:
        """The arguments to use, and why the call may not run, None if it may: deny beats ask beats allow.

        Raises `ToolError` if a hook has changed the arguments and they no longer match the schema.
        """
        verdict = await self._hooks.run("pre_tool_use", self._facts(call, tool_input=arguments), call.name)
        rule = self._rule(call.name)
        if verdict.denied or rule == "deny":
            return arguments, verdict.reason or "It is denied by the agent's permissions."
        if "updated_input" in verdict.updated:
            arguments = check_arguments(verdict.updated["updated_input"], validator)
        asks = "ask" in (verdict.decision, rule)
        if not asks and ("allow" in (verdict.decision, rule) or self._unasked(tool)):
            return arguments, None
        if self._agent.safety == "restricted" and not tool.read_only:
            return arguments, "This agent may only use tools that change nothing."
        wish = await self._hooks.run("permission_request", self._facts(call, tool_input=arguments), call.name)
        if wish.denied:
            return arguments, wish.reason or "A hook denied it."
        if "updated_input" in wish.updated:
            arguments = check_arguments(wish.updated["updated_input"], validator)
        if wish.decision == "allow":
            return arguments, None
        return arguments, await self._ask(call, arguments, timer, forced=asks)

    async def _ask(self, call: ToolCall, arguments: dict[str, Any], timer: BusyTimer, *, forced: bool) -> str | None:
        """Ask the user about the call with these arguments, which hooks may have changed."""
        approvals = self._state.approvals
        shown = json.dumps(arguments, ensure_ascii=False)
        key = approvals.open(call.id, call.name, forced=forced)
        if approvals.interactive:
            self._outbox.put({"type": "tool_confirmation", "id": key, "name": call.name, "args": shown})
        with timer.waiting():
            verdict = await approvals.wait(key)
        facts = self._facts(call, approved=verdict.allowed, reason=verdict.reason)
        await self._hooks.run("on_tool_approval_decision", facts, call.name)
        return None if verdict.allowed else verdict.reason

    def _unasked(self, tool: Tool) -> bool:
        """Whether the tool runs without a question, by the user's grants and the agent's `safety`."""
        match self._agent.safety:
            case "strict":
                return self._state.approvals.granted(replace(tool, read_only=False))
            case "autonomous":
                return True
            case _:
                return self._state.approvals.granted(tool)

    def _rule(self, name: str) -> str | None:
        """The rule of the file's permissions for a tool: deny beats ask beats allow."""
        for rule in ("deny", "ask", "allow"):
            if any(fnmatchcase(name, pattern) for pattern in self._state.permissions.get(rule, ())):
                return rule
        return None

    def _facts(self, call: ToolCall, **more: Any) -> dict[str, Any]:
        return {"tool_name": call.name, "tool_use_id": call.id, "agent_name": self._agent.name, **more}


def _withheld(verdict: Verdict) -> ToolResult:
    return ToolResult(f"The result is withheld. {verdict.reason}".rstrip(), is_error=True)
