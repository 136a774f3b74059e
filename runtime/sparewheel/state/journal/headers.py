"""The rows of the list of sessions, kept apart from the records: a list reads no record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...jsontext import read, whole, write
from ...page.results import MAX_NAME, SessionStatus
from ...page.results import SessionRow as Header

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TITLE: Final = 200  # characters
_MAX_AGENT: Final = 200
_TOGETHER: Final = 1000  # texts of headers

__all__ = ["MAX_NAME", "MAX_TITLE", "Header", "SessionStatus", "read_headers", "status", "tidy_title", "write_header"]


def tidy_title(title: str) -> str:
    """A title as it is stored: one line of at most `MAX_TITLE` characters."""
    return " ".join(whole(title).split())[:MAX_TITLE]


def write_header(header: Header) -> str:
    """The JSON text that is stored. Its `state` is `idle`, `running` or `in_doubt`; the others are found out."""
    return write(header)


def read_headers(stored: Sequence[tuple[str, str]]) -> list[Header]:
    """The headers of stored texts, by session. What cannot be read is empty: the session itself may be intact."""
    headers: list[Header] = []
    for start in range(0, len(stored), _TOGETHER):
        part = stored[start : start + _TOGETHER]
        found = _values([text for _, text in part])
        headers += [_header(session, value) for (session, _), value in zip(part, found, strict=True)]
    return headers


def _values(texts: Sequence[str]) -> list[object]:
    """The values of JSON texts, None for one that is none. Read together, which is several times faster, if all are."""
    try:
        values = read(f"[{','.join(texts)}]")
        if len(values) == len(texts):
            return list(values)
    except ValueError:
        pass
    return [_value(text) for text in texts]


def _value(text: str) -> object:
    try:
        return read(text)
    except ValueError:
        return None


def _header(session: str, found: object) -> Header:
    stored: dict[str, Any] = found if isinstance(found, dict) else {}
    turns, state = stored.get("turns"), stored.get("state")
    return {
        "id": session,
        "title": _text(stored.get("title"), MAX_TITLE),
        "agent": _text(stored.get("agent"), _MAX_AGENT),
        "created": _text(stored.get("created"), 40),
        "updated": _text(stored.get("updated"), 40),
        "turns": turns if isinstance(turns, int) and turns > 0 else 0,
        "state": state if state in ("running", "in_doubt") else "idle",
    }


def status(header: Header, *, claimed: bool, own: bool) -> SessionStatus:
    """The state to show. `claimed`: some driver has the session; `own`: that is this store."""
    if claimed and not own:
        return "open_elsewhere"
    if header["state"] == "running" and not claimed:
        return "interrupted"
    return header["state"]


def _text(value: object, length: int) -> str:
    return value[:length] if isinstance(value, str) else ""
