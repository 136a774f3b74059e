"""One question to the chain: what goes in, and what has come out of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..messages import Message, Reasoning, Text
from ..usage import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..events import AttemptRecord, DiscardEvent, Event
    from ..messages import Part
    from ..providers.assembly import StopReason
    from ..providers.base import OutputSchema, ToolSpec
    from .attempt import Attempt


@dataclass(frozen=True, slots=True)
class Kept:
    """Output of a broken attempt that another attempt continues; `chars` counts text and reasoning."""

    attempt: int
    reasoning: str
    text: str
    chars: int

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*([Reasoning(self.reasoning)] if self.reasoning else []), Text(self.text))


@dataclass(slots=True)
class Step:
    """One question to the chain: what goes in, and what has come out of it so far."""

    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    output: OutputSchema | None = None
    after_tools: bool = False  # an empty answer to tool results is an answer
    max_bytes: int = 0  # of one answer, text and tool calls together; 0 is no limit
    records: list[AttemptRecord] = field(default_factory=list)  # of the whole turn: its length numbers the attempts
    own: list[AttemptRecord] = field(default_factory=list)  # of this step alone
    usage: Usage = field(default_factory=Usage)  # of all attempts, the void ones included
    cost: float = 0.0  # US dollars, of the attempts whose price is known
    shown: Attempt | None = None  # whose output the page has
    kept: list[Kept] = field(default_factory=list)
    reserved: AttemptRecord | None = None  # of the next attempt, whose number is announced already
    reason: StopReason | None = None  # set when a model has answered
    model: str = ""

    def answer(self) -> Message:
        """The message up to now, with everything that was not discarded."""
        parts = self.shown.assembly.message().parts if self.shown else ()
        kept = [part for each in self.kept for part in each.parts]
        return Message("assistant", (*kept, *parts), model=self.model or None)

    def partial(self) -> Message | None:
        """The message of a step that has ended early, None if it is empty. Incomplete tool calls are removed."""
        if self.shown is not None:
            self.shown.assembly.drop_unsound_calls()
        message = self.answer()
        return message if message.parts else None

    def retract(self) -> list[Event]:
        """Void everything that the page has of this step: the events that say so. The answer is empty then."""
        events: list[Event] = [discarded(kept.attempt, kept.chars) for kept in self.kept]
        if self.shown is not None and self.shown.shown:
            events.append(discarded(self.shown.number, self.shown.assembly.chars))
        self.kept.clear()
        self.shown = None
        return events

    def reserve(self, model: str) -> AttemptRecord:
        """The next attempt's record, with the number to announce: tasks at work beside this one cannot take it."""
        if self.reserved is None:
            self.reserved = {"attempt": len(self.records) + 1, "model": model, "outcome": "aborted"}
            self.records.append(self.reserved)
            self.own.append(self.reserved)
        self.reserved["model"] = model
        return self.reserved

    def close(self) -> list[Event]:
        """The events that close the blocks which a stop has left open."""
        if self.shown is None:
            return []
        self.shown.assembly.close_all()
        return self.shown.assembly.drain()


def discarded(attempt: int, chars: int) -> DiscardEvent:
    return {"type": "discard", "attempt": attempt, "chars": chars}
