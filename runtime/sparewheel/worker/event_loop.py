"""Pyodide's event loop, with timers that behave as asyncio specifies, and with less work for each wake-up.

Pyodide's own loop passes each timer to the browser and keeps no record of it. A cancelled timer therefore stays, with a
proxy for its callback, until it is due. A time that has just passed is refused with `ValueError`, although every
`call_at`, and so every `asyncio.timeout`, can be late on a busy machine. Here a cancelled timer is removed, and one
whose time has passed runs as soon as possible.

Pyodide's own loop also makes two tasks of the browser for each callback, the second one to switch stacks (JSPI), and
another callback for each awaited promise, to count it. Here callbacks that are ready run together. Those of an event of
the browser (a message or a chunk has arrived, a timer is due) run at its end, in the same call of Python. Those that
Python adds while it runs wait for a task of the browser's, so that messages of the page are served in between, and so
do all after `MAX_BUSY`. Stacks are switched only for code of the user (`user_code`), which may wait inside a plain
function.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from _pyodide import _future_helper  # type: ignore[import-not-found]  # exists only inside Pyodide
from js import clearTimeout, queueMicrotask, setTimeout
from pyodide.ffi import create_proxy
from pyodide.webloop import PyodideFuture, WebLoop, scheduleCallback

from ..tools.python.blocking import is_user_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

MAX_BUSY: Final = 0.004  # seconds in which callbacks run without a task of the browser's between them
IDLE: Final = 0.0005  # seconds without a callback after which the browser has had time for its tasks
_MAX_DELAY: Final = 2**31 - 1  # milliseconds; browsers take more for none at all


def patch_event_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Make Pyodide's loop work as described above. The loop is changed in place: there is only one."""
    if not isinstance(loop, _Loop):
        loop.__class__ = _Loop
        loop.begin()  # type: ignore[attr-defined]  # its class is _Loop now
        # Pyodide looks these up for each promise that Python awaits.
        _future_helper.set_result = _when_settled(_future_helper.set_result)
        _future_helper.set_exception = _when_settled(_future_helper.set_exception)


def in_event(callback: Callable[[str], object]) -> Callable[[str], None]:
    """`callback`, for JavaScript to call on an event of the browser: what it makes ready runs before it returns."""
    return partial(asyncio.get_running_loop().in_event, callback)  # type: ignore[attr-defined]  # its class is _Loop


class _Loop(WebLoop):  # type: ignore[misc]  # has no types outside Pyodide
    def begin(self) -> None:
        self._waiting: dict[int, tuple[asyncio.TimerHandle, Any]] = {}  # by id, with the browser's timer
        self._ready: deque[asyncio.Handle] = deque()
        self._is_scheduled = self._is_running = False
        self._began = self._ended = 0.0  # when callbacks began to run without a pause, and when the last one ended
        # One proxy each for all calls, never destroyed.
        self._wake = create_proxy(self._due)
        self._turn = create_proxy(self._run_ready)

    def create_future(self) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = PyodideFuture(loop=self)
        return future

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._add(handle)
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
        self.in_event(self._add, timer)

    def in_event(self, callback: Callable[..., object], *args: Any) -> None:
        """Call `callback`, which an event of the browser has called, and then what is ready.

        That waits if a task runs: then it was code of the task that has called, not the browser.
        """
        if self._is_running or self._is_scheduled or asyncio.current_task(self) is not None or self._is_busy():
            callback(*args)
            return
        self._is_scheduled = True
        try:
            callback(*args)
        finally:
            self._run_ready()

    def _add(self, handle: asyncio.Handle) -> None:
        if is_user_code(handle.get_context()):  # type: ignore[attr-defined]  # of Python 3.12
            super().call_later(0, _run, handle)
            return
        self._ready.append(handle)
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        self._is_scheduled = True
        if self._is_running or self._is_busy():
            self._began = self.time()
            scheduleCallback(self._turn, 0)
        else:
            queueMicrotask(self._turn)

    def _is_busy(self) -> bool:
        """Whether callbacks have run for so long that the browser's tasks must have their turn."""
        now: float = self.time()
        if now - self._ended > IDLE:
            self._began = now
        return now - self._began > MAX_BUSY

    def _run_ready(self) -> None:
        """Run the callbacks that are ready now, not those that they add."""
        self._is_scheduled = False
        self._is_running = True
        self._install_running_loop()
        self._install_asyncgen_hooks()
        count = len(self._ready)
        try:
            while count:
                count -= 1
                _run(self._ready.popleft())
        finally:
            if count and not self._is_scheduled:  # a callback has ended the program
                self._schedule()
            self._is_running = False
            self._ended = self.time()


def _when_settled(
    settle: Callable[[asyncio.Future[Any], Any], None],
) -> Callable[[asyncio.Future[Any], Any], None]:
    """`settle`, which JavaScript calls for a promise; what awaits the future goes on at once."""

    def settled(future: asyncio.Future[Any], value: Any) -> None:
        loop = future.get_loop()
        if isinstance(loop, _Loop):
            loop.in_event(settle, future, value)
        else:
            settle(future, value)

    return settled


def _run(handle: asyncio.Handle) -> None:
    if not handle.cancelled():
        handle._run()
