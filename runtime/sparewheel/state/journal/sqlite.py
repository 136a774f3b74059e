"""Journals in an SQLite database in a folder: for Python programs. Several processes can share the folder.

Every statement runs in one thread of its own, so the event loop never waits for the disk. Which sessions a process
drives is in a table; whether that process still lives is told by a lock on a file, which the system releases when the
process ends.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .backend import Change, StoreFailed
from .filelock import FileLock

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from .backend import Cause, News

T = TypeVar("T")

FILE: Final = "sessions.sqlite3"
SCHEMA: Final = 1
_POLL: Final = 0.1  # seconds
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS records (session TEXT, seq INTEGER, text TEXT, PRIMARY KEY (session, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS headers (session TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (session TEXT PRIMARY KEY, driver TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wanted (session TEXT, driver TEXT, PRIMARY KEY (session, driver)) WITHOUT ROWID;
"""
_CAUSES: Final[tuple[tuple[str, Cause], ...]] = (
    ("full", "quota"),
    ("locked", "blocked"),
    ("busy", "blocked"),
    ("malformed", "corrupted"),
    ("not a database", "corrupted"),
    ("UNIQUE", "corrupted"),
)


class SQLiteBackend:
    """`Backend` in the folder `path`, which is made if it is not there."""

    durable = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Does not open the database yet."""
        self._folder = Path(path)
        self._driver = secrets.token_hex(8)
        self._thread = ThreadPoolExecutor(1, "sparewheel-sessions")
        self._database: sqlite3.Connection | None = None
        self._lock: FileLock | None = None
        self._watchers: dict[str, list[Callable[[News], Any]]] = {}
        self._seen: dict[str, int] = {}  # by session, the last number that was read or written here
        self._polling: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._closed = False

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        await self._run(lambda database: _write(database, changes, strict=strict))
        for change in changes:
            if change.records:
                self._seen[change.session] = change.records[-1][0]

    async def read(self, session: str, after: int = 0) -> list[tuple[int, str]]:
        statement = "SELECT seq, text FROM records WHERE session = ? AND seq > ? ORDER BY seq"
        found = await self._run(lambda database: database.execute(statement, (session, after)).fetchall())
        if found:
            self._seen[session] = found[-1][0]
        return found

    async def last(self, session: str) -> int:
        return await self._run(lambda database: _last(database, session))

    async def headers(self) -> list[tuple[str, str]]:
        return await self._run(lambda database: database.execute("SELECT session, text FROM headers").fetchall())

    async def header(self, session: str) -> str | None:
        statement = "SELECT text FROM headers WHERE session = ?"
        row = await self._run(lambda database: database.execute(statement, (session,)).fetchone())
        return row[0] if row else None

    async def claim(self, session: str, *, wait: bool = False) -> bool:
        while not await self._run(lambda database: self._claim(database, session)):
            if not wait:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def release(self, session: str) -> None:
        statement = "DELETE FROM claims WHERE session = ? AND driver = ?"
        await self._run(lambda database: database.execute(statement, (session, self._driver)))

    async def claimed(self) -> set[str]:
        def find(database: sqlite3.Connection) -> set[str]:
            rows = database.execute("SELECT session, driver FROM claims").fetchall()
            alive = {driver for driver in {driver for _, driver in rows} if self._is_alive(driver)}
            return {session for session, driver in rows if driver in alive}

        return await self._run(find)

    async def wanted(self, session: str) -> bool:
        return False  # files do not tell

    def tell(self, session: str, news: News) -> None:
        """The stores that watch a session find new records in the database."""
        if news == "wanted" and not self._closed:
            task = asyncio.ensure_future(self._want(session))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    def watch(self, session: str, callback: Callable[[News], Any]) -> Callable[[], None]:
        watchers = self._watchers.setdefault(session, [])
        watchers.append(callback)
        if self._polling is None:
            self._polling = asyncio.ensure_future(self._poll())

        def end() -> None:
            if callback in watchers:
                watchers.remove(callback)
            if not watchers and self._watchers.get(session) is watchers:
                del self._watchers[session]
                self._seen.pop(session, None)

        return end

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._watchers.clear()
        tasks = [*self._telling, *([self._polling] if self._polling else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown(wait=False)

    # In the thread ----------------------------------------------------------------------------------------------

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._closed:
            raise StoreFailed("unavailable", "The storage of sessions is closed.")

        def run() -> T:
            with _translated():
                return work(self._opened())

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            database = sqlite3.connect(self._folder / FILE, isolation_level=None, check_same_thread=False)
            try:
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version > SCHEMA:
                    raise StoreFailed("future", f"A newer version has written the sessions in {self._folder}.")
                database.execute("PRAGMA journal_mode = WAL")
                database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
                self._lock = FileLock(self._lock_file(self._driver))
                self._lock.take()
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _claim(self, database: sqlite3.Connection, session: str) -> bool:
        with _transaction(database):
            row = database.execute("SELECT driver FROM claims WHERE session = ?", (session,)).fetchone()
            if row and row[0] != self._driver and self._is_alive(row[0]):
                return False
            database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (session, self._driver))
            return True

    def _is_alive(self, driver: str) -> bool:
        return driver == self._driver or FileLock(self._lock_file(driver)).is_taken()

    def _lock_file(self, driver: str) -> Path:
        return self._folder / f"driver-{driver}.lock"

    def _end(self) -> None:
        if self._database is not None:
            try:
                self._database.execute("DELETE FROM claims WHERE driver = ?", (self._driver,))
            except sqlite3.Error:
                pass  # the lock tells that the driver is gone
            self._database.close()
        if self._lock is not None:
            self._lock.release()

    # News -------------------------------------------------------------------------------------------------------

    async def _want(self, session: str) -> None:
        try:
            statement = "INSERT OR IGNORE INTO wanted VALUES (?, ?)"
            await self._run(lambda database: database.execute(statement, (session, self._driver)))
        except StoreFailed:
            pass  # it is only a wish

    async def _poll(self) -> None:
        while self._watchers:
            sessions = list(self._watchers)
            try:
                found = await self._run(partial(self._news, sessions=sessions))
            except StoreFailed:
                found = []
            for session, news in found:
                for callback in list(self._watchers.get(session, ())):
                    callback(news)
            await asyncio.sleep(_POLL)
        self._polling = None

    def _news(self, database: sqlite3.Connection, sessions: Sequence[str]) -> list[tuple[str, News]]:
        found: list[tuple[str, News]] = []
        for session in sessions:
            last = _last(database, session)
            if last != self._seen.get(session, 0):
                self._seen[session] = last
                found.append((session, "records"))
            statement = "DELETE FROM wanted WHERE session = ? AND driver != ?"
            if database.execute(statement, (session, self._driver)).rowcount > 0:
                found.append((session, "wanted"))
        return found


def _write(database: sqlite3.Connection, changes: Sequence[Change], *, strict: bool) -> None:
    database.execute(f"PRAGMA synchronous = {'FULL' if strict else 'NORMAL'}")
    with _transaction(database):
        for change in changes:
            name = change.session
            ranges = [(0, 2**62)] if change.deleted else change.dropped
            removed = [(name, first, last) for first, last in ranges]
            database.executemany("DELETE FROM records WHERE session = ? AND seq BETWEEN ? AND ?", removed)
            if change.deleted:
                database.execute("DELETE FROM headers WHERE session = ?", (name,))
            added = [(name, seq, text) for seq, text in change.records]
            database.executemany("INSERT INTO records VALUES (?, ?, ?)", added)
            if change.header is not None:
                database.execute("INSERT OR REPLACE INTO headers VALUES (?, ?)", (name, change.header))


def _last(database: sqlite3.Connection, session: str) -> int:
    row = database.execute("SELECT max(seq) FROM records WHERE session = ?", (session,)).fetchone()
    return row[0] or 0


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the database and of the system as `StoreFailed`."""
    try:
        yield
    except sqlite3.Error as error:
        found: list[Cause] = [cause for part, cause in _CAUSES if part in str(error)]
        raise StoreFailed(found[0] if found else "unavailable", f"The storage of sessions failed: {error}") from error
    except (OSError, UnicodeError) as error:
        is_full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        raise StoreFailed("quota" if is_full else "unavailable", f"The storage of sessions failed: {error}") from error
