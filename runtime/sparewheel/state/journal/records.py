"""The records of a journal: JSON objects `{session, seq, at, v, type, ...}`, written and read one by one.

A record that cannot be read loses only itself. One that a newer version has written is left alone and reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from ...jsontext import MAX_CHARS, read, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

RecordType: TypeAlias = Literal["session", "prompt", "partial", "step", "effect", "usage", "end"]
Record: TypeAlias = dict[str, Any]

VERSION: Final = 1
TYPES: Final = frozenset(get_args(RecordType))
# By version, what makes a record of it one of the next version.
MIGRATIONS: Final[Mapping[int, Callable[[Record], Record]]] = {}


class UnreadableRecord(ValueError):
    """A stored record cannot be used; the message is why."""


class FutureRecord(ValueError):
    """A newer version has written this record."""


@dataclass(slots=True)
class Journal:
    """The records of a session that could be read.

    Attributes:
        records: in the order of their numbers.
        last: the highest number of a record, unreadable ones included.
        lost: number and reason of each record that could not be read.
        future: numbers of records that a newer version has written. Such a session can be read, but not continued.
    """

    records: list[Record] = field(default_factory=list)
    last: int = 0
    lost: list[tuple[int, str]] = field(default_factory=list)
    future: list[int] = field(default_factory=list)


def write_record(record: Record) -> str:
    """The JSON text of a record."""
    return write(record)


def read_record(text: str, session: str, seq: int) -> Record:
    """The record of a stored text, as the present version has it. `session` and `seq` are those it is stored under.

    Raises:
        UnreadableRecord: it is no record, or it is too long or too deep.
        FutureRecord: a newer version has written it.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableRecord("it is too long")
    try:
        record = read(text)
    except ValueError as error:
        raise UnreadableRecord(str(error)[:300]) from None
    if not isinstance(record, dict):
        raise UnreadableRecord("it is no object")
    version = record.get("v")
    if not isinstance(version, int) or isinstance(version, bool):
        raise UnreadableRecord("it has no version")
    if version > VERSION:
        raise FutureRecord
    while version < VERSION:
        if version not in MIGRATIONS:
            raise UnreadableRecord(f"its version {version} is not supported")
        record = MIGRATIONS[version](record)
        version += 1
    kind, at = record.get("type"), record.get("at")
    if not (isinstance(kind, str) and kind in TYPES and isinstance(at, str)):
        raise UnreadableRecord("its type or its time is missing")
    return {**record, "session": session, "seq": seq, "v": VERSION}


def read_journal(stored: Iterable[tuple[int, str]], session: str) -> Journal:
    """The records of a session from their stored texts."""
    journal = Journal()
    for seq, text in stored:
        journal.last = max(journal.last, seq)
        try:
            journal.records.append(read_record(text, session, seq))
        except FutureRecord:
            journal.future.append(seq)
        except UnreadableRecord as error:
            journal.lost.append((seq, str(error)))
    return journal
