"""Executes one tool call so that the tool can neither block nor end the turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ..state.doubts import InDoubt
from ..tools.base import ToolError, ToolResult, seconds

if TYPE_CHECKING:
    from ..tools.base import Tool
    from .call_context import CallContext

GRACE: Final = 1.0  # seconds for a tool to end after its timeout
_CLEANUP: Final = 0.5  # seconds for these passes, where other tasks make them slow
_PASSES: Final = 500  # of the event loop for a tool to end when the turn is aborted: counted, so that no time is needed


async def execute(tool: Tool, arguments: dict[str, Any], own: CallContext) -> ToolResult:
    """The result of the call. Raises `ToolError`, and `CancelledError` only if the call itself is cancelled.

    The tool runs in a task of its own. If it swallows its cancellation it is abandoned, and its events are dropped. If
    something that it awaited was cancelled, the call has failed.
    """
    task = asyncio.ensure_future(_called(tool, arguments, own))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # marks the exception as retrieved
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
    except (ToolError, InDoubt):
        raise
    except asyncio.CancelledError:
        return ToolResult("CancelledError: something that the tool waited for was cancelled.", is_error=True)
    except Exception as error:  # a tool may raise anything
        return ToolResult(f"{type(error).__name__}: {error}", is_error=True)
    return result if isinstance(result, ToolResult) else ToolResult(str(result))


async def _called(tool: Tool, arguments: dict[str, Any], own: CallContext) -> ToolResult | str:
    return await tool.call(arguments, own)


async def _leave(task: asyncio.Task[Any]) -> None:
    """Cancel a task and let it clean up, as far as that needs no time."""
    task.cancel()
    clock = asyncio.get_running_loop().time
    end = clock() + _CLEANUP
    for _ in range(_PASSES):
        if task.done() or clock() > end:
            return
        await asyncio.sleep(0)
