"""The tool calls of one step: checked, allowed, run side by side where they may be, answered in the order of the calls.

Whatever happens to a call, the model gets exactly one result for it and the page one `tool_result`; a bad tool, a bad
argument, a hook that says no or a user who does never end the turn.
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
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from ..config.specs import ResolvedAgent
    from ..events import Event
    from ..hooks.engine import Hooks, Verdict
    from ..messages import Part
    from ..state.budgets import Shift
    from ..state.session_state import Context
    from ..tools.base import Registry, Tool

SIDE_BY_SIDE: Final = 8
MAX_CALLS: Final = 128  # in one step; what is beyond is answered unrun
TOO_MANY: Final = f"Not executed: at most {MAX_CALLS} calls are run in one step."
USED_UP: Final = "Not executed: no more calls are run in this turn (max_tool_calls)."


def unique_calls(message: Message, earlier: Iterable[Message] = ()) -> Message:
    """`message` with ids of its calls that neither it nor the `earlier` ones have twice: results go by them."""
    taken = {call.id for other in earlier for call in other.tool_calls}
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            part = replace(part, id=distinct(part.id, taken))
            taken.add(part.id)
        parts.append(part)
    return replace(message, parts=tuple(parts))


class Calls:
    """Runs the calls of one step, at most `left`. After `run`, `results` holds the messages that answer them."""

    def __init__(
        self,
        calls: Sequence[ToolCall],
        registry: Registry,
        hooks: Hooks,
        context: Context,
        agent: ResolvedAgent,
        shifts: Callable[[], Shift],
        left: int | None = None,
    ) -> None:
        self._calls = list(calls)
        self.runnable = self._calls[: MAX_CALLS if left is None else min(MAX_CALLS, left)]
        self._beyond = USED_UP if left is not None and left < MAX_CALLS else TOO_MANY
        self._registry = registry
        self._hooks = hooks
        self._context = context
        self._agent = agent
        self._shifts = shifts
        self._limit = result_limit(agent)
        self._results: dict[int, ToolResult] = {}
        self._queue: asyncio.Queue[list[Event] | None] = asyncio.Queue()

    @property
    def results(self) -> list[Message]:
        messages: list[Message] = []
        for number, call in enumerate(self._calls):
            unrun = NOT_RUN if number < len(self.runnable) else self._beyond
            result = self._results.get(number) or ToolResult(unrun, is_error=True)
            shown = result.output
            if call.name != READ_ON:  # which cuts by itself
                shown = self._context.results.shorten(call.id, shown, self._limit)
            messages.append(Message("tool", (Text(shown),), tool_call_id=call.id))
        return messages

    def unsaid(self) -> list[Event]:
        """The events that nobody has taken, because the run was stopped."""
        events: list[Event] = []
        while not self._queue.empty():
            events += self._queue.get_nowait() or ()
        return events

    async def run(self) -> AsyncGenerator[list[Event], None]:
        runnable = list(enumerate(self.runnable))
        yield [{"type": "tool_call", "id": c.id, "name": c.name, "args": c.arguments} for _, c in runnable]
        if beyond := len(self._calls) - len(runnable):
            yield [{"type": "warning", "message": f"{beyond} of {len(self._calls)} tool calls: {self._beyond}"}]
        for exclusive, group in groupby(runnable, key=lambda pair: self._exclusive(pair[1])):
            wave = list(group)
            for start in range(0, len(wave), 1 if exclusive else SIDE_BY_SIDE):
                part = wave[start : start + (1 if exclusive else SIDE_BY_SIDE)]
                work = asyncio.ensure_future(self._together(part))
                try:
                    while (events := await self._queue.get()) is not None:
                        yield events
                    await work
                finally:
                    work.cancel()
                    await asyncio.gather(work, return_exceptions=True)

    async def _together(self, part: list[tuple[int, ToolCall]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for number, call in part:
                    group.create_task(self._one(number, call))
        finally:
            self._queue.put_nowait(None)

    def _exclusive(self, call: ToolCall) -> bool:
        tool = self._registry.tools.get(call.name)
        return tool is not None and tool.exclusive

    async def _one(self, number: int, call: ToolCall) -> None:
        try:
            with self._shifts() as shift:
                result = await self._transformed(call, await self._outcome(call, shift))
        except Exception as error:  # a defect costs this call, not its neighbours and the turn
            result = ToolResult(f"{type(error).__name__}: {error}", is_error=True)
        self._results[number] = result = replace(result, output=whole(result.output))
        event: Event = {
            "type": "tool_result",
            "id": call.id,
            "name": call.name,
            "output": result.output,
            "is_error": result.is_error,
        }
        self._queue.put_nowait([event])

    async def _transformed(self, call: ToolCall, result: ToolResult) -> ToolResult:
        """What the hooks make of a result: nobody gets to see one that they deny."""
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

    async def _outcome(self, call: ToolCall, shift: Shift) -> ToolResult:
        tool = self._registry.tools.get(call.name)
        if tool is None:
            known = ", ".join(self._registry.tools) or "none"
            return ToolResult(f"There is no tool named {call.name!r}. There are: {known}.", is_error=True)
        try:
            validator = Validator(tool.spec.parameters)
            arguments = parse_arguments(call.arguments, validator)
            arguments, refusal = await self._allowed(call, tool, arguments, validator, shift)
            if refusal is not None:
                self._queue.put_nowait([{"type": "tool_blocked", "id": call.id, "name": call.name, "reason": refusal}])
                return ToolResult(f"Not executed. {refusal}", is_error=True)
            own = CallContext(call, self._agent.name, self._context, self._hooks, self._queue, shift)
            return await execute(tool, arguments, own)
        except ToolError as error:
            return ToolResult(str(error), is_error=True)

    # Who may say no ---------------------------------------------------------------------------------------------

    async def _allowed(
        self, call: ToolCall, tool: Tool, arguments: dict[str, Any], validator: Validator, shift: Shift
    ) -> tuple[dict[str, Any], str | None]:
        """The arguments to use, and why the call may not run, if it may not: deny beats ask beats allow.

        Raises `ToolError` for arguments that a hook has changed into what does not fit.
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
        return arguments, await self._ask(call, arguments, shift, forced=asks)

    async def _ask(self, call: ToolCall, arguments: dict[str, Any], shift: Shift, *, forced: bool) -> str | None:
        """Ask the user about what is going to run, which need not be what the model wrote."""
        approvals = self._context.approvals
        shown = json.dumps(arguments, ensure_ascii=False)
        key = approvals.open(call.id, call.name, forced=forced)
        if approvals.interactive:
            self._queue.put_nowait([{"type": "tool_confirmation", "id": key, "name": call.name, "args": shown}])
        with shift.waiting():
            verdict = await approvals.wait(key)
        facts = self._facts(call, approved=verdict.allowed, reason=verdict.reason)
        await self._hooks.run("on_tool_approval_decision", facts, call.name)
        return None if verdict.allowed else verdict.reason

    def _unasked(self, tool: Tool) -> bool:
        """Whether the tool runs without a question, by what the user has granted and the agent's `safety`."""
        match self._agent.safety:
            case "strict":
                return self._context.approvals.granted(replace(tool, read_only=False))
            case "autonomous":
                return True
            case _:
                return self._context.approvals.granted(tool)

    def _rule(self, name: str) -> str | None:
        """What the file's permissions say of a tool: deny beats ask beats allow."""
        for rule in ("deny", "ask", "allow"):
            if any(fnmatchcase(name, pattern) for pattern in self._context.permissions.get(rule, ())):
                return rule
        return None

    def _facts(self, call: ToolCall, **more: Any) -> dict[str, Any]:
        return {"tool_name": call.name, "tool_use_id": call.id, "agent_name": self._agent.name, **more}


def _withheld(verdict: Verdict) -> ToolResult:
    return ToolResult(f"The result is withheld. {verdict.reason}".rstrip(), is_error=True)
