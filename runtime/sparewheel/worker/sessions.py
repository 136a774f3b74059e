"""The stored sessions of a worker: where they are kept, and the commands about those that need not be open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from ..errors import ConfigError, SparewheelError
from ..page.commands import OfSession
from ..state.journal import MemoryBackend, Store, StoreFailed
from ..state.journal.shelf import delete, export, fork, import_session, rename
from .keep import known_session, new_session, stored_session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..page.commands import (
        CreateSession,
        ExportSession,
        ForkSession,
        ImportSession,
        Nothing,
        OpenSession,
        RenameSession,
        StoredSession,
        UseStore,
    )
    from ..page.results import ChatMessage, SessionRow
    from ..state.journal import Backend
    from .keep import Keep
    from .opened import OpenSessions

MAX_IN_MEMORY: Final = 100  # sessions that are not open


class StoredSessions:
    """The store and what can be done with the sessions in it. Every method may raise `SparewheelError`."""

    def __init__(self, opened: OpenSessions, close: Callable[[OfSession], Awaitable[None]]) -> None:
        self._open = opened
        self._close = close
        self.store = Store(MemoryBackend(most=MAX_IN_MEMORY))
        self._problem: StoreFailed | None = None  # why it is in memory

    async def use(self, params: UseStore) -> None:
        """Keep sessions there from now on. If that is not possible, they stay in memory, and each gets a warning."""
        former, self._problem = self.store, None
        try:
            self.store = Store(_backend(params))
        except StoreFailed as error:
            self._problem = error
            return
        await former.close()

    async def new(self, params: CreateSession) -> Keep:
        """Where a session that is created is kept."""
        keep = await new_session(self.store, params.yaml, params.id, params.title)
        keep.failure = keep.failure or self._problem
        return keep

    async def stored(self, params: OpenSession) -> Keep:
        """Where a session that is opened is kept."""
        try:
            keep = await stored_session(self.store, params.id)
        except SparewheelError as error:
            if error.info.kind != "open_elsewhere":
                raise
            keep = await known_session(self.store, params.id)
            keep.followed = True
        if not (params.yaml or keep.file):
            await keep.close()
            raise ConfigError("The agent file of this session is not stored.", "Pass it as yaml.")
        first, second = (keep.file, params.yaml) if params.again else (params.yaml, keep.file)
        keep.file = first or second or ""
        return keep

    async def rows(self, params: Nothing) -> list[SessionRow]:
        return await self.store.headers()

    async def rename(self, params: RenameSession) -> None:
        if (opened := self._open.stored_as(params.id)) and (recorder := opened.session.recorder):
            self._open.driven(OfSession(session=opened.name))
            recorder.rename(params.title)
            opened.session.titles.give(recorder.header["title"])
            await self.store.flush(params.id)
        else:
            await rename(self.store, params.id, params.title)

    async def delete(self, params: StoredSession) -> None:
        """A session that is open here is closed first."""
        if opened := self._open.stored_as(params.id):
            self._open.driven(OfSession(session=opened.name))
            await self._close(OfSession(session=opened.name))
        await delete(self.store, params.id)

    async def messages(self, params: OfSession) -> list[ChatMessage]:
        opened = self._open.find(params)
        following = opened.driver.following if opened.driver else None
        history = await following.history() if following else opened.session.history
        return [cast("ChatMessage", message.to_dict()) for message in history]

    async def export(self, params: ExportSession) -> dict[str, Any] | str:
        return await export(self.store, params.id, markdown=params.format == "markdown")

    async def import_(self, params: ImportSession) -> SessionRow:
        return await import_session(self.store, params.document)

    async def fork(self, params: ForkSession) -> SessionRow:
        return await fork(self.store, params.id, params.turn, params.title)

    async def flush(self, params: Nothing) -> None:
        """Write everything now, text of running turns included."""
        for opened in self._open.values():
            opened.session.write_log()
        self.store.write_now()


def _backend(params: UseStore) -> Backend:
    if params.kind == "memory":
        return MemoryBackend(most=MAX_IN_MEMORY)
    try:
        from ..state.indexeddb import IndexedDBBackend  # needs a browser
    except ImportError:
        raise StoreFailed("unavailable", "IndexedDB is available only in the worker of a browser.") from None
    return IndexedDBBackend(params.name)
