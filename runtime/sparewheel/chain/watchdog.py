"""Time limits on waiting, without a timer per chunk and without false alarms after the machine slept.

One timer runs at a time. Content only moves the deadline; when the timer fires early, it is set again for the rest. A
timer that fires much too late means that the machine slept or the tab was throttled, not that the provider was silent:
data that has piled up meanwhile gets a moment to arrive.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from ..errors import ErrorInfo, ProviderError
from ..errors.hints import hint_for

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ..errors import Kind

T = TypeVar("T")

LATE: Final = 5.0  # seconds: a timer this late means a clock jump
GRACE: Final = 5.0  # seconds for pending data to arrive after one
STEP: Final = 5.0  # seconds a timer runs at most, so that a sleep is noticed even if it ends before the deadline


class Watchdog:
    """Limits the waits of one task. Use it by `async with`; only a wait inside `watch` is ever interrupted."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._deadline = float("inf")
        self._limit = 0.0
        self._kind: Kind = "timeout_idle"
        self._waiting: asyncio.Task[object] | None = None
        self._fired = False

    async def __aenter__(self) -> Watchdog:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def expect(self, kind: Kind, limit: float, *, since: float | None = None) -> None:
        """Content must arrive within `limit` seconds (0: no limit), or `watch` fails with `kind`.

        They are counted from `since`, a time of the event loop; by default from now.
        """
        self._kind, self._limit = kind, limit
        self.fed(since)

    def fed(self, since: float | None = None) -> None:
        """Content arrived: the limit starts anew."""
        start = self._loop.time() if since is None else since
        self._deadline = start + self._limit if self._limit else float("inf")
        if self._limit and (self._timer is None or self._due > self._deadline):
            self._set_timer(self._deadline)

    def watch(self, work: Awaitable[T]) -> Awaitable[T]:
        """Await `work`. Raises `ProviderError` of the expected kind when the limit passes first."""
        return self._watch(work) if self._limit else work

    async def _watch(self, work: Awaitable[T]) -> T:
        task = asyncio.current_task()
        self._waiting = task
        try:
            return await work
        except asyncio.CancelledError:
            # Ours only if no other cancellation is pending: otherwise the caller's wins.
            if self._fired and task is not None and task.uncancel() == 0:
                raise ProviderError(_timed_out(self._kind, self._limit)) from None
            raise
        finally:
            self._waiting = None

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._due = min(when, self._loop.time() + STEP)
        self._timer = self._loop.call_at(self._due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._loop.time()
        if self._deadline == float("inf"):
            return
        if now - self._due > LATE:
            self._deadline = max(self._deadline, now + min(GRACE, self._limit))
        if self._deadline > now:
            self._set_timer(self._deadline)
        elif self._waiting is not None:
            self._fired = True
            self._waiting.cancel()
        else:  # the consumer is busy; the provider is not silent
            self._set_timer(now + self._limit)


def _timed_out(kind: Kind, limit: float) -> ErrorInfo:
    name = kind.removeprefix("timeout_")
    return ErrorInfo(kind, f"Time limit reached: timeouts.{name} is {limit:g} s.", hint_for(kind))
