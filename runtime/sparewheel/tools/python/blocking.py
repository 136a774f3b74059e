"""Announces how long Python tools may keep the thread busy, so that a supervisor does not take it for hanging."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNLIMITED: Final = 24 * 3600.0  # seconds announced for a tool without a timeout
MARGIN: Final = 1.0  # seconds beyond a tool's timeout

_running: dict[object, float] = {}
_listeners: list[Callable[[float], object]] = []


def on_blocking(listener: Callable[[float], object]) -> None:
    """Call `listener` with the seconds that the tools under way may take, and with 0 when none is.

    There is one for the thread: a later call replaces the earlier listener.
    """
    _listeners[:] = [listener]


@contextmanager
def may_block(seconds: float) -> Iterator[None]:
    """A tool runs inside; it may take `seconds` (0: no limit)."""
    key = object()
    _running[key] = (seconds or UNLIMITED) + MARGIN
    _announce()
    try:
        yield
    finally:
        del _running[key]
        _announce()


def _announce() -> None:
    for listener in _listeners:
        listener(max(_running.values(), default=0.0))
