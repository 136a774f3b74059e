"""What can be done with a stored session that is not open: rename, delete, export and import."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigError, ErrorInfo, SparewheelError
from ...errors.hints import hint_for
from .headers import MAX_NAME, MAX_TITLE, tidy_title
from .restore import restore
from .transfer import branch, export_document, import_document, to_markdown

BRANCH: Final = " (branch)"

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .headers import Header
    from .records import Record
    from .store import Store


async def take(store: Store, session: str) -> Header:
    """Become the driver of a stored session. Returns its row.

    Raises:
        ConfigError: there is no such session, or this store drives it already.
        SparewheelError: kind `open_elsewhere`: another tab or process drives it; kind `storage`.
    """
    if await store.header(session) is None:
        raise missing(session)
    if store.drives(session):
        raise ConfigError("The session is open already.", "Close it first.")
    if not await store.claim(session):
        raise open_elsewhere()
    if (header := await store.header(session)) is None:  # deleted meanwhile
        await store.release(session)
        raise missing(session)
    return header


@asynccontextmanager
async def claimed(store: Store, session: str) -> AsyncIterator[Header]:
    """Drive a stored session for as long as the block lasts; yields its row. Raises like `take`."""
    header = await take(store, session)
    try:
        yield header
    finally:
        await store.release(session)


def open_elsewhere() -> SparewheelError:
    info = ErrorInfo("open_elsewhere", "The session is open in another tab or process.", hint_for("open_elsewhere"))
    return SparewheelError(info)


def missing(session: str) -> ConfigError:
    return ConfigError(f"There is no stored session {session[:MAX_NAME]!r}.")


async def rename(store: Store, session: str, title: str) -> None:
    """Give a session that is not open another title. Raises like `take`."""
    async with claimed(store, session) as header:
        store.append(session, [], {**header, "title": tidy_title(title)})
        await store.flush(session)


async def delete(store: Store, session: str) -> None:
    """Delete a session that is not open. Raises like `take`, but one that is not there is no error."""
    if await store.header(session) is not None:
        async with claimed(store, session):
            await store.delete(session)


async def export(store: Store, session: str, *, markdown: bool = False) -> dict[str, Any] | str:
    """A session as one JSON document for `import_session`, or as Markdown. It may be open, here or elsewhere.

    Raises:
        ConfigError: there is no such session.
        StoreFailed: the storage cannot be read.
    """
    if (header := await store.header(session)) is None:
        raise missing(session)
    restored = restore(await store.read(session))
    return to_markdown(header, restored.turns) if markdown else export_document(header, restored)


async def fork(store: Store, session: str, turn: str | None = None, title: str = "") -> Header:
    """Add a session with the conversation of another one before `turn` (None: with all of it). Returns its row.

    The other session stays as it is; it may be open, here or elsewhere. By default the new one has its title, marked as
    a branch, unless nothing of the conversation is left.

    Raises:
        ConfigError: there is no such session, or no such turn in it.
        StoreFailed: the storage cannot be read or written.
    """
    if (header := await store.header(session)) is None:
        raise missing(session)
    records = branch(header, restore(await store.read(session)), turn)
    turns = sum(record["type"] == "end" for record in records)
    if not title and turns and header["title"]:
        title = f"{header['title'].removesuffix(BRANCH)[: MAX_TITLE - len(BRANCH)]}{BRANCH}"
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    own: Header = {
        **header,
        "id": secrets.token_hex(8),
        "title": tidy_title(title),
        "created": now,
        "updated": now,
        "turns": turns,
        "state": "idle",
    }
    return await _add(store, own, records)


async def import_session(store: Store, document: object) -> Header:
    """Add the session of a document of `export`. It keeps its name, unless there is a session of that name.

    Raises:
        ConfigError: it is no such document.
        StoreFailed: the storage cannot be written.
    """
    header, records = import_document(document)
    return await _add(store, header, records)


async def _add(store: Store, header: Header, records: list[Record]) -> Header:
    """Store a session that is not open, under another name if its own is taken."""
    taken = not header["id"] or store.drives(header["id"]) or await store.header(header["id"]) is not None
    if taken or not await store.claim(header["id"]):
        header["id"] = secrets.token_hex(8)
        await store.claim(header["id"])
    try:
        store.append(header["id"], records, header)
        await store.flush(header["id"])
    finally:
        await store.release(header["id"])
    return header
