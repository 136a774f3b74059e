"""The queue in front of a storage: order, delay, failures; and what every storage must do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel import jsontext
from sparewheel.state.journal import Memory, MemoryBackend, Store, StoreFailed, headers
from sparewheel.state.journal.store import DELAY, MAX_WAITING, PATIENCE, RETRY
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
        assert {row["id"] for row in await store.headers()} == {"two", "three"}

    run(main())


@pytest.mark.parametrize("completes", [False, True])
def test_what_waits_for_a_storage_that_has_failed_is_written_when_it_works_again(completes: bool) -> None:
    """It fails three times; `completes`: the transaction that seemed to fail was made all the same."""

    class Late(Slow):
        async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
            if completes and len(self.writes) == 1:
                await MemoryBackend.write(self, changes)
            await super().write(changes, strict=strict)

    async def main() -> None:
        error = StoreFailed("unavailable", "Not now.")
        backend = Late(failing={2: error, 3: error, 4: error})
        store = Store(backend)
        store.append("one", [record(1)], header("one"))
        await store.flush()
        store.append("one", [record(2), record(3)])
        await asyncio.sleep(1)
        store.append("one", [record(4)], drop=[(2, 2)])
        with pytest.raises(StoreFailed):
            await store.flush("one")
        await asyncio.sleep(RETRY * 8)
        assert [round(at, 2) for at, _ in backend.writes[1:]] == [DELAY, DELAY + 5, DELAY + 15, DELAY + 35]
        assert store.failure is None
        await store.flush("one")
        assert [found["seq"] for found in (await store.read("one")).records] == [1, 3, 4]

    run(main())


def test_records_that_wait_are_limited_and_a_session_without_some_is_lost() -> None:
    async def main() -> None:
        store = Store(Slow(failing={1: StoreFailed("quota", "Full.")}))
        await store.claim("one")
        store.append("one", [record(1)])
        await asyncio.sleep(1)
        store.append("one", [{**record(2), "text": "x" * MAX_WAITING}])
        await asyncio.sleep(RETRY * 2)
        assert store.lost["one"].cause == "quota"
        assert (await store.read("one")).records == []

    run(main())


def test_what_a_newer_version_has_written_is_not_tried_again() -> None:
    async def main() -> None:
        backend = Slow(failing={1: StoreFailed("future", "Newer.")})
        store = Store(backend)
        store.append("one", [record(1)])
        await asyncio.sleep(1000)
        store.append("one", [record(2)])
        await asyncio.sleep(1000)
        assert len(backend.writes) == 1

    run(main())


def test_a_session_that_is_released_while_the_storage_fails_leaves_nothing_to_write() -> None:
    async def main() -> None:
        backend = Slow(failing={1: StoreFailed("quota", "Full."), 2: StoreFailed("quota", "Full.")})
        store, other = Store(backend), Store(backend)
        await store.claim("one")
        store.append("one", [record(1)])
        await asyncio.sleep(1)
        await store.release("one")
        await other.claim("one")
        other.append("one", [record(7)])
        await asyncio.sleep(1000)
        assert [found["turn"] for found in (await other.read("one")).records] == ["t7"]

    run(main())


def test_a_list_of_ten_thousand_sessions_is_read_in_a_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def counted(text: str) -> object:
        nonlocal read
        read += 1
        return jsontext.read(text)

    monkeypatch.setattr(headers, "read", counted)
    stored = [(f"s{number}", headers.write_header(header(f"s{number}"))) for number in range(10_000)]
    assert len(headers.read_headers(stored)) == 10_000
    assert read == 10
