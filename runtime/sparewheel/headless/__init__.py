"""Driving the built runtime from Python: `open` for a program, `python -m sparewheel.headless run` for a shell.

This part never goes into the browser. It needs the built files (`build.py build`) and Playwright, or Node alone.
"""

from __future__ import annotations

from .browser import BrowserNotFound, Launch, ensure, find
from .driver import Runtime, open
from .locate import AgentFileError, find_dist

__all__ = ["AgentFileError", "BrowserNotFound", "Launch", "Runtime", "ensure", "find", "find_dist", "open"]
