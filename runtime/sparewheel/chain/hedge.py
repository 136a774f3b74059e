"""Asking two at once: when a model shows nothing for a while, the next one is asked too; the first to show wins.

While they race, each batch is read in a task of its own. From the winner's first content on it is read by whoever
iterates the race, as without a race: nothing may be read ahead, because what is stopped must not hold more than what
was shown. The losers are cancelled, which closes their connections, and waited for, so that nothing is left behind.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from ..providers.assembly import ProviderEvent
    from .attempt import Attempt

_QUIET: Final = frozenset({"start", "done", "error"})


class Runner:
    """One attempt in a race. It goes no further than the batch that was asked for."""

    def __init__(self, attempt: Attempt, batches: AsyncGenerator[list[ProviderEvent], None]) -> None:
        self.attempt = attempt
        self.batches = batches
        self._next: asyncio.Task[list[ProviderEvent] | None] | None = None

    def next(self) -> asyncio.Task[list[ProviderEvent] | None]:
        """The next batch, or None at the end, as a task to be waited for beside others; the same one until `take`."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._read())
        return self._next

    def take(self) -> list[ProviderEvent] | None:
        """The batch that `next` has brought. Raises what the attempt raised, which only a bug does."""
        batch = self.next().result()
        self._next = None
        return batch

    async def close(self) -> None:
        """Cancel what runs, and wait until its connection is closed."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self.batches.aclose()

    async def _read(self) -> list[ProviderEvent] | None:
        return await anext(self.batches, None)


class Race:
    """Runs `first`; after `patience` seconds without content also whoever `another` starts, until one shows content.

    Iterate `run`: it yields the winner's batches, and an empty one for every change among the runners. `winner` is who
    is ahead, `losers` those who have failed or were cancelled for the winner, in that order of time. An end without
    content and without an error wins too: it is an answer. When all fail, the last one is the winner, and has failed.
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
            async for batch in self.winner.batches:
                yield batch
        finally:
            await _close(self._running)

    async def _until_content(self) -> AsyncGenerator[list[ProviderEvent], None]:
        """Wait until somebody has won; the batch that did it, if there is one, is the last one yielded."""
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
                others = [other for other in self._running if other is not runner]
                if batch is None and runner.attempt.error is not None and others:
                    await self._lose([runner])
                    yield []
                    continue
                await self._lose(others)
                if batch is not None:
                    yield batch
                return

    async def _lose(self, runners: Sequence[Runner]) -> None:
        self._running = [runner for runner in self._running if runner not in runners]
        self.winner = self._running[0]
        self.losers += runners
        await _close(runners)


async def _close(runners: Sequence[Runner]) -> None:
    """Close all at once. A stop that comes meanwhile, like a second one of the user's, counts when all are closed."""
    stop: asyncio.CancelledError | None = None
    tasks = [asyncio.ensure_future(runner.close()) for runner in runners]
    while not all(task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as error:
            stop = error
    if stop is not None:
        raise stop
    for task in tasks:
        task.result()
