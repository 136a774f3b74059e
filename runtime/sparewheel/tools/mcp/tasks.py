"""Calls that a server runs as a task: begun, looked at until they are over, then their result is fetched.

Tools that demand it cannot be called otherwise. Source: https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ..base import ToolError
from .exchange import MAX_TEXT, MAX_TOTAL
from .failures import Unanswered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .rpc import Message

MIN_POLL: Final = 0.5  # seconds between two looks
MAX_POLL: Final = 15.0
MAX_ID: Final = 1_000  # characters


async def finished(
    begun: Message, send: Callable[[str, Message], Awaitable[Message]], report: Callable[[str], None], limit: float
) -> Message:
    """The result of a task that the server has begun.

    Args:
        begun: the answer to the call.
        send: sends a request, its method and its parameters. The user may be asked meanwhile.
        report: gets what the server tells about the task, for people.
        limit: seconds that the task may take.

    Raises:
        ToolError: there is no such task, it has failed, or takes longer. It is cancelled then.
    """
    task = begun.get("task")
    name = task.get("taskId") if isinstance(task, dict) else None
    if not isinstance(task, dict) or not isinstance(name, str) or not 0 < len(name) <= MAX_ID:
        raise ToolError("the server has begun no task")
    told = ""
    try:
        async with asyncio.timeout(max(limit, MAX_TOTAL)):
            while task.get("status") == "working":
                text = task.get("statusMessage")
                if isinstance(text, str) and text and text != told:
                    report(text[:MAX_TEXT])
                    told = text
                await asyncio.sleep(_poll(task))
                task = await send("tasks/get", {"taskId": name})
        return await send("tasks/result", {"taskId": name})  # waits for it, if the user is asked first
    except BaseException as error:
        with suppress(ToolError, TimeoutError):
            async with asyncio.timeout(1):
                await send("tasks/cancel", {"taskId": name})
        if isinstance(error, TimeoutError):
            raise Unanswered(f"the server's task was not finished within {max(limit, MAX_TOTAL):g} s") from None
        raise


def _poll(task: Message) -> float:
    wanted = task.get("pollInterval")
    seconds = wanted / 1000 if isinstance(wanted, (int, float)) and 0 < wanted < 1e9 else 1.0
    return min(max(seconds, MIN_POLL), MAX_POLL)
