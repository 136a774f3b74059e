"""Hedging: when a model shows nothing for a while, the next one is asked as well; the first to show content wins.

While they race, each batch is read in a task of its own. From the winner's first content on, its batches are read by
the consumer of the race, as without one: nothing is read ahead, so a stopped turn holds no more than was shown. The
losers are cancelled, which closes their connections, and awaited.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeAlias

from ..errors import SparewheelError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from ..events import Event
    from .attempt import Attempt


Enter: TypeAlias = "Callable[[Attempt], tuple[Racer, list[Event]] | None]"  # gets the attempt that shows nothing yet
Lost: TypeAlias = "Callable[[Attempt, SparewheelError | None, Attempt], list[Event]]"  # loser, its error, winner


class Racer:
    """An attempt in a race. It reads no further than the batch that was asked for."""

    def __init__(self, attempt: Attempt, batches: AsyncGenerator[list[Event], None]) -> None:
        self.attempt = attempt
        self.batches = batches
        self._next: asyncio.Task[list[Event] | None] | None = None

    def next(self) -> asyncio.Task[list[Event] | None]:
        """The next batch, or None at the end, as a task; the same task until `take`."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._read())
        return self._next

    def take(self) -> list[Event] | None:
        """The batch that `next` has read. Raises the attempt's error."""
        task = self.next()
        self._next = None
        return task.result()

    async def close(self) -> None:
        """Cancel the read under way, and wait until the connection is closed."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self.batches.aclose()

    async def _read(self) -> list[Event] | None:
        return await anext(self.batches, None)


class Race:
    """Runs `first`; after `patience` seconds without content, also the attempt that `enter` starts, if it does.

    Without `patience` (None) there is nothing but `first`.

    `winner` is the attempt that is ahead. An attempt that ends without content and without an error wins: an empty
    answer is an answer. When all fail, the last one to fail is the winner. `lost` makes the events for an attempt that
    has failed (with its error) or was cancelled (None) while another goes on.
    """

    def __init__(self, first: Racer, patience: float | None, enter: Enter, lost: Lost) -> None:
        self._running = [first]
        self.shown = first.attempt if patience is None else None
        """The attempt whose content has been yielded; before that, only events about the attempts are."""
        self._patience = patience
        self._enter = enter
        self._lost = lost

    @property
    def winner(self) -> Attempt:
        return self._running[0].attempt

    def batches(self) -> AsyncGenerator[list[Event], None]:
        """Yield the winner's batches, and the events about the others. Raises the winner's error."""
        return self._running[0].batches if self._patience is None else self._run(self._patience)

    async def _run(self, patience: float) -> AsyncGenerator[list[Event], None]:
        try:
            async with aclosing(self._until_content(patience)) as batches:
                async for batch in batches:
                    if batch:
                        yield batch
            async for batch in self._running[0].batches:
                yield batch
        finally:
            await _close(self._running)

    async def _until_content(self, patience: float) -> AsyncGenerator[list[Event], None]:
        """Run until there is a winner; the batch that made it one, if any, is the last one yielded."""
        loop = asyncio.get_running_loop()
        due = loop.time() + patience
        waiting_alone = True
        while True:
            timeout = max(due - loop.time(), 0) if waiting_alone else None
            tasks = {racer.next(): racer for racer in self._running}
            done, _ = await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                waiting_alone = False
                if entered := self._enter(self.winner):
                    racer, events = entered
                    self._running.append(racer)
                    yield events
                continue
            for racer in [tasks[task] for task in tasks if task in done]:
                others = [other for other in self._running if other is not racer]
                try:
                    batch = racer.take()
                except SparewheelError as error:
                    if not others:
                        raise
                    yield await self._lose([racer], error)
                    continue
                if batch and batch[-1]["type"] in ("request", "resumed"):  # news about an attempt is no content
                    yield batch
                    continue
                events = await self._lose(others)
                self.shown = racer.attempt
                yield [*events, *(batch or ())]
                return

    async def _lose(self, racers: Sequence[Racer], error: SparewheelError | None = None) -> list[Event]:
        self._running = [racer for racer in self._running if racer not in racers]
        await _close(racers)
        return [event for racer in racers for event in self._lost(racer.attempt, error, self.winner)]


async def _close(racers: Sequence[Racer]) -> None:
    """Close all at once. A cancellation that arrives meanwhile is raised once all are closed."""
    stop: asyncio.CancelledError | None = None
    tasks = [asyncio.ensure_future(racer.close()) for racer in racers]
    while not all(task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as error:
            stop = error
    if stop is not None:
        raise stop
    for task in tasks:
        task.result()
