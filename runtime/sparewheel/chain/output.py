"""What the attempts of one step have streamed, as far as it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..messages import Message, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from ..annotations import Annotation
    from ..events import Event
    from ..messages import Part
    from .attempt import Attempt


@dataclass(frozen=True, slots=True)
class Kept:
    """What remains of a broken attempt that another attempt continues; `chars` counts text and reasoning."""

    attempt: int
    parts: tuple[Part, ...]
    chars: int
    annotations: tuple[Annotation, ...] = ()

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


class Output:
    """The output of a step: what was `kept` of broken attempts, then that of the attempt `shown`."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.shown: Attempt | None = None

    def message(self, model: str) -> Message:
        """The message up to now, without anything that was discarded."""
        shown = self.shown.assembly.message() if self.shown else Message("assistant", ())
        parts: list[Part] = []
        annotations: list[Annotation] = []
        chars = 0  # of the text before
        outputs: list[Kept | Message] = [*self.kept, shown]
        for each in outputs:
            parts += each.parts
            annotations += [annotation.moved(chars) for annotation in each.annotations]
            chars += len(each.text)
        return Message("assistant", tuple(parts), model=model or None, annotations=tuple(annotations))

    def keep(self, attempt: Attempt) -> None:
        """Keep the text of a broken attempt; the next attempt continues it."""
        message = attempt.assembly.message()
        parts = [part for part in map(_kept, message.parts) if part is not None]
        self.kept.append(Kept(attempt.number, tuple(parts), attempt.assembly.chars, message.annotations))
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
        self.shown.assembly.drop_calls(but_sound=True)
        return self.shown.assembly.drain()


def _kept(part: Part) -> Part | None:
    """A part of a broken attempt, without what only a complete answer may have: calls and signatures."""
    if isinstance(part, ToolCall) or (isinstance(part, Text | Reasoning) and not part.text):
        return None
    return Reasoning(part.text) if isinstance(part, Reasoning) else part


def _discard(attempt: int, chars: int) -> Event:
    return {"type": "discard", "attempt": attempt, "chars": chars}
