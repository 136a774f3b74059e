"""A task given to another agent: a run inside a tool call, whose answer is the call's result."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ..errors import SparewheelError
from ..messages import user
from ..tools.base import ToolResult
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..events import Event, FinishReason
    from ..hooks.engine import Hooks
    from .call_context import CallContext

# Where a limit ends a task, the agent's last words are from between its tools: no answer, and often none at all.
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
    work: Callable[[Turn], AsyncGenerator[list[Event], None]],
    hooks_of: Callable[[str], Hooks],
) -> ToolResult:
    """A run inside a call: its events are passed on, marked with the call; its attempts count in the same turn."""
    name, task = arguments["agent"], arguments["task"]
    if expected := arguments.get("expected_output"):
        task = f"{task}\n\nExpected output: {expected}"
    child = Turn([user(task)], agent=name, records=turn.records, task=context.call_id)
    turn.children.append(child)
    context.emit([{"type": "handoff", "from": context.agent, "to": name}])
    try:
        with context.shift.waiting():
            async with aclosing(work(child)) as batches:
                async for batch in batches:
                    for event in batch:
                        event.setdefault("agent", child.agent)
                        event.setdefault("task", context.call_id)
                    context.emit(batch)
    except SparewheelError as error:
        return ToolResult(f"{name} could not do it: {error.info.message}", is_error=True)
    finally:
        turn.usage += child.total
        context.emit([{"type": "handoff", "from": name, "to": context.agent}])
    answer = child.answer.text if child.answer else ""
    await hooks_of(name).run("subagent_stop", {"agent_name": name, "task": task, "response": answer})
    if limit := _LIMITS.get(child.reason):
        said = f" Its last words:\n\n{answer}" if answer else " It has said nothing."
        return ToolResult(f"{name} did not finish: {limit}.{said}", is_error=True)
    return ToolResult(answer, is_error=child.answer is None)
