"""The journals of all sessions on one storage: records are queued, and written at most `DELAY` later.

Only one transaction is under way at a time, so a slow storage makes transactions larger, not more of them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from .backend import Change, StoreFailed
from .headers import Header, read_headers, status, write_header
from .records import VERSION, Journal, Record, read_journal, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .backend import Backend, News

DELAY: Final = 0.25  # seconds
PATIENCE: Final = 10.0  # seconds for one transaction
RETRY: Final = (
    5.0  # seconds after which a storage that has failed is tried again; then twice as long each time, at most:
)
MAX_RETRY: Final = 60.0
MAX_WAITING: Final = 32 * 1024 * 1024  # characters of records that wait for such a storage; with more it is given up


class Store:
    """What sessions use. `backend` is the storage; its claims, `tell` and `watch` are used as they are.

    Attributes:
        backend: the storage.
        failure: why nothing is written now; None while the storage works. Until it does, records wait in memory.
        lost: the failure after which records of a session were given up: it is not stored any more.
    """

    def __init__(self, backend: Backend, *, delay: float = DELAY) -> None:
        self.backend = backend
        self.failure: StoreFailed | None = None
        self._delay = delay
        self._last: dict[str, int] = {}  # numbers given so far
        self._own: set[str] = set()  # claimed sessions
        self._claiming: set[str] = set()
        self._pending: dict[str, Change] = {}
        self._queued_from: dict[str, int] = {}  # the lowest number of a record that is pending
        self._under_way: dict[str, Change] = {}
        self.lost: dict[str, StoreFailed] = {}
        self._waiting = 0  # characters of records since the storage has failed
        self._retry = RETRY
        self._strict = False  # for the next transaction
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def durable(self) -> bool:
        """Whether what is stored outlives this process or tab."""
        return self.backend.durable

    # Writing ----------------------------------------------------------------------------------------------------

    def append(
        self,
        session: str,
        records: Iterable[Record],
        header: Header | None = None,
        drop: Iterable[tuple[int, int]] = (),
        *,
        write: Callable[[Record], str] = write_record,
    ) -> int:
        """Queue records; they get `session`, `v` and the next numbers. Returns the number of the last record.

        Never blocks and never raises. The session must be new, or have been read by `read`.

        Args:
            session: the name of the session.
            records: plain JSON with at least `type` and `at`.
            header: the new row of the session in lists; None: unchanged.
            drop: ranges of numbers, inclusive, of records that these ones replace, in the same transaction.
            write: makes the JSON text of a record, without secrets.
        """
        seq = self._last.get(session, 0)
        if (change := self._pending.get(session)) is None:
            change = self._pending[session] = Change(session)
            self._queued_from[session] = seq + 1
        for first, last in drop:
            change.records = [(number, text) for number, text in change.records if not first <= number <= last]
            if self.failure is None:  # else they may have been written, with what seemed to fail
                last = min(last, self._queued_from[session] - 1)
            if first <= last:
                change.dropped.append((first, last))
        for record in records:
            seq += 1
            text = write({"session": session, "seq": seq, "v": VERSION, **record})
            change.records.append((seq, text))
            self._waiting += len(text)
        self._last[session] = seq
        if header is not None:
            change.header = write_header(header)
        if self.failure is not None and (self._waiting > MAX_WAITING or not self._is_tried):
            self._give_up()
        elif self._timer is None and self._task is None:
            self._write_later(self._delay)
        return seq

    def last(self, session: str) -> int:
        """The number of the last record that was appended or read; 0 if there is none."""
        return self._last.get(session, 0)

    async def flush(self, session: str | None = None) -> None:
        """Return when everything that was appended (to one session, or to any) is durable.

        Raises:
            StoreFailed: the storage has failed, now or before.
        """
        while self.failure is None and self._unwritten(session):
            self._strict = True
            self._begin()
            if self._task is not None:
                await asyncio.wait({self._task})
        if self.failure is not None:
            raise self.failure

    def write_now(self) -> None:
        """Begin to write what is queued, without waiting for the delay."""
        self._begin()

    def _unwritten(self, session: str | None) -> bool:
        if session is None:
            return bool(self._pending or self._under_way)
        return session in self._pending or session in self._under_way

    def _begin(self) -> None:
        """Write what is queued, unless a transaction is under way: then right after it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is None and self._pending:
            self._task = asyncio.ensure_future(self._write())

    def _write_later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)

    async def _write(self) -> None:
        self._under_way, self._pending = self._pending, {}
        strict, self._strict = self._strict, False
        changes = list(self._under_way.values())
        try:
            async with asyncio.timeout(PATIENCE):
                if self.failure is not None:
                    await self._leave_out_written(changes)
                await self.backend.write(changes, strict=strict)
        except StoreFailed as error:
            self._fail(error)
        except TimeoutError:
            self._fail(StoreFailed("blocked", f"The storage of sessions did not answer within {PATIENCE:g} s."))
        except Exception as error:  # a defect of a storage must not end a turn
            self._fail(StoreFailed("unavailable", f"The storage of sessions failed: {type(error).__name__}: {error}"))
        else:
            self.failure, self._retry, self._waiting = None, RETRY, 0
            for change in changes:
                self.backend.tell(change.session, "records")
        finally:
            self._under_way = {}
            self._task = None
            if self._pending and self._timer is None:
                self._write_later(self._delay)

    def _fail(self, error: StoreFailed) -> None:
        """What was to be written waits until the storage is tried again."""
        self.failure = error
        for session, change in self._under_way.items():
            later = self._pending.get(session)
            self._pending[session] = change if later is None else _joined(change, later)
        if self._is_tried:
            self._write_later(self._retry)
            self._retry = min(self._retry * 2, MAX_RETRY)
        else:
            self._give_up()

    @property
    def _is_tried(self) -> bool:
        """Whether a storage that has failed like this may work again."""
        return self.failure is not None and self.failure.cause != "future"

    def _give_up(self) -> None:
        """Drop what waits. The sessions are not stored any more: they would have a gap."""
        if self.failure is not None:
            self.lost |= dict.fromkeys(self._pending, self.failure)
        self._waiting = 0
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _leave_out_written(self, changes: Iterable[Change]) -> None:
        """The last transaction may have been completed after it was given up."""
        for change in changes:
            last = await self.backend.last(change.session)
            change.records = [(seq, text) for seq, text in change.records if seq > last]

    async def delete(self, session: str) -> None:
        """Remove a session, with what is queued for it. One that is not there is no error. Raises `StoreFailed`."""
        self._pending.pop(session, None)
        if self._task is not None:
            await asyncio.wait({self._task})
        await self.backend.write([Change(session, deleted=True)])
        self._last.pop(session, None)
        self.backend.tell(session, "records")
        self.lost.pop(session, None)
        if self.failure is not None and self.failure.cause == "quota":
            self.failure = None  # there may be room again
            self._begin()

    # Reading ----------------------------------------------------------------------------------------------------

    async def read(self, session: str, after: int = 0) -> Journal:
        """The records of a session above the number `after`, queued ones included. Raises `StoreFailed`."""
        if self.failure is None and self._unwritten(session):
            await self.flush(session)
        journal = read_journal(await self.backend.read(session, after), session)
        self._last[session] = max(journal.last, after, self._last.get(session, 0))
        return journal

    async def headers(self) -> list[Header]:
        """All sessions, the one that was changed last first. Raises `StoreFailed`."""
        if self.failure is None and self._unwritten(None):
            await self.flush()
        claimed = await self.backend.claimed()
        found = read_headers(await self.backend.headers())
        for header in found:
            name = header["id"]
            header["state"] = status(header, claimed=name in claimed, own=name in self._own)
        found.sort(key=lambda header: header["updated"])
        return found[::-1]  # of two of the same time, the one that was created later comes first

    async def header(self, session: str) -> Header | None:
        """The row of one session, with its stored state; None if there is no such session. Raises `StoreFailed`."""
        if self.failure is None and self._unwritten(session):
            await self.flush(session)
        text = await self.backend.header(session)
        return None if text is None else read_headers([(session, text)])[0]

    # One driver -------------------------------------------------------------------------------------------------

    def drives(self, session: str) -> bool:
        """Whether this store is the driver of the session."""
        return session in self._own

    async def claim(self, session: str, *, wait: bool = False) -> bool:
        """Become the one driver of a session; whether that succeeded. With `wait`, when the other one is gone."""
        if session in self._claiming and not wait:  # only one of two can get it
            return False
        self._claiming.add(session)
        try:
            claimed = await self.backend.claim(session, wait=wait)
        finally:
            self._claiming.discard(session)
        if claimed:
            self._own.add(session)
        return claimed

    async def release(self, session: str) -> None:
        """Write what is queued for the session, and let another driver claim it."""
        with suppress(StoreFailed):  # reported by the session
            if self.failure is None:
                await self.flush(session)
            elif self._unwritten(session) and self.failure.cause != "blocked":  # that would take too long
                self._begin()
        if self._task is not None:
            await asyncio.wait({self._task})
        self._pending.pop(session, None)  # the next driver gives these numbers to its own records
        self._own.discard(session)
        self._last.pop(session, None)
        self._queued_from.pop(session, None)
        with suppress(StoreFailed):  # a storage that is closed has no claims
            await self.backend.release(session)

    async def wanted(self, session: str) -> bool:
        """Whether another driver waits for the session, as far as that can be told. Raises `StoreFailed`."""
        return await self.backend.wanted(session)

    def ask_for(self, session: str) -> None:
        """Tell the driver of a session that another one would like to have it."""
        self.backend.tell(session, "wanted")

    def watch(self, session: str, callback: Callable[[News], Any]) -> Callable[[], None]:
        """Call `callback` when another store has added records, or asks for the session. Returns what ends that."""
        return self.backend.watch(session, callback)

    async def close(self) -> None:
        """Write what is queued, release every claim, and close the storage."""
        try:
            if self.failure is None:
                await self.flush()
        except StoreFailed:
            pass  # reported by the sessions
        finally:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._own.clear()
            await self.backend.close()


def _joined(first: Change, then: Change) -> Change:
    """One change for two of a session, of which the first was not made."""
    kept = [each for each in first.records if not any(low <= each[0] <= high for low, high in then.dropped)]
    dropped = [*first.dropped, *then.dropped]
    return Change(first.session, [*kept, *then.records], then.header or first.header, dropped, first.deleted)
