"""A step without a request: its answer was kept from an equal prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..providers.assembly import Assembly
from ..usage import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..events import Event
    from ..messages import Message
    from ..providers.endings import StopReason
    from ..state.answers import Answer


class RecalledStep:
    """Stands in the place of a `Step` of the chain. It makes no attempt and uses no tokens."""

    reason: StopReason = "stop"
    usage = answer_usage = Usage()
    cost = 0.0
    resume_state = attempt = None

    def __init__(self, answer: Answer) -> None:
        self.model = answer.model
        self._text = answer.text
        self._assembly = Assembly(answer.model)

    async def events(self) -> AsyncGenerator[list[Event], None]:
        """Yield the answer in one block."""
        self._assembly.text(self._text)
        self._assembly.close_all()
        yield self._assembly.drain()

    def answer(self) -> Message:
        """The message up to now."""
        return self._assembly.message()

    def retract(self) -> list[Event]:
        """Discard the answer; the event that says so."""
        discard: Event = {"type": "discard", "attempt": self._assembly.attempt, "chars": self._assembly.chars}
        self._assembly = Assembly(self.model)
        return [discard]

    def close(self) -> list[Event]:
        """Nothing is open between two events."""
        return []
