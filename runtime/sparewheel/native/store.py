"""The stored sessions of a Python program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..errors import ConfigError
from ..state.journal import Store
from ..state.journal.shelf import delete, export, import_session, rename

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Self

    from ..page.results import SessionRow


class SessionStore:
    """Sessions in a folder, which outlive the program. Several programs may use the folder at the same time.

        async with sparewheel.SessionStore("sessions") as store:
            for row in await store.list():
                print(row["id"], row["title"], row["state"])
            async with sparewheel.open_agent(store=store, session=row["id"], env=os.environ) as session:
                await session.send("Go on.")

    Every method raises `SparewheelError`: of kind `storage` if the folder cannot be used, `open_elsewhere` if another
    program has the session, `config` if there is no such session.

    Attributes:
        journals: the records of the sessions.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Touches nothing yet; the folder is made when it is used.

        Args:
            path: the folder.
        """
        from ..state.journal.sqlite import SQLiteBackend  # here, because not every Python has sqlite3

        self.journals = Store(SQLiteBackend(path))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def list(self) -> list[SessionRow]:
        """All sessions, the one that was changed last first.

        Returns:
            Rows of `id`, `title`, `agent`, `created` and `updated` (ISO 8601 in UTC), `turns` that have ended, and
            `state`: `idle`, `running`, `interrupted`, `in_doubt` or `open_elsewhere`.
        """
        return await self.journals.headers()

    async def rename(self, id: str, title: str) -> None:
        """Give a session that is not open another title."""
        await rename(self.journals, id, title)

    async def delete(self, id: str) -> None:
        """Delete a session that is not open. One that is not there is no error."""
        await delete(self.journals, id)

    async def export(self, id: str, format: Literal["json", "markdown"] = "json") -> dict[str, Any] | str:
        """A session as one JSON document without keys, for `import_` of any store, or as Markdown."""
        if format not in ("json", "markdown"):
            raise ConfigError("export: format must be json or markdown")
        return await export(self.journals, id, markdown=format == "markdown")

    async def import_(self, document: Mapping[str, Any] | str) -> SessionRow:
        """Add the session of a document, or of its JSON text. It keeps its id unless that is taken. Returns its row."""
        return await import_session(self.journals, document if isinstance(document, str) else dict(document))

    async def close(self) -> None:
        """Write what is left to write, and close. Sessions that are open are stored up to here."""
        await self.journals.close()
