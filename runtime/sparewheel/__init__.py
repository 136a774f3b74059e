"""Sparewheel: an agent runtime for the browser that goes on when a model does not.

Import what you need from the submodules; `sparewheel.headless` drives the built page from Python, `sparewheel.testing`
is a scripted provider for tests. See README.md for how a turn flows through the rest.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
