"""What every storage of journals must do. Each check takes `open_backend`, which opens the same storage once more.

Backends that are opened at the same time stand for tabs of one origin, or for processes with one folder.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from sparewheel.state.journal import Change, Store, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sparewheel.state.journal import Backend, Header

    Open = Callable[[], Awaitable[Backend]]

AT: Final = "2026-01-02T03:04:05.678+00:00"
ODD: Final = "a/b c\u00e9\u4f60\U0001f600'\"\\%_\n"  # a name that needs care in a key, a path or a statement


def record(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "prompt", "at": AT, "turn": f"t{number}", **more}


def header(session: str, updated: str = AT, **more: Any) -> Header:
    named = {"id": session, "title": "T", "agent": "root", "created": AT, "updated": updated, "turns": 1}
    return cast("Header", {**named, "state": "idle", **more})


async def records_come_back_in_order(open_backend: Open) -> None:
    store = Store(await open_backend())
    for name in ("one", ODD):
        assert await store.backend.last(name) == 0
        for number in range(1, 13):
            store.append(name, [record(number, text=f"{ODD}{number}")])
        await store.flush(name)
    await store.close()
    again = Store(await open_backend())
    for name in ("one", ODD):
        journal = await again.read(name)
        assert [(found["seq"], found["session"]) for found in journal.records] == [(n, name) for n in range(1, 13)]
        assert [found["text"] for found in journal.records] == [f"{ODD}{n}" for n in range(1, 13)]
        assert (journal.last, journal.lost, journal.future) == (12, [], [])
        assert await again.backend.last(name) == 12
        assert [found["seq"] for found in (await again.read(name, 10)).records] == [11, 12]
        assert again.append(name, [record(13)]) == 13
    await again.flush()
    assert (await again.read("one")).last == 13
    assert (await again.read("unknown")).records == []
    await again.close()


async def a_write_is_all_or_nothing(open_backend: Open) -> None:
    backend = await open_backend()
    await backend.write([Change("one", [(1, "{}"), (2, "{}")], "h")])
    try:
        await backend.write([Change("two", [(1, "{}")], "h"), Change("one", [(3, "{}"), (2, "{}")], "changed")])
    except StoreFailed as error:
        assert error.cause == "corrupted"
    else:
        raise AssertionError("a number was used twice")
    assert await backend.read("one") == [(1, "{}"), (2, "{}")]
    assert await backend.read("two") == []
    assert await backend.headers() == [("one", "h")]
    await backend.close()


async def records_are_replaced_and_deleted(open_backend: Open) -> None:
    store = Store(await open_backend())
    store.append("one", [record(1), record(2), record(3), record(4)], header("one"))
    await store.flush("one")
    store.append("one", [record(5)], drop=[(1, 1), (3, 4)])
    store.append("one", [record(6)], drop=[(5, 5)])
    store.append("two", [record(1)], header("two"))
    await store.flush()
    assert [found["seq"] for found in (await store.read("one")).records] == [2, 6]
    await store.delete("one")
    await store.delete("never there")
    assert (await store.read("one")).records == []
    assert await store.header("one") is None
    assert [row["id"] for row in await store.headers()] == ["two"]
    assert (await store.read("two")).last == 1
    await store.close()


async def headers_are_listed_without_records(open_backend: Open) -> None:
    store = Store(await open_backend())
    store.append(ODD, [], header(ODD, "2026-01-03"))
    store.append("old", [record(1)], header("old", "2026-01-01", title="Old \u00e9", state="running", turns=3))
    store.append("new", [record(1)], header("new", "2026-01-05"))
    store.append("new", [record(2)], header("new", "2026-01-04", title="Newer"))
    rows = await store.headers()
    assert [(row["id"], row["title"], row["turns"], row["state"]) for row in rows] == [
        ("new", "Newer", 1, "idle"),
        (ODD, "T", 1, "idle"),
        ("old", "Old \u00e9", 3, "interrupted"),
    ]
    found = await store.header("old")
    assert found is not None and found["state"] == "running"
    assert await store.header("never there") is None
    await store.close()


async def what_cannot_be_read_loses_only_itself(open_backend: Open) -> None:
    backend = await open_backend()
    good, future = '{"v":1,"type":"prompt","at":"now"}', '{"v":99,"type":"prompt","at":"now"}'
    texts = [good, "{", future, "[" * 300, "[]", '{"v":1}', '{"v":true,"type":"prompt","at":"now"}', good]
    await backend.write([Change("one", list(enumerate(texts, 1)), "{broken")])
    journal = await Store(backend).read("one")
    assert [found["seq"] for found in journal.records] == [1, 8]
    assert [seq for seq, _ in journal.lost] == [2, 4, 5, 6, 7]
    assert (journal.future, journal.last) == ([3], 8)
    damaged = ["{broken", "1,2", "", '"text"', "[]", '{"turns":true,"state":5,"title":[]}']
    await backend.write([Change(f"damaged {number}", [], text) for number, text in enumerate(damaged)])
    await backend.write([Change("good", [], '{"title":"Good","turns":2}')])
    rows = {row["id"]: (row["title"], row["turns"], row["state"]) for row in await Store(backend).headers()}
    assert rows.pop("good") == ("Good", 2, "idle")
    assert rows.pop("one") == ("", 0, "idle")
    assert rows.keys() == {f"damaged {number}" for number in range(len(damaged))}
    assert {rows[name] for name in rows if name != "damaged 5"} == {("", 0, "idle")}
    await backend.close()


async def a_session_has_one_driver(open_backend: Open) -> None:
    first, second = Store(await open_backend()), Store(await open_backend())
    first.append(ODD, [record(1)], header(ODD, state="running"))
    await first.flush()
    assert await first.claim(ODD)
    assert await first.claim(ODD)
    assert not await second.claim(ODD)
    assert (await first.headers())[0]["state"] == "running"
    assert (await second.headers())[0]["state"] == "open_elsewhere"
    waiting = asyncio.ensure_future(second.claim(ODD, wait=True))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert not await first.wanted("other")
    await first.release(ODD)
    assert await waiting
    assert not await second.wanted(ODD)
    assert not await first.claim(ODD)
    await second.close()  # a store that is closed, or dies, has no claims
    assert await first.claim(ODD, wait=True)
    await first.release("never claimed")
    await first.close()


async def a_follower_hears_of_new_records(open_backend: Open) -> None:
    driver, follower = Store(await open_backend()), Store(await open_backend())
    heard: asyncio.Queue[str] = asyncio.Queue()
    asked: asyncio.Queue[str] = asyncio.Queue()
    stop = follower.watch("one", heard.put_nowait)
    driver.watch("one", asked.put_nowait)
    driver.append("two", [record(1)])
    driver.append("one", [record(1)])
    await driver.flush()
    assert await heard.get() == "records"
    assert (await follower.read("one")).last == 1
    follower.ask_for("one")
    assert await asked.get() == "wanted"
    assert heard.empty()
    stop()
    await driver.close()
    await follower.close()


async def closing_twice_is_no_error(open_backend: Open) -> None:
    store = Store(await open_backend())
    await store.close()
    await store.close()


CHECKS: Final[tuple[Callable[[Any], Awaitable[None]], ...]] = (
    records_come_back_in_order,
    a_write_is_all_or_nothing,
    records_are_replaced_and_deleted,
    headers_are_listed_without_records,
    what_cannot_be_read_loses_only_itself,
    a_session_has_one_driver,
    a_follower_hears_of_new_records,
    closing_twice_is_no_error,
)
