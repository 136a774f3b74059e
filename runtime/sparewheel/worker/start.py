"""Starts the runtime in a worker."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from .console import CleanOutput
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable


def start(send: Callable[[str], object]) -> Callable[[str], None]:
    """Start the runtime; return `dispatch`."""
    worker = Worker(send)
    if sys.platform == "emscripten":
        from .event_loop import in_event, patch_event_loop  # imports js, which only Pyodide has

        patch_event_loop(asyncio.get_running_loop())
        sys.stdout, sys.stderr = (CleanOutput(stream, worker.clean) for stream in (sys.stdout, sys.stderr))
        return in_event(worker.dispatch)
    return worker.dispatch
