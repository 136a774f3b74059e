"""The fake clock itself: a test double that lies would make every other test lie."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.fakeloop import run


def test_waiting_moves_the_clock_and_costs_nothing() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run(main()) == 3600


def test_waiting_for_nothing_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="deadlock"):
        run(asyncio.Event().wait())


def test_a_task_left_over_is_an_error() -> None:
    async def main() -> None:
        background.append(asyncio.ensure_future(asyncio.sleep(9)))

    background: list[asyncio.Future[None]] = []
    with pytest.raises(AssertionError, match="tasks left over"):
        run(main())
