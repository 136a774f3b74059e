"""A task for another agent: a run inside a tool call, whose answer is the result of the call."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ..errors import SparewheelError
from ..messages import user
from ..state.doubts import InDoubt
from ..state.session_state import Conversation
from ..tools.base import ToolResult
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..events import Event, FinishEvent, FinishReason
    from ..hooks.engine import Hooks
    from .call_context import CallContext

# If a limit ends a task, the last text of the agent was written between tool calls and is not the answer.
_LIMITS: Final[dict[FinishReason, str]] = {
    "max_steps": "it may take no further step (max_iterations)",
    "tool_limit": "it may call no further tools (max_tool_calls)",
    "budget": "its budget is used up",
    "length": "its answer was cut off, having become too long",
}


async def run_task(
    turn: Turn,
    arguments: dict[str, Any],
    context: CallContext,
    events_of: Callable[[Turn], AsyncGenerator[list[Event], None]],
    hooks_of: Callable[[str], Hooks],
) -> ToolResult:
    """Run a task inside a call of `turn`. Its events are passed on, marked with the call; its attempts count as ours.

    `events_of` runs a turn, `hooks_of` gives the hooks of an agent.
    """
    name, task = arguments["agent"], arguments["task"]
    if expected := arguments.get("expected_output"):
        task = f"{task}\n\nExpected output: {expected}"
    child = Turn(Conversation([user(task)], name), log=turn.log.fork(), task=context.call_id)
    child.effects = turn.effects.of_task(context.call_id)
    child.on_task = turn.on_task
    turn.children.append(child)
    context.emit({"type": "handoff", "from": context.agent, "to": name})
    try:
        with context.timer.waiting():
            finish = await _run(child, context, events_of)
    except InDoubt:
        raise
    except SparewheelError as error:
        return ToolResult(f"{name} could not do it: {error.info.message}", is_error=True)
    finally:
        turn.usage += child.total
        shown = [child.incomplete] if child.incomplete else []
        turn.on_task(context.call_id, name, [*child.messages, *shown])
        context.emit({"type": "handoff", "from": name, "to": context.agent})
    answer = finish["message"]["content"]
    await hooks_of(name).run("subagent_stop", {"agent_name": name, "task": task, "response": answer})
    if limit := _LIMITS.get(finish["reason"]):
        partial = f" Its last text:\n\n{answer}" if answer else " It wrote no text."
        return ToolResult(f"{name} did not finish: {limit}.{partial}", is_error=True)
    return ToolResult(answer)


async def _run(
    child: Turn, context: CallContext, events_of: Callable[[Turn], AsyncGenerator[list[Event], None]]
) -> FinishEvent:
    """Pass on the events of the task, except for its `finish`, which is returned."""
    async with aclosing(events_of(child)) as batches:
        while True:
            *events, last = await anext(batches)
            if last["type"] == "finish":
                context.emit(*child.mark(events))
                return last
            context.emit(*child.mark([*events, last]))
