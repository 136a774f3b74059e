"""The queue in front of a storage: order, delay, failures; and what every storage must do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.state.journal import Memory, MemoryBackend, Store, StoreFailed
from sparewheel.state.journal.store import DELAY, PATIENCE
from tests.support.fakeloop import run
from tests.support.stores import CHECKS, header, record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sparewheel.state.journal import Change


class Slow(MemoryBackend):
    """Takes `seconds` for a transaction, and fails those that are named."""

    def __init__(self, seconds: float = 0.0, failing: dict[int, Exception] | None = None) -> None:
        super().__init__(durable=True)
        self.writes: list[tuple[float, list[int]]] = []  # when each began, and the numbers in it
        self.strict: list[bool] = []
        self._seconds = seconds
        self._failing = failing or {}

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        self.strict.append(strict)
        numbers = [seq for change in changes for seq, _ in change.records]
        self.writes.append((asyncio.get_running_loop().time(), numbers))
        if error := self._failing.get(len(self.writes)):
            raise error
        await asyncio.sleep(self._seconds)
        await super().write(changes)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_memory(check: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        memory = Memory()

        async def open_backend() -> MemoryBackend:
            return MemoryBackend(memory)

        await check(open_backend)

    run(main())


def test_records_are_written_together_after_the_delay() -> None:
    async def main() -> None:
        backend = Slow()
        store = Store(backend)
        for number in range(1, 5):
            store.append("one", [record(number)])
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        assert backend.writes == [(DELAY, [1, 2, 3]), (0.3 + DELAY, [4])]

    run(main())


def test_a_flush_waits_for_the_transaction_under_way_and_then_for_its_own() -> None:
    async def main() -> None:
        backend = Slow(seconds=2)
        store = Store(backend)
        store.append("one", [record(1)])
        await asyncio.sleep(DELAY + 0.1)
        store.append("one", [record(2)])
        store.append("one", [record(3)])
        await store.flush("one")
        assert asyncio.get_running_loop().time() == DELAY + 4
        assert backend.writes == [(DELAY, [1]), (DELAY + 2, [2, 3])]
        assert backend.strict == [False, True]
        await store.flush("one")
        await store.flush("two")
        assert len(backend.writes) == 2

    run(main())


def test_a_cancelled_flush_does_not_stop_the_transaction() -> None:
    async def main() -> None:
        backend = Slow(seconds=2)
        store = Store(backend)
        store.append("one", [record(1)])
        waiting = asyncio.ensure_future(store.flush("one"))
        await asyncio.sleep(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert [found["seq"] for found in (await store.read("one")).records] == [1]

    run(main())


@pytest.mark.parametrize(
    ("error", "cause"),
    [(StoreFailed("quota", "Full."), "quota"), (ValueError("odd"), "unavailable")],
)
def test_a_storage_that_fails_is_left_alone(error: Exception, cause: str) -> None:
    async def main() -> None:
        backend = Slow(failing={2: error})
        store = Store(backend)
        store.append("one", [record(1)], header("one"))
        await store.flush()
        store.append("one", [record(2)])
        await asyncio.sleep(1)
        store.append("one", [record(3)])
        for _ in range(2):
            with pytest.raises(StoreFailed) as caught:
                await store.flush("one")
            assert (caught.value.cause, caught.value.info.kind) == (cause, "storage")
        assert len(backend.writes) == 2
        assert [found["seq"] for found in (await store.read("one")).records] == [1]
        assert [row["id"] for row in await store.headers()] == ["one"]

    run(main())


def test_a_storage_that_does_not_answer_has_failed() -> None:
    async def main() -> None:
        store = Store(Slow(seconds=1e9))
        store.append("one", [record(1)])
        with pytest.raises(StoreFailed, match="did not answer within 10 s") as caught:
            await store.flush("one")
        assert caught.value.cause == "blocked"
        assert asyncio.get_running_loop().time() == PATIENCE

    run(main())


def test_deleting_makes_room() -> None:
    async def main() -> None:
        store = Store(Slow(failing={2: StoreFailed("quota", "Full.")}))
        store.append("one", [record(1)], header("one"))
        await store.flush()
        store.append("two", [record(1)], header("two"))
        with pytest.raises(StoreFailed):
            await store.flush()
        await store.delete("one")
        store.append("three", [record(1)], header("three"))
        await store.flush()
        assert [row["id"] for row in await store.headers()] == ["three"]

    run(main())
