"""Ctrl-C and the other signals that ask a command to end."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Final

from .notes import note

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ABORTED: Final = 130  # the exit code


class Interrupts:
    """Ctrl-C and SIGTERM: the first one calls `act` in the event loop, the second one ends the process at once.

    `act` cancels the task that has made this, unless it is set to something else.
    """

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.act: Callable[[], object] = task.cancel
        self.came = False
        self._loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.came or self._loop.is_closed():
            os._exit(ABORTED)  # Playwright's driver detects the closed pipe and kills the browser
        self.came = True
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        note("aborting (a second signal ends the process at once)")
        self.act()
