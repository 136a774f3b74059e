"""The attempts of a turn: numbered from 1, each with a record of how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..events import AttemptRecord


class AttemptLog:
    """Hands out the numbers of a turn's attempts.

    A number is reserved when the attempt is announced, which may be before it starts. Tasks that run side by side share
    `records`, but each reserves numbers in a log of its own (`fork`). `before` is how many attempts of the turn have no
    record here: it goes on after them.
    """

    def __init__(self, records: list[AttemptRecord] | None = None, before: int = 0) -> None:
        self.records: list[AttemptRecord] = [] if records is None else records
        self.before = before
        self._reserved: AttemptRecord | None = None

    def reserve(self, model: str) -> int:
        """The number of the next attempt, which asks `model`. The same number until `take`."""
        if self._reserved is None:
            self._reserved = {"attempt": self.last + 1, "model": model, "outcome": "aborted"}
            self.records.append(self._reserved)
        self._reserved["model"] = model
        return self._reserved["attempt"]

    def take(self, model: str) -> AttemptRecord:
        """The record of the next attempt, which starts now."""
        number = self.reserve(model)
        self._reserved = None
        return self.records[number - self.before - 1]

    def fork(self) -> AttemptLog:
        """A log for a task of the same turn."""
        return AttemptLog(self.records, self.before)

    @property
    def last(self) -> int:
        """The last number that has been reserved; 0 if none has."""
        return self.before + len(self.records)
