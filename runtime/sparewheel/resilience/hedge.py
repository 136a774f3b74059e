"""Asking two at once: when a model shows nothing for a while, the next one is asked too; the first to show wins.

Each attempt runs in a task of its own that hands its batches over one at a time, so that a winner who is ahead of the
page waits for it. The losers are cancelled, which closes their connections, and waited for, so that nothing is left
behind.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..providers.base import ProviderEvent
    from .running import Attempt

_QUIET: Final = frozenset({"start", "done", "error"})


class Runner:
    """Pumps one attempt's batches into a queue; None is the end."""

    def __init__(self, attempt: Attempt, batches: AsyncGenerator[list[ProviderEvent], None]) -> None:
        self.attempt = attempt
        self.ended = False
        self._queue: asyncio.Queue[list[ProviderEvent] | None] = asyncio.Queue(maxsize=1)
        self._broken: Exception | None = None
        self._task = asyncio.ensure_future(self._pump(batches))
        self._next: asyncio.Task[list[ProviderEvent] | None] | None = None

    def next(self) -> asyncio.Task[list[ProviderEvent] | None]:
        """The next batch, as a task that can be waited for beside others; the same one until `take`."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._queue.get())
        return self._next

    def take(self) -> list[ProviderEvent] | None:
        """The batch that `next` has brought. Raises what the attempt raised, which only a bug does."""
        batch = self.next().result()
        self._next = None
        self.ended = batch is None
        if batch is None and self._broken is not None:
            raise self._broken
        return batch

    async def stop(self) -> None:
        """Cancel what runs, and wait until its connection is closed."""
        tasks: list[asyncio.Task[object]] = [self._task]
        if self._next is not None:
            tasks.append(self._next)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self, batches: AsyncGenerator[list[ProviderEvent], None]) -> None:
        try:
            async with aclosing(batches):
                async for batch in batches:
                    await self._queue.put(batch)
        except Exception as error:  # raised again by `take`, in the task that can do something about it
            self._broken = error
        await self._queue.put(None)


class Race:
    """Runs `first`; after `patience` seconds without content also whoever `another` starts, until one shows content.

    Iterate `run`: it yields the winner's batches, and an empty one for every change among the runners. `winner` is who
    is ahead, `losers` those who have failed or were cancelled for the winner, in that order of time. When all fail, the
    last one is the winner, and it has failed.
    """

    def __init__(self, first: Runner, patience: float, another: Callable[[Attempt], Runner | None]) -> None:
        self.winner = first
        self.losers: list[Runner] = []
        self._running = [first]
        self._patience = patience
        self._another = another

    async def run(self) -> AsyncGenerator[list[ProviderEvent], None]:
        try:
            async with aclosing(self._until_content()) as batches:
                async for batch in batches:
                    yield batch
            while not self.winner.ended:
                await asyncio.wait([self.winner.next()])
                if (rest := self.winner.take()) is not None:
                    yield rest
        finally:
            for runner in self._running:
                await runner.stop()

    async def _until_content(self) -> AsyncGenerator[list[ProviderEvent], None]:
        """Wait until somebody shows something, whose batch is the last one yielded, or only the last one can."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._patience
        waiting_alone = True
        while True:
            timeout = max(due - loop.time(), 0) if waiting_alone else None
            tasks = {runner.next(): runner for runner in self._running}
            done, _ = await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                waiting_alone = False
                runner = self._another(self.winner.attempt)
                if runner is not None:
                    self._running.append(runner)
                    yield []
                continue
            for runner in [tasks[task] for task in tasks if task in done]:
                batch = runner.take()
                if batch is not None and all(event.type in _QUIET for event in batch):
                    continue
                if batch is None and len(self._running) > 1:
                    await self._lose(runner)
                    yield []
                    continue
                for other in [other for other in self._running if other is not runner]:
                    await self._lose(other)
                if batch is not None:
                    yield batch
                return

    async def _lose(self, runner: Runner) -> None:
        await runner.stop()
        self._running.remove(runner)
        self.losers.append(runner)
        self.winner = self._running[0]
