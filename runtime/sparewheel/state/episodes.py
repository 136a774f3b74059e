"""A record of each turn of a session: when it ran, how it ended, what its steps did, and why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..errors import SparewheelError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..usage import Usage

MAX_EPISODES: Final = 1000


class Episodes:
    """The last turns in order, as plain data. A turn is recorded before anything else of it happens."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def begin(self, turn: str, at: datetime, steps: list[dict[str, Any]]) -> dict[str, Any]:
        """The record of a turn that starts now. `steps` grows: model, agent, tools and seconds of each."""
        record = {"turn": turn, "started": _text(at), "ended": None, "outcome": "started", "steps": steps}
        self.records.append(record)
        del self.records[:-MAX_EPISODES]
        return record

    def end(
        self,
        record: dict[str, Any],
        at: datetime,
        outcome: str,
        *,
        usage: Usage,
        attempts: Sequence[Any],
        failure: BaseException | None,
    ) -> None:
        """Complete a record. `outcome` is finished, failed, aborted, or abandoned: its consumer left."""
        facts: dict[str, Any] = {"ended": _text(at), "outcome": outcome}
        facts["usage"] = usage.to_dict() if usage.known else None
        facts["attempts"] = [dict(attempt) for attempt in attempts]
        if isinstance(failure, SparewheelError):
            facts |= {"error": failure.info.message, "kind": failure.info.kind}
        record |= facts

    def clear(self) -> None:
        """Forget all turns."""
        self.records.clear()


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
