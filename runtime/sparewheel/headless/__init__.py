"""Drive the built runtime from Python: `open` in a program, `python -m sparewheel.headless run` in a shell.

`run_batch` asks the prompts of a file, in any engine; `compare` asks them by several agent files.

Not part of the browser bundle. It needs the built files (`build.py build`), and Playwright with a browser or Node.
"""

from __future__ import annotations

from .batch import BatchReport, run_batch
from .browser import BrowserNotFound, Launch, ensure, find
from .compare import Comparison, compare
from .driver import Runtime, open, stored_sessions
from .locate import AgentFileError, find_dist

__all__ = [
    "AgentFileError",
    "BatchReport",
    "BrowserNotFound",
    "Comparison",
    "Launch",
    "Runtime",
    "compare",
    "ensure",
    "find",
    "find_dist",
    "open",
    "run_batch",
    "stored_sessions",
]
