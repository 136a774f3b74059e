"""Working together: tools by which an agent hands over to another, or gives it a task and gets the answer back."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ..errors import ErrorInfo, SparewheelError
from ..messages import user
from ..providers.base import ToolSpec
from ..tools.base import Tool, ToolError, ToolResult
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config.specs import ResolvedAgent
    from ..events import FinishReason
    from ..tools.base import ToolContext
    from .calls import CallContext
    from .loop import Agent

MOST_HANDOFFS: Final = 10  # in one turn
MOST_NESTED: Final = 5  # tasks within tasks
# Where a limit ends a task, the agent's last words are from between its tools: no answer, and often none at all.
_LIMITS: Final[dict[FinishReason, str]] = {
    "max_steps": "it may take no further step (max_iterations)",
    "tool_limit": "it may call no further tools (max_tool_calls)",
    "budget": "its budget is used up",
    "length": "its answer was cut off, having become too long",
}


def handoff_tool(others: Sequence[ResolvedAgent], hand_over: Callable[[str], None]) -> Tool:
    """The conversation goes on with another agent, from the next step on and in the turns to come."""

    async def call(arguments: dict[str, Any], _: ToolContext) -> ToolResult:
        hand_over(arguments["agent"])
        return ToolResult(f"{arguments['agent']} takes over.")

    description = "Hand the conversation over to another agent, which then answers the user.\n" + _listed(others)
    return Tool(
        ToolSpec("handoff", description, _schema({"agent": _choice(others)}, ["agent"])),
        call,
        read_only=True,
        exclusive=True,
        timeout=0,
    )


def transfer_tool(agent: Agent, turn: Turn, others: Sequence[ResolvedAgent], depth: int) -> Tool:
    """Another agent works on a task of its own and gives back its answer. Several may work at once."""

    async def call(arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        if depth >= MOST_NESTED:
            raise ToolError(f"Tasks may be nested at most {MOST_NESTED} deep.")
        return await _work(agent, turn, arguments, context, depth)  # type: ignore[arg-type]  # the loop's own context

    properties = {
        "agent": _choice(others),
        "task": {"type": "string", "description": "What to do, with everything the other agent needs to know."},
        "expected_output": {"type": "string", "description": "What the answer should look like."},
    }
    description = "Give a task to another agent and get its answer. It knows nothing but the task.\n" + _listed(others)
    return Tool(
        ToolSpec("transfer_task", description, _schema(properties, ["agent", "task"])), call, read_only=True, timeout=0
    )


async def _work(agent: Agent, turn: Turn, arguments: dict[str, Any], context: CallContext, depth: int) -> ToolResult:
    """A run inside a call: its events are passed on, marked with the call; its attempts count in the same turn."""
    name, task = arguments["agent"], arguments["task"]
    if expected := arguments.get("expected_output"):
        task = f"{task}\n\nExpected output: {expected}"
    child = Turn([user(task)], agent=name, records=turn.records, task=context.call_id)
    turn.children.append(child)
    context.emit([{"type": "handoff", "from": context.agent, "to": name}])
    try:
        with context.shift.waiting():
            async with aclosing(agent.work(child, depth + 1)) as batches:
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
    hooks = agent.hooks(agent.team.agents[name])
    answer = child.answer.text if child.answer else ""
    await hooks.run("subagent_stop", {"agent_name": name, "task": task, "response": answer})
    if limit := _LIMITS.get(child.reason):
        said = f" Its last words:\n\n{answer}" if answer else " It has said nothing."
        return ToolResult(f"{name} did not finish: {limit}.{said}", is_error=True)
    return ToolResult(answer, is_error=child.answer is None)


def too_many_handoffs() -> SparewheelError:
    message = f"More than {MOST_HANDOFFS} handoffs in one turn."
    return SparewheelError(
        ErrorInfo("loop", message, "The agents pass the question round; tell one of them to answer.")
    )


def _listed(agents: Sequence[ResolvedAgent]) -> str:
    return "\n".join(f"- {agent.name}: {agent.description or 'no description'}" for agent in agents)


def _choice(agents: Sequence[ResolvedAgent]) -> dict[str, Any]:
    return {"type": "string", "enum": [agent.name for agent in agents], "description": "Which agent."}


def _schema(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
