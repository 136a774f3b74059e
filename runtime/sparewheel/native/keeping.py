"""Where a session of a Python program is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..state.journal.shelf import missing
from ..worker.keep import check_name, new_session, stored_session
from .store import SessionStore

if TYPE_CHECKING:
    import os
    from contextlib import AsyncExitStack

    from ..worker.keep import Keep


async def keep_in(
    stack: AsyncExitStack,
    store: SessionStore | str | os.PathLike[str] | None,
    session: str | None,
    *,
    file: str | None,
    title: str,
    history: bool,
) -> Keep | None:
    """Where the session is kept until `stack` is closed; None without a store. `file` is the text of its agent file.

    Raises:
        ConfigError: an option is missing or wrong.
        SparewheelError: of kind `open_elsewhere` or `storage`.
    """
    if not isinstance(session, str | None) or not isinstance(title, str):
        raise ConfigError("session and title must be str")
    if store is None:
        if session is not None:
            raise ConfigError("session is for sessions in a store", "Pass the store as well.")
        return None
    if session is not None:
        check_name(session)
    if not isinstance(store, SessionStore):
        store = await stack.enter_async_context(SessionStore(store))
    journals = store.journals
    if session is not None and await journals.header(session) is not None:
        if history:
            raise ConfigError("A stored session has a history of its own.", "Leave out history, or choose another id.")
        keep = await stored_session(journals, session)
        keep.file = file or keep.file
    elif file is None:
        raise missing(session or "")
    else:
        keep = await new_session(journals, file, session, title)
    stack.push_async_callback(keep.close)
    if not keep.file:
        raise ConfigError("The agent file of this session is not stored.", "Pass it as agent.")
    return keep
