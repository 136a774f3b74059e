"""Journals in SQLite: what every storage must do, and folders that are shared, broken or of another version."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.state.journal import Store, StoreFailed
from sparewheel.state.journal.sqlite import FILE, SQLiteBackend
from tests.support.stores import CHECKS, header, record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sqlite(check: Callable[[Any], Awaitable[None]], tmp_path: Path) -> None:
    async def main() -> None:
        async def open_backend() -> SQLiteBackend:
            return SQLiteBackend(tmp_path / "store")

        await check(open_backend)

    asyncio.run(main())
    assert list(tmp_path.rglob("*.lock")) == []


def test_a_process_that_is_killed_leaves_no_claim(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from sparewheel.state.journal import Store
from sparewheel.state.journal.sqlite import SQLiteBackend

async def main():
    store = Store(SQLiteBackend({str(tmp_path)!r}))
    assert await store.claim("one")
    store.append("one", [{{"type": "prompt", "at": "now"}}])
    await store.flush()
    print("claimed", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""

    async def main(other: subprocess.Popen[str]) -> None:
        assert other.stdout is not None and other.stdout.readline() == "claimed\n"
        store = Store(SQLiteBackend(tmp_path))
        assert not await store.claim("one")
        assert (await store.read("one")).last == 1
        other.kill()
        other.wait()
        assert await store.claim("one")
        await store.close()

    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            asyncio.run(main(process))
        finally:
            process.kill()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / FILE)
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = (tmp_path / FILE).read_bytes()

    async def main() -> None:
        store = Store(SQLiteBackend(tmp_path))
        with pytest.raises(StoreFailed) as caught:
            await store.headers()
        assert caught.value.cause == "future"
        await store.close()

    asyncio.run(main())
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize(("content", "cause"), [(b"no database " * 100, "corrupted"), (None, "unavailable")])
def test_a_storage_that_cannot_be_opened_fails(content: bytes | None, cause: str, tmp_path: Path) -> None:
    if content is None:
        (tmp_path / FILE).mkdir()
    else:
        (tmp_path / FILE).write_bytes(content)

    async def main() -> None:
        store = Store(SQLiteBackend(tmp_path))
        store.append("one", [record(1)], header("one"))
        with pytest.raises(StoreFailed) as caught:
            await store.flush()
        assert caught.value.cause == cause
        await store.close()

    asyncio.run(main())
