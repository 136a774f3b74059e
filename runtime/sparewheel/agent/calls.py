"""The tool calls of one step: checked, approved, executed side by side where possible, answered in the order of calls.

Every call has exactly one result for the model, and every call that was announced one `tool_result` event, also if the
turn is stopped. A failing tool, wrong arguments, a hook that denies or a user who rejects a call never end the turn.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, cast

from ..jsontext import whole
from ..messages import Message, Text, ToolCall
from ..providers.history import NOT_RUN, STOPPED
from ..state.doubts import InDoubt
from ..state.results import READ_ON
from ..tools.base import ToolError, ToolResult, distinct
from .call_context import CallContext
from .execution import execute
from .permission import Permission, facts_of
from .prompt import result_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..annotations import Annotation
    from ..config.specs import ResolvedAgent
    from ..events import Event, ToolCallEvent
    from ..hooks.engine import Hooks, Verdict
    from ..messages import Part
    from ..state.budgets import BusyTimer
    from ..state.effects import Effect, Effects
    from ..state.session_state import SessionState
    from ..tools.arguments import Frozen
    from ..tools.base import Registry, Tool
    from .outbox import Outbox

SIDE_BY_SIDE: Final = 8
MAX_CALLS: Final = 128  # in one step; the others are answered without being executed
TOO_MANY: Final = f"Not executed: at most {MAX_CALLS} calls are run in one step."
USED_UP: Final = "Not executed: no more calls are run in this turn (max_tool_calls)."


def unique_calls(message: Message, earlier: Iterable[Message] = ()) -> Message:
    """`message` with call ids that are unique in it and in the `earlier` messages: results refer to calls by id."""
    if not message.tool_calls:
        return message
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

    `outbox` gets the events of the calls while they run; `attempt` is the one whose answer has the calls,
    None if no page has seen it in this turn. A call does not run again if its result is known to `effects`,
    or to `finished` (by id).
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
        effects: Effects,
        left: int | None = None,
        finished: Mapping[str, ToolResult] | None = None,
        attempt: int | None = None,
    ) -> None:
        self._attempt = attempt
        self._calls = list(calls)
        self.runnable = self._calls[: MAX_CALLS if left is None else min(MAX_CALLS, left)]
        self._beyond = USED_UP if left is not None and left < MAX_CALLS else TOO_MANY
        self._registry = registry
        self._hooks = hooks
        self._state = state
        self._agent = agent
        self._timers = timers
        self._outbox = outbox
        self._effects = effects
        self._permission = Permission(hooks, state, agent, outbox)
        self._limit = result_limit(agent)
        self._results = {
            number: finished[call.id] for number, call in enumerate(self.runnable) if finished and call.id in finished
        }
        self.cited: list[Annotation] = []  # what results quote
        self._doubt: InDoubt | None = None
        self._running: set[str] = set()  # ids of the calls that have begun to run

    @property
    def results(self) -> list[Message]:
        """The messages that answer the calls, also those that were not executed or have not ended."""
        messages: list[Message] = []
        for number, call in enumerate(self._calls):
            if number < len(self.runnable):
                result = self.result(number)
                shown, media = result.output, result.media
            else:
                shown, media = self._beyond, ()
            if call.name != READ_ON:  # which limits its results itself
                shown = self._state.results.shorten(call.id, shown, self._limit)
            messages.append(Message("tool", (Text(shown), *media), tool_call_id=call.id))
        return messages

    @property
    def outcomes(self) -> list[tuple[str, str, str]]:
        """Name, arguments and whole output of the calls that may be run."""
        return [(call.name, call.arguments, self.result(number).output) for number, call in enumerate(self.runnable)]

    def announce(self) -> list[Event]:
        """Events to emit before `run`."""
        events: list[Event] = [
            self._announced(call) for number, call in enumerate(self.runnable) if number not in self._results
        ]
        if beyond := len(self._calls) - len(self.runnable):
            message = f"{beyond} of {len(self._calls)} tool calls: {self._beyond}"
            events.append({"type": "warning", "message": message})
        return events

    def _announced(self, call: ToolCall) -> ToolCallEvent:
        event: ToolCallEvent = {"type": "tool_call", "id": call.id, "name": call.name, "args": call.arguments}
        if (tool := self._registry.tools.get(call.name)) is not None and tool.sandboxed:
            event["sandboxed"] = True
        return event

    def stop(self) -> list[Event]:
        """The turn has ended: the events for the calls that have no result yet."""
        left = [(number, call) for number, call in enumerate(self.runnable) if number not in self._results]
        return [_result_event(call, self.result(number)) for number, call in left]

    def result(self, number: int) -> ToolResult:
        """The result of a call that may be run; of one that has not ended, that it has not."""
        missing = STOPPED if self.runnable[number].id in self._running else NOT_RUN
        return self._results.get(number) or ToolResult(missing, is_error=True)

    async def run(self) -> None:
        """Execute the calls: `SIDE_BY_SIDE` at a time, an exclusive tool alone. Raises `InDoubt`, after all of them."""
        left = [pair for pair in enumerate(self.runnable) if pair[0] not in self._results]
        for exclusive, group in groupby(left, key=lambda pair: self._exclusive(pair[1])):
            calls, size = list(group), 1 if exclusive else SIDE_BY_SIDE
            for start in range(0, len(calls), size):
                async with asyncio.TaskGroup() as tasks:
                    for number, call in calls[start : start + size]:
                        tasks.create_task(self._one(number, call))
        if self._doubt is not None:
            raise self._doubt

    def _exclusive(self, call: ToolCall) -> bool:
        tool = self._registry.tools.get(call.name)
        return tool is not None and tool.exclusive

    async def _one(self, number: int, call: ToolCall) -> None:
        try:
            with self._timers() as timer:
                result = await self._transformed(call, await self._outcome(call, timer))
        except InDoubt as error:
            self._doubt = self._doubt or error
            self._running.add(call.id)
            return
        except Exception as error:  # a defect fails this call, not the others and not the turn
            result = ToolResult(f"{type(error).__name__}: {error}", is_error=True)
        self._results[number] = result = replace(result, output=whole(result.output))
        self._cite(result)
        for index, media in enumerate(result.media):
            place = {"type": "media", "attempt": self._attempt or 0, "index": index, "call_id": call.id}
            self._outbox.put(cast("Event", {**place, **media.to_dict()}))
        self._outbox.put(_result_event(call, result))

    def _cite(self, result: ToolResult) -> None:
        """Report what a result quotes as sources of the step's answer, each once."""
        for source in result.sources:
            if source not in self.cited:
                self.cited.append(source)
                if self._attempt is None:
                    continue
                place = {"type": "annotation", "attempt": self._attempt, "index": len(self._calls)}
                self._outbox.put(cast("Event", {**place, **source.to_dict()}))

    async def _transformed(self, call: ToolCall, result: ToolResult) -> ToolResult:
        """The result after the hooks; one that they deny is shown neither to the model nor to the page."""
        verdict = await self._hooks.run(
            "post_tool_use", self._facts(call, tool_response=result.output, is_error=result.is_error), call.name
        )
        if verdict.denied:
            return _withheld(verdict)
        output = str(verdict.updated.get("updated_tool_response", result.output))
        transformed = await self._hooks.run(
            "tool_response_transform", self._facts(call, tool_response=output), call.name
        )
        if transformed.denied:
            return _withheld(transformed)
        output = str(transformed.updated.get("updated_tool_response", output))
        return replace(result, output="\n\n".join([output, *verdict.context, *transformed.context]))

    async def _outcome(self, call: ToolCall, timer: BusyTimer) -> ToolResult:
        tool = self._registry.tools.get(call.name)
        if tool is None:
            known = ", ".join(spec.name for spec in self._registry.specs) or "none"
            return ToolResult(f"There is no tool named {call.name!r}. There are: {known}.", is_error=True)
        try:
            if (earlier := await self._earlier(call, self._effects.of_call(call.id), timer)) is not None:
                return earlier
            source = self._registry.sources.get(call.name, "")
            decision = await self._permission.decide(call, tool, source, timer)
            if decision.refusal is not None:
                self._outbox.put({"type": "tool_blocked", "id": call.id, "name": call.name, "reason": decision.refusal})
                return ToolResult(f"Not executed. {decision.refusal}", is_error=True)
            effect = self._effects.begin(call, decision.arguments.text, decision.arguments.shown)
            if (earlier := await self._earlier(call, self._effects.find(effect.key), timer)) is not None:
                return earlier
            self._running.add(call.id)
            own = CallContext(
                call, self._agent.name, self._state, self._hooks, self._outbox, timer, decision.version, effect.key
            )
            if tool.read_only:
                result = await execute(tool, decision.arguments.copy(), own)
            else:
                result = await self._changing(tool, decision.arguments, own, effect)
            return _with_edit(result, decision.arguments.text) if decision.edited else result
        except ToolError as error:
            return ToolResult(str(error), is_error=True)

    async def _changing(self, tool: Tool, arguments: Frozen, own: CallContext, effect: Effect) -> ToolResult:
        """Execute a call that changes something, between the records of its effect."""
        self._outbox.put(*await self._effects.intend(effect))
        try:
            result = await execute(tool, arguments.copy(), own)
        except ToolError as error:
            result = ToolResult(str(error), is_error=True)
        self._effects.end(effect, result.output, failed=result.is_error)
        return result

    async def _earlier(self, call: ToolCall, effect: Effect | None, timer: BusyTimer) -> ToolResult | None:
        """The result of a call that ran before the turn was interrupted; None if it is to run.

        Raises `InDoubt` if that is not known and the user does not decide.
        """
        if effect is None:
            return None
        if effect.state != "intended":
            return ToolResult(effect.output, is_error=effect.state == "failed")
        doubts, approvals = self._state.doubts, self._state.approvals
        resolution = doubts.decided(call.id)
        if resolution is None:
            self._outbox.put({"type": "in_doubt", "id": call.id, "name": call.name, "args": effect.args})
            if approvals.interactive:
                with timer.waiting():
                    resolution = await doubts.wait(call.id, approvals.timeout)
        if resolution is None:
            raise InDoubt(call.name)
        if resolution.wish == "again":
            self._effects.forget(effect.key)
            return None
        self._effects.end(effect, resolution.output, failed=resolution.wish == "skip")
        return ToolResult(resolution.output, is_error=resolution.wish == "skip")

    def _facts(self, call: ToolCall, **more: Any) -> dict[str, Any]:
        return facts_of(call, self._agent, **more)


def _result_event(call: ToolCall, result: ToolResult) -> Event:
    return {
        "type": "tool_result",
        "id": call.id,
        "name": call.name,
        "output": result.output,
        "is_error": result.is_error,
    }


def _with_edit(result: ToolResult, arguments: str) -> ToolResult:
    """The result, with the arguments for the model, which has asked for others."""
    note = f"The user changed the arguments of this call to {arguments}"
    return replace(result, output=f"{note}\n\n{result.output}")


def _withheld(verdict: Verdict) -> ToolResult:
    return ToolResult(f"The result is withheld. {verdict.reason}".rstrip(), is_error=True)
