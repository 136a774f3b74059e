"""Runs one call of a tool so that nothing the tool does can hold up or end the turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ..tools.base import ToolError, ToolResult, seconds

if TYPE_CHECKING:
    from ..tools.base import Tool
    from .call_context import CallContext

GRACE: Final = 1.0  # seconds that a tool has to end after its timeout
_PASSES: Final = 500  # of the event loop that it has to end after the user has stopped the turn: no time, but order


async def execute(tool: Tool, arguments: dict[str, Any], own: CallContext) -> ToolResult:
    """What came of it. Raises `ToolError`, and `CancelledError` only for who cancels this very call.

    The tool gets a task of its own: one that swallows its cancellation is left behind, unheard, and one that something
    it waited for has cancelled is a call that failed.
    """
    task = asyncio.ensure_future(_called(tool, arguments, own))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # somebody has looked
    try:
        await asyncio.wait({task}, timeout=seconds(tool.timeout))
    except asyncio.CancelledError:
        own.close()
        await _leave(task)
        raise
    own.close()
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE)
        return ToolResult(f"Stopped: the tool took longer than {tool.timeout:g} s.", is_error=True)
    try:
        result = task.result()
    except ToolError:
        raise
    except asyncio.CancelledError:
        return ToolResult("CancelledError: something that the tool waited for was cancelled.", is_error=True)
    except Exception as error:  # a tool is somebody else's code
        return ToolResult(f"{type(error).__name__}: {error}", is_error=True)
    return result if isinstance(result, ToolResult) else ToolResult(str(result))


async def _called(tool: Tool, arguments: dict[str, Any], own: CallContext) -> ToolResult | str:
    return await tool.call(arguments, own)


async def _leave(task: asyncio.Task[Any]) -> None:
    """Stop a task and let it tidy up as long as that takes no time."""
    task.cancel()
    for _ in range(_PASSES):
        if task.done():
            return
        await asyncio.sleep(0)
