"""The turns of open sessions: the page gets their events as they come, and then what the conversation has gained."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..events import Event
    from ..page.results import Result
    from .opened import Opened


class Turns:
    """Runs them and pushes what comes of them."""

    def __init__(self, push: Callable[[dict[str, Any]], None]) -> None:
        self._push = push

    async def run(
        self, opened: Opened, events: AsyncGenerator[list[Event], None], interactive: bool | None = None
    ) -> Result:
        """Push a turn's events as they come and return its result. `interactive` is set when the turn starts."""
        task = this_task()
        opened.tasks.add(task)
        try:
            async with aclosing(events) as batches:
                async for batch in batches:
                    if interactive is not None:  # not before: another turn may be under way
                        opened.session.interactive = interactive
                        interactive = None
                    if shown := opened.shown(batch):
                        self._push({"type": "events", "session": opened.name, "events": shown})
        finally:
            opened.tasks.discard(task)
        return cast("Result", opened.session.result)

    async def run_mirrored(
        self, opened: Opened, events: AsyncGenerator[list[Event], None], interactive: bool | None
    ) -> Result:
        """Like `run`, of a session that the page creates again if this worker dies."""
        try:
            return await self.run(opened, events, interactive)
        finally:
            self.mirror(opened)

    def mirror(self, opened: Opened) -> None:
        """Give the page what the conversation has gained: it creates the session again if this worker dies."""
        messages = opened.session.history
        start = opened.mirrored if opened.mirrored <= len(messages) else 0
        opened.mirrored = len(messages)
        added = [message.to_dict() for message in messages[start:]]
        self._push({"type": "conversation", "session": opened.name, "start": start, "messages": added})


def this_task() -> asyncio.Task[Any]:
    """The task of a command."""
    return cast("asyncio.Task[Any]", asyncio.current_task())  # every command runs in one
