"""A storage in memory: the default, and the reference for the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .backend import Change, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .backend import News


class Memory:
    """What several `MemoryBackend`s share, as the tabs of an origin share a database.

    Of more than `most` sessions, those that were changed the longest time ago and are not claimed are dropped.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.records: dict[str, dict[int, str]] = {}
        self.headers: dict[str, str] = {}
        self.owners: dict[str, MemoryBackend] = {}
        self.watchers: list[tuple[MemoryBackend, str, Callable[[News], Any]]] = []
        self.waiting: list[tuple[str, asyncio.Future[None]]] = []


class MemoryBackend:
    """`Backend` in the memory of this process."""

    def __init__(self, memory: Memory | None = None, *, durable: bool = False, most: int | None = None) -> None:
        self.durable = durable
        self._memory = memory or Memory(most)

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        for change in changes:
            records = self._memory.records.get(change.session, {})
            if any(seq in records and not _is_removed(seq, change) for seq, _ in change.records):
                raise StoreFailed("corrupted", "A record of this number is there already.")
        for change in changes:
            records = self._memory.records.setdefault(change.session, {})
            if change.deleted:
                records.clear()
            for first, last in change.dropped:
                for seq in range(first, min(last, max(records, default=0)) + 1):
                    records.pop(seq, None)
            records.update(change.records)
            if not records:
                del self._memory.records[change.session]
            if change.deleted:
                self._memory.headers.pop(change.session, None)
            if change.header is not None:
                self._memory.headers.pop(change.session, None)  # the one that was changed last is last
                self._memory.headers[change.session] = change.header
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        headers = self._memory.headers
        if self._memory.most is None or len(headers) <= self._memory.most:
            return
        idle = [session for session in headers if session not in self._memory.owners]
        for session in idle[: len(headers) - self._memory.most]:
            del headers[session]
            self._memory.records.pop(session, None)

    async def read(self, session: str, after: int = 0) -> list[tuple[int, str]]:
        records = self._memory.records.get(session, {})
        return sorted((seq, text) for seq, text in records.items() if seq > after)

    async def last(self, session: str) -> int:
        return max(self._memory.records.get(session, {}), default=0)

    async def headers(self) -> list[tuple[str, str]]:
        return list(self._memory.headers.items())

    async def header(self, session: str) -> str | None:
        return self._memory.headers.get(session)

    async def claim(self, session: str, *, wait: bool = False) -> bool:
        while (owner := self._memory.owners.get(session)) is not None:
            if owner is self:
                return True
            if not wait:
                return False
            released = asyncio.get_running_loop().create_future()
            self._memory.waiting.append((session, released))
            await released
        self._memory.owners[session] = self
        return True

    async def release(self, session: str) -> None:
        if self._memory.owners.get(session) is self:
            del self._memory.owners[session]
            waiting = [each for each in self._memory.waiting if not each[1].done()]
            if first := next((released for name, released in waiting if name == session), None):
                first.set_result(None)
            self._memory.waiting = [each for each in waiting if not each[1].done()]

    async def claimed(self) -> set[str]:
        return set(self._memory.owners)

    async def wanted(self, session: str) -> bool:
        return any(name == session and not released.done() for name, released in self._memory.waiting)

    def tell(self, session: str, news: News) -> None:
        for owner, name, callback in list(self._memory.watchers):
            if name == session and owner is not self:
                asyncio.get_running_loop().call_soon(callback, news)

    def watch(self, session: str, callback: Callable[[News], Any]) -> Callable[[], None]:
        entry = (self, session, callback)
        self._memory.watchers.append(entry)

        def end() -> None:
            if entry in self._memory.watchers:
                self._memory.watchers.remove(entry)

        return end

    async def close(self) -> None:
        for session in [name for name, owner in self._memory.owners.items() if owner is self]:
            await self.release(session)
        self._memory.watchers = [each for each in self._memory.watchers if each[0] is not self]


def _is_removed(seq: int, change: Change) -> bool:
    return change.deleted or any(first <= seq <= last for first, last in change.dropped)
