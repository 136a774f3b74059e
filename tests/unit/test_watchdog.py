"""Silence, and what only looks like it: the clock jumps when the machine sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from sparewheel.chain.watchdog import Watchdog
from sparewheel.errors import ProviderError
from tests.support.fakeloop import FakeLoop, run


async def second(awake: float, asleep: float, late: float) -> int:
    """The second item, under a limit of 60 s: it comes so long after the first."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FakeLoop)

    async def items() -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.sleep(awake)
        loop.sleep_through(asleep)
        await asyncio.sleep(late)
        yield 2

    async with Watchdog() as dog, aclosing(items()) as pieces:
        dog.expect("timeout_idle", 60)
        assert await dog.watch(anext(pieces)) == 1
        dog.fed()
        return await dog.watch(anext(pieces))


@pytest.mark.parametrize(
    ("awake", "asleep", "late"),
    [(50, 0, 9), (20, 39, 2), (20, 3600, 2)],
    ids=["in time", "the sleep ends before the limit", "the sleep goes on past it"],
)
def test_a_sleep_is_not_the_silence_of_the_provider(awake: float, asleep: float, late: float) -> None:
    assert run(second(awake, asleep, late)) == 2


@pytest.mark.parametrize(("awake", "asleep", "late"), [(50, 0, 11), (20, 39, 6), (20, 3600, 6)])
def test_silence_is_one(awake: float, asleep: float, late: float) -> None:
    with pytest.raises(ProviderError, match=r"timeouts\.idle is 60 s"):
        run(second(awake, asleep, late))
