"""Timers in Pyodide that hold what asyncio promises of them.

Pyodide's own loop hands each timer to the browser and forgets it. So one that was cancelled stays, with a proxy for the
browser to call, until it is due; and a time that has just passed is refused with `ValueError`, though every `call_at`,
and so every `asyncio.timeout`, may find on a busy machine that it comes too late. Here a timer that is cancelled is
gone, and one whose time has passed runs as soon as it can.
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


def mend(loop: asyncio.AbstractEventLoop) -> None:
    """Have Pyodide's loop set its timers as described above. There is only this one, and others hold it already."""
    if not isinstance(loop, _Loop):
        loop.__class__ = _Loop
        loop.begin()  # type: ignore[attr-defined]  # it has just become one that can


class _Loop(WebLoop):  # type: ignore[misc]  # without types outside of Pyodide
    def begin(self) -> None:
        self._waiting: dict[int, tuple[asyncio.TimerHandle, Any]] = {}  # by id, with what the browser calls it
        self._wake = create_proxy(self._due)  # one for all: nobody has to destroy it

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
        """What asyncio calls for each timer that is cancelled, whether it has run or not."""
        if found := self._waiting.pop(id(timer), None):
            clearTimeout(found[1])

    def _due(self, number: int) -> None:
        timer, _ = self._waiting.pop(number)
        self.call_soon(_run, timer)  # the loop does more around a callback than to call it


def _run(timer: asyncio.TimerHandle) -> None:
    if not timer.cancelled():
        timer._run()
