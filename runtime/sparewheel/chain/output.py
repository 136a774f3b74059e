"""What the attempts of one step have streamed, as far as it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..messages import Message, Reasoning, Text

if TYPE_CHECKING:
    from ..events import Event
    from ..media import Media
    from ..messages import Part
    from .attempt import Attempt


@dataclass(frozen=True, slots=True)
class Kept:
    """Output of a broken attempt that another attempt continues; `chars` counts text and reasoning."""

    attempt: int
    reasoning: str
    text: str
    chars: int
    media: tuple[Media, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*([Reasoning(self.reasoning)] if self.reasoning else []), Text(self.text), *self.media)


class Output:
    """The output of a step: what was `kept` of broken attempts, then that of the attempt `shown`."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.shown: Attempt | None = None

    def message(self, model: str) -> Message:
        """The message up to now, without anything that was discarded."""
        parts = self.shown.assembly.message().parts if self.shown else ()
        kept = [part for each in self.kept for part in each.parts]
        return Message("assistant", (*kept, *parts), model=model or None)

    def keep(self, attempt: Attempt) -> None:
        """Keep the text of a broken attempt; the next attempt continues it."""
        message = attempt.assembly.message()
        chars = attempt.assembly.chars
        self.kept.append(Kept(attempt.number, message.reasoning, message.text, chars, message.media))
        self.shown = None

    def discard(self, attempt: Attempt) -> list[Event]:
        """Drop the output of a failed attempt; the event for a page that may show it."""
        self.shown = None
        return [_discard(attempt.number, attempt.assembly.chars)] if attempt.shown else []

    def retract(self) -> list[Event]:
        """Drop everything; the events for a page that may show it."""
        events = [_discard(kept.attempt, kept.chars) for kept in self.kept]
        if self.shown is not None:
            events += self.discard(self.shown)
        self.kept.clear()
        return events

    def close(self) -> list[Event]:
        """End the blocks that are still open when a step is stopped. Incomplete tool calls leave the message."""
        if self.shown is None:
            return []
        self.shown.assembly.close_all()
        self.shown.assembly.drop_unsound_calls()
        return self.shown.assembly.drain()


def _discard(attempt: int, chars: int) -> Event:
    return {"type": "discard", "attempt": attempt, "chars": chars}
