"""Cancels responses in the background that nothing reads any more: beside everything else, for some seconds at most."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ..errors import SparewheelError
from ..providers.responses_background import cancel, is_response_id

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..config.specs import ModelSpec
    from ..transports.base import HttpRequest, Transport

CANCEL_LIMIT: Final = 10.0
"""Seconds that a response is tried to be cancelled for."""
_TRIES: Final = 3
_PAUSE: Final = 1.0  # seconds after a try

_running: Final[set[asyncio.Task[None]]] = set()  # the event loop has only weak references


def cancel_response(transport: Transport, spec: ModelSpec, response_id: object) -> None:
    """End a response of `spec`; what is no id is ignored. Returns at once, and fails silently after some tries."""
    if is_response_id(response_id):
        run_beside(_send(transport, cancel(spec, str(response_id))))


def run_beside(work: Coroutine[Any, Any, None]) -> None:
    """Run something that `cancelled` waits for, and nothing else."""
    task = asyncio.get_running_loop().create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


async def cancelled(limit: float = CANCEL_LIMIT) -> None:
    """Wait until what is to be cancelled is, for at most `limit` seconds: a program that ends would stop it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    while own := [task for task in _running if task.get_loop() is loop]:
        if loop.time() >= end:
            return
        await asyncio.wait(own, timeout=end - loop.time())


async def _send(transport: Transport, request: HttpRequest) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CANCEL_LIMIT):
            for _ in range(_TRIES):
                if await _arrives(transport, request):
                    return
                await asyncio.sleep(_PAUSE)


async def _arrives(transport: Transport, request: HttpRequest) -> bool:
    """Send `request` once. An answer that refuses it counts: the response has ended, or is not there."""
    try:
        async with transport.stream(request) as response:
            return response.status < 500 and response.status != 429
    except SparewheelError:
        return False
