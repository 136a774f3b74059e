"""Events of a turn that do not come from the model's stream: those of tools, hooks, handoffs and sub-agents."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from ..events import Event


class Outbox:
    """Collects events in the order of `put`; `Run.events` empties it."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._filled = asyncio.Event()

    def put(self, *events: Event) -> None:
        self._events += events
        self._filled.set()

    def warn(self, message: str) -> None:
        """Put a `warning` event."""
        self.put({"type": "warning", "message": message})

    def take(self) -> list[Event]:
        """Remove and return everything."""
        events, self._events = self._events, []
        return events

    def before(self, batch: list[Event]) -> list[Event]:
        """`batch`, preceded by everything in the outbox."""
        return [*self.take(), *batch] if self._events else batch

    async def during(self, work: Coroutine[object, object, None]) -> AsyncGenerator[None, None]:
        """Run `work` in a task; yield whenever events have been put, and once at the end. Raises what `work` raises.

        Closing the generator cancels the task and waits for it.
        """
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self._filled.set())
        try:
            while not task.done():
                await self._filled.wait()
                self._filled.clear()
                yield
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
