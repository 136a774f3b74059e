"""Runs inside Pyodide: its event loop, once the runtime has mended it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pyodide_js
from js import Promise, queueMicrotask, setTimeout
from pyodide.ffi import create_once_callable

from sparewheel.tools.python.blocking import user_code
from sparewheel.worker import event_loop, start
from sparewheel.worker.event_loop import in_event

MANY = 100
LIMIT = 20.0  # seconds until a wait has failed


def counts() -> dict[str, int]:
    """What timers are made of: handles, and the references that Python and JavaScript hold of each other."""
    gc.collect()
    return {
        "handles": sum(isinstance(each, asyncio.Handle) for each in gc.get_objects()),
        "proxies": pyodide_js._module.pyproxy_alloc_map.size,
        "references": pyodide_js._module._hiwire_num_refs(),
    }


async def left_of(set_many: Callable[[asyncio.AbstractEventLoop], Any]) -> dict[str, int]:
    start(lambda text: None)
    pyodide_js._module.enable_pyproxy_allocation_tracing()
    await asyncio.sleep(0)
    before = counts()
    await set_many(asyncio.get_running_loop())
    await asyncio.sleep(0)
    after = counts()
    return {name: count - before[name] for name, count in after.items()}


async def cancelled() -> dict[str, int]:
    """What is left of many timers that were cancelled long before they are due."""

    async def set_many(loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(MANY):
            loop.call_later(3600, print, "never").cancel()
            async with asyncio.timeout(3600):
                await asyncio.sleep(0)

    return await left_of(set_many)


async def run() -> dict[str, int]:
    """What is left of many that have run."""

    async def set_many(loop: asyncio.AbstractEventLoop) -> None:
        futures = [loop.create_future() for _ in range(MANY)]
        for future in futures:
            loop.call_later(0.001, future.set_result, None)
        await asyncio.wait_for(asyncio.gather(*futures), LIMIT)

    return await left_of(set_many)


async def in_the_past() -> list[str]:
    """Whose time has passed: they run, in their order, and so does a timeout."""
    start(lambda text: None)
    loop = asyncio.get_running_loop()
    ran: list[str] = []
    done = asyncio.Event()
    loop.call_at(loop.time() - 1, ran.append, "at")
    loop.call_later(-0.001, ran.append, "later")
    loop.call_at(loop.time() - 1, ran.append, "cancelled").cancel()
    loop.call_soon(done.set)
    await asyncio.wait_for(done.wait(), LIMIT)
    try:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()
    except TimeoutError:
        ran.append("timeout")
    return ran


async def failing() -> str:
    """What the loop is told of a callback that raises."""
    start(lambda text: None)
    loop = asyncio.get_running_loop()
    told: asyncio.Future[dict[str, Any]] = loop.create_future()
    loop.set_exception_handler(lambda _, context: told.set_result(context))
    try:
        loop.call_later(0.001, int, "x")
        return repr((await asyncio.wait_for(told, LIMIT))["exception"])
    finally:
        loop.set_exception_handler(None)


async def order() -> list[str]:
    """What runs when: callbacks in their order, those that are added meanwhile after tasks of JavaScript."""
    start(lambda text: None)
    loop = asyncio.get_running_loop()
    ran: list[str] = []
    done = asyncio.Event()

    def first() -> None:
        ran.append("first")
        setTimeout(create_once_callable(lambda: ran.append("message")), 0)
        loop.call_soon(ran.append, "added")
        loop.call_later(0.05, done.set)

    loop.call_soon(first)
    loop.call_soon(ran.append, "cancelled").cancel()
    loop.call_soon(ran.append, "second")
    await asyncio.wait_for(done.wait(), LIMIT)
    return ran


async def busy() -> bool:
    """Whether JavaScript gets its turn while promises that are settled already are awaited without a pause."""
    start(lambda text: None)
    turns: list[bool] = []
    setTimeout(create_once_callable(lambda: turns.append(True)), 0)
    end = asyncio.get_running_loop().time() + LIMIT
    while not turns and asyncio.get_running_loop().time() < end:
        await Promise.resolve(1)
    return bool(turns)


async def wake_ups() -> int:
    """How often JavaScript is asked to call the loop while promises are awaited that it settles."""
    start(lambda text: None)
    with patch.object(event_loop, "queueMicrotask", wraps=queueMicrotask) as asked:
        for _ in range(MANY):
            await Promise.new(create_once_callable(lambda resolve, _: setTimeout(resolve, 1)))
        return int(asked.call_count)


async def from_code() -> list[str]:
    """What a callback for events makes ready, when code of a task calls it: it runs after that code."""
    start(lambda text: None)
    loop = asyncio.get_running_loop()
    ran: list[str] = []
    event = in_event(lambda name: loop.call_soon(ran.append, name))
    event("of the loop")
    ran.append("loop")
    async with user_code():
        event("of the user")
        ran.append("user")
        await asyncio.sleep(0.001)
    return ran
