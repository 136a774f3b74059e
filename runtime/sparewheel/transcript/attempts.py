"""What became of each attempt of a turn, as far as the events tell."""

from __future__ import annotations

from typing import Literal, TypeAlias

from typing_extensions import TypedDict

AttemptState: TypeAlias = Literal["waiting", "streaming", "failed", "answered", "aborted"]


class FoldedAttempt(TypedDict):
    """One attempt. `reason` is why it failed, "" if it did not fail; `discarded`: its text is void."""

    attempt: int
    model: str
    state: AttemptState
    reason: str
    discarded: bool


class Attempts:
    """The attempts by number, from 1; attempts of sub-agents are missing.

    `model` is the model that answers or answered; `current` the running attempt, 0 before the first one of a step.
    """

    def __init__(self) -> None:
        self.model: str | None = None
        self.current = 0
        self._records: dict[int, FoldedAttempt] = {}

    @property
    def state(self) -> AttemptState | None:
        """The state of the running attempt; None before the first one of a step."""
        record = self._records.get(self.current)
        return record["state"] if record else None

    def begin(self, attempt: int, model: str) -> None:
        """The attempt with this number starts. If a number comes twice, the first model was skipped."""
        self.model = model
        self.current = attempt
        self._records[attempt] = {
            "attempt": attempt,
            "model": model,
            "state": "waiting",
            "reason": "",
            "discarded": False,
        }

    def record(self, attempt: int) -> FoldedAttempt:
        """The record of an attempt; the first attempt of a further step has not been announced."""
        if attempt not in self._records:
            self.begin(attempt, self.model or "")
        return self._records[attempt]

    def stream(self, attempt: int) -> None:
        """The attempt shows its first output."""
        self.record(attempt)["state"] = "streaming"
        self.current = attempt

    def fail(self, attempt: int, reason: str) -> None:
        """The attempt failed; 0 stands for none."""
        if attempt > 0:
            self.record(attempt).update({"state": "failed", "reason": reason})

    def end(self, state: AttemptState) -> None:
        """The running attempt ends in `state`; others beside it were cancelled."""
        for record in self._records.values():
            if record["attempt"] == self.current:
                record["state"] = state
            elif record["state"] in ("waiting", "streaming"):
                record["state"] = "aborted"

    def folded(self) -> list[FoldedAttempt]:
        """Copies of the records, by number."""
        return [self._records[number].copy() for number in sorted(self._records)]
