"""Journals in the browser's IndexedDB.

Beside `transports/fetch.py`, `transports/probes.py` and `worker/event_loop.py`, the only module that imports `js` or
`pyodide`.

The work is done by `web/journal/`, whose class the worker's script puts into the global scope. It is looked up when a
store is opened, not before: a memory snapshot must not hold it. Changes go there as one JSON text, records come back as
one, so no proxy has to be destroyed. A call of `write` with `strict` returns when the disk has the changes, as far as
the browser can tell; without, when the operating system has them.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import js
from pyodide.ffi import JsException, create_proxy

from ..jsontext import write
from .journal.backend import Cause, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from .journal.backend import Change, News

DATABASE: Final = "sparewheel"
_PATIENCE: Final = 10.0  # seconds for one request


class IndexedDBBackend:
    """`Backend` in the database `name` of this origin.

    Attributes:
        guarded: whether two tabs cannot drive the same session. False on an insecure origin, which has no locks.
    """

    durable = True

    def __init__(self, name: str = DATABASE) -> None:
        """Does not open the database yet. Raises `StoreFailed` outside of a browser's worker."""
        if not hasattr(js, "SparewheelJournal"):
            raise StoreFailed("unavailable", "IndexedDB is available only in the worker of a browser.")
        self._journal = js.SparewheelJournal.new(name)
        self._watchers: dict[str, list[Callable[[News], Any]]] = {}
        self._listener = create_proxy(self._hear)  # one for all sessions, destroyed by `close`
        self._journal.listen(self._listener)
        self.guarded: bool = self._journal.guarded

    async def write(self, changes: Sequence[Change], *, strict: bool = True) -> None:
        await _answer(self._journal.write(write([_plain(change) for change in changes]), strict))

    async def read(self, session: str, after: int = 0) -> list[tuple[int, str]]:
        return [(seq, text) for seq, text in await _listed(self._journal.read(session, after))]

    async def last(self, session: str) -> int:
        return int(await _answer(self._journal.last(session)))

    async def headers(self) -> list[tuple[str, str]]:
        return [(session, text) for session, text in await _listed(self._journal.headers())]

    async def header(self, session: str) -> str | None:
        return cast("str | None", await _answer(self._journal.header(session)))

    async def claim(self, session: str, *, wait: bool = False) -> bool:
        try:
            return bool(await _answer(self._journal.claim(session, wait), None if wait else _PATIENCE))
        except asyncio.CancelledError:
            self._journal.abandon(session)
            raise

    async def release(self, session: str) -> None:
        await _answer(self._journal.release(session))

    async def claimed(self) -> set[str]:
        return set(await _listed(self._journal.claimed()))

    async def wanted(self, session: str) -> bool:
        return bool(await _answer(self._journal.wanted(session)))

    def tell(self, session: str, news: News) -> None:
        self._journal.tell(session, news)

    def watch(self, session: str, callback: Callable[[News], Any]) -> Callable[[], None]:
        watchers = self._watchers.setdefault(session, [])
        watchers.append(callback)

        def end() -> None:
            if callback in watchers:
                watchers.remove(callback)
            if not watchers:
                self._watchers.pop(session, None)

        return end

    def _hear(self, session: str, news: News) -> None:
        for callback in list(self._watchers.get(session, ())):
            callback(news)

    async def close(self) -> None:
        await _answer(self._journal.close())
        self._listener.destroy()


async def _answer(promise: Awaitable[Any], patience: float | None = _PATIENCE) -> Any:
    """What a promise of `web/journal/` resolves with. Raises `StoreFailed`, also if it takes too long (seconds)."""
    try:
        async with asyncio.timeout(patience):
            return await promise
    except JsException as error:
        cause = cast("Cause", error.name if error.name in get_args(Cause) else "unavailable")
        raise StoreFailed(cause, str(error.message)) from None
    except TimeoutError:
        raise StoreFailed("blocked", f"The browser's storage did not answer within {patience:g} s.") from None


async def _listed(promise: Awaitable[str]) -> list[Any]:
    """The list that a promise resolves with as JSON. However long it is: what is stored has been bounded before."""
    listed: list[Any] = json.loads(await _answer(promise))  # noqa: TID251  # the texts in it are read with bounds
    return listed


def _plain(change: Change) -> dict[str, Any]:
    return {
        "session": change.session,
        "deleted": change.deleted,
        "dropped": change.dropped,
        "records": change.records,
        "header": change.header,
    }
