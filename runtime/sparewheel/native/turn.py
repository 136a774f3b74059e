"""A turn in a task of its own: it runs on while the program is busy with one of its events."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from ..errors import ErrorInfo, SparewheelError
from ..events import is_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..events import AbortReason, Event
    from ..session import Session

    Batches = AsyncGenerator[list[Event], None]


class Turn:
    """Runs a turn of `session`: gives each of its `batches` of events to `deliver`, which must not raise."""

    def __init__(self, session: Session, batches: Batches, deliver: Callable[[list[Event]], object]) -> None:
        self.ended = False  # the terminal event has been delivered
        self.ending = False  # it has ended or was stopped
        self._session = session
        self._batches = batches
        self._deliver = deliver
        self._task = asyncio.ensure_future(self._run())
        self._task.add_done_callback(_retrieve)

    @property
    def done(self) -> bool:
        """Whether nothing of the turn runs any more."""
        return self._task.done()

    def on_done(self, call: Callable[[], object]) -> None:
        """Call this when the turn is done."""
        self._task.add_done_callback(lambda _: call())

    def stop(self, reason: AbortReason) -> None:
        """Abort the turn, unless it has ended. Its `aborted` event is still delivered."""
        if not self.ending:
            self.ending = True
            if not self._session.abort(reason):  # the task has not started yet
                self._task.cancel()

    async def wait(self) -> None:
        """Wait until the turn is done. Cancelling the caller does not stop the turn."""
        await asyncio.wait({self._task})

    @property
    def failure(self) -> BaseException | None:
        """Why a turn that is done did not finish; kind `aborted` if it was stopped."""
        if self._task.cancelled():
            return SparewheelError(ErrorInfo("aborted", "The turn was aborted."))
        return self._task.exception()

    async def _run(self) -> None:
        async with aclosing(self._batches) as batches:
            async for batch in batches:
                self.ended = is_terminal(batch[-1])
                self.ending = self.ending or self.ended
                self._deliver(batch)


def _retrieve(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()  # marked as retrieved: the program need not ask for it
