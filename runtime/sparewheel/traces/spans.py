"""Spans, and the notes in them: what is told of a turn, its steps, attempts and tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Value: TypeAlias = "str | int | float | bool | list[str]"
Kind: TypeAlias = Literal["turn", "step", "attempt", "tool"]

MAX_NOTES: Final = 100  # of one span


@dataclass(slots=True)
class Note:
    """What happened at a moment of a span; `at` in nanoseconds."""

    at: int
    name: str
    attributes: dict[str, Value]


@dataclass(slots=True)
class Span:
    """A piece of work. Times are in nanoseconds since 1970, 0: not over. `error` is empty, or why it failed."""

    trace: str
    id: str
    parent: str
    kind: Kind
    name: str
    start: int
    end: int = 0
    attributes: dict[str, Value] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    error: str = ""

    def note(self, at: int, name: str, attributes: dict[str, Value]) -> None:
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Note(at, name, attributes))
