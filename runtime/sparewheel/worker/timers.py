"""Timers for Pyodide's event loop that behave as asyncio specifies.

Pyodide's own loop passes each timer to the browser and keeps no record of it. A cancelled timer therefore stays, with a
proxy for its callback, until it is due. A time that has just passed is refused with `ValueError`, although every
`call_at`, and so every `asyncio.timeout`, can be late on a busy machine. Here a cancelled timer is removed, and one
whose time has passed runs as soon as possible.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final

from js import clearTimeout, setTimeout
from pyodide.ffi import create_proxy
from pyodide.webloop import WebLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

_MAX_DELAY: Final = 2**31 - 1  # milliseconds; browsers take more for none at all


def patch_event_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Make Pyodide's loop set its timers as described above. The loop is changed in place: there is only one."""
    if not isinstance(loop, _Loop):
        loop.__class__ = _Loop
        loop.begin()  # type: ignore[attr-defined]  # its class is _Loop now


class _Loop(WebLoop):  # type: ignore[misc]  # has no types outside Pyodide
    def begin(self) -> None:
        self._waiting: dict[int, tuple[asyncio.TimerHandle, Any]] = {}  # by id, with the browser's timer
        self._wake = create_proxy(self._due)  # one for all timers, never destroyed

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle: asyncio.Handle = super().call_later(0, callback, *args, context=context)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        if delay <= 0:
            return self.call_soon(callback, *args, context=context)
        timer = asyncio.TimerHandle(self.time() + delay, callback, args, self, context)
        if delay != math.inf:
            name = setTimeout(self._wake, min(delay * 1000, _MAX_DELAY), id(timer))
            self._waiting[id(timer)] = (timer, name)
        return timer

    def _timer_handle_cancelled(self, timer: asyncio.TimerHandle) -> None:
        """Called by asyncio for each timer that is cancelled, whether it has run or not."""
        if found := self._waiting.pop(id(timer), None):
            clearTimeout(found[1])

    def _due(self, number: int) -> None:
        timer, _ = self._waiting.pop(number)
        self.call_soon(_run, timer)  # so that the loop handles its errors


def _run(timer: asyncio.TimerHandle) -> None:
    if not timer.cancelled():
        timer._run()
