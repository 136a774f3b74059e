"""The stamps on the events of a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..events import Event
    from .turn import Turn


class Stamp:
    """Puts `turn`, `seq` and `agent` on the events of one turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._seq = 0

    def __call__(self, batch: list[Event]) -> list[Event]:
        agent = self._turn.agent
        for event in batch:
            self._seq += 1
            event["turn"] = self._turn.name
            event["seq"] = self._seq
            event.setdefault("agent", agent)
        return batch
