"""Marks what may keep the thread busy: code of the user, which may also wait inside a plain function, and downloads.

It is announced how long the thread may be busy, so that a supervisor does not take it for hanging.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextvars import Context

UNLIMITED: Final = 24 * 3600.0  # seconds announced for a tool without a timeout
MARGIN: Final = 1.0  # seconds beyond a tool's timeout

_user_code: Final[ContextVar[bool]] = ContextVar("user_code", default=False)
_running: dict[object, float] = {}
_listeners: list[Callable[[float], object]] = []


def on_blocking(listener: Callable[[float], object]) -> None:
    """Call `listener` with the seconds that what is under way may take, and with 0 when nothing is.

    There is one for the thread: a later call replaces the earlier listener.
    """
    _listeners[:] = [listener]


@contextmanager
def may_block(seconds: float) -> Iterator[None]:
    """What runs inside may keep the thread busy for `seconds` (0: no limit)."""
    key = object()
    _running[key] = (seconds or UNLIMITED) + MARGIN
    _announce()
    try:
        yield
    finally:
        del _running[key]
        _announce()


@asynccontextmanager
async def user_code() -> AsyncIterator[None]:
    """Code of the user runs inside, and in tasks that it starts. Where there is JSPI, it may use `run_sync`."""
    token = _user_code.set(True)
    try:
        await asyncio.sleep(0)  # the next step of this task is one that may wait
        yield
    finally:
        _user_code.reset(token)


def is_user_code(context: Context) -> bool:
    """Whether code of the user runs in this context."""
    return context.get(_user_code, False)


def _announce() -> None:
    for listener in _listeners:
        listener(max(_running.values(), default=0.0))
