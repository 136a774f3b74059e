"""Whether the files of Python are all there. After a restore from a snapshot they come a little later.

What the snapshot has imported needs no file. What is imported for the first time does, so whoever fails to import asks
here and tries again.
"""

from __future__ import annotations

import asyncio
from typing import Final

from .errors import ConfigError

LIMIT: Final = 60.0  # seconds

_awaited: asyncio.Event | None = None  # None: they are there


def expect() -> None:
    """They are on their way."""
    global _awaited
    _awaited = asyncio.Event()


def arrived() -> None:
    """They are there."""
    global _awaited
    if _awaited is not None:
        _awaited.set()
    _awaited = None


async def complete() -> bool:
    """Wait for them; False when there was nothing to wait for. Raises `ConfigError` when they do not come."""
    if _awaited is None:
        return False
    try:
        async with asyncio.timeout(LIMIT):
            await _awaited.wait()
    except TimeoutError:
        hint = "Check that the whole of dist/ is on the host, and the network; then reload the page."
        raise ConfigError("The rest of the runtime's files did not come.", hint) from None
    return True
