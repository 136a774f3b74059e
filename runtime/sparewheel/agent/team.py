"""The tools with which an agent hands over to another agent, or gives it a task and gets its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import ErrorInfo, SparewheelError
from ..providers.base import ToolSpec
from ..tools.base import Tool, ToolContext, ToolError, ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.specs import ResolvedAgent

MAX_HANDOFFS: Final = 10  # in one turn
MAX_NESTED: Final = 5  # levels of tasks inside tasks

RunTask: TypeAlias = Callable[[dict[str, Any], ToolContext], Awaitable[ToolResult]]


def handoff_tool(others: Sequence[ResolvedAgent], hand_over: Callable[[str], None]) -> Tool:
    """Another agent continues the conversation, from the next step on and in later turns."""

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


def transfer_tool(others: Sequence[ResolvedAgent], run_task: RunTask, depth: int) -> Tool:
    """Another agent works on a task and returns its answer. Several may run side by side."""

    async def call(arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        if depth >= MAX_NESTED:
            raise ToolError(f"Tasks may be nested at most {MAX_NESTED} deep.")
        return await run_task(arguments, context)

    properties = {
        "agent": _choice(others),
        "task": {"type": "string", "description": "What to do, with everything the other agent needs to know."},
        "expected_output": {"type": "string", "description": "What the answer should look like."},
    }
    description = "Give a task to another agent and get its answer. It knows nothing but the task.\n" + _listed(others)
    return Tool(
        ToolSpec("transfer_task", description, _schema(properties, ["agent", "task"])), call, read_only=True, timeout=0
    )


def too_many_handoffs() -> SparewheelError:
    message = f"More than {MAX_HANDOFFS} handoffs in one turn."
    return SparewheelError(
        ErrorInfo("loop", message, "The agents pass the question round; tell one of them to answer.")
    )


def _listed(agents: Sequence[ResolvedAgent]) -> str:
    return "\n".join(f"- {agent.name}: {agent.description or 'no description'}" for agent in agents)


def _choice(agents: Sequence[ResolvedAgent]) -> dict[str, Any]:
    return {"type": "string", "enum": [agent.name for agent in agents], "description": "Which agent."}


def _schema(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
