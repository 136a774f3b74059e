# mypy: ignore-errors
"""Coroutines that do not end, or resist their end: each function is a tool without arguments that hangs the worker."""

import asyncio

import js


async def async_loop():
    while True:
        pass


async def spins():
    while True:
        await asyncio.sleep(0)


async def waits():
    await asyncio.Event().wait()


async def waits_shielded():
    await asyncio.shield(asyncio.Event().wait())


async def swallows_its_cancellation():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def spins_and_swallows():
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            pass


async def waits_in_finally():
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(3600)


async def loops_in_finally():
    try:
        await asyncio.sleep(3600)
    finally:
        while True:
            pass


async def uncancels_itself():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()


async def callbacks_without_end():
    loop = asyncio.get_running_loop()

    def again():
        loop.call_soon(again)

    again()
    await asyncio.Event().wait()


async def tasks_without_end():
    kept = []

    async def more():
        for _ in range(2):
            kept.append(asyncio.ensure_future(more()))

    await more()
    await asyncio.Event().wait()


async def slow_passes():
    loop = asyncio.get_running_loop()

    def again():
        end = js.performance.now() + 700
        while js.performance.now() < end:
            pass
        loop.call_soon(again)

    again()
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def cancels_every_task():
    for task in asyncio.all_tasks():
        task.cancel()
    while True:
        pass
