"""What became of each attempt of a turn, as far as the events tell."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from typing_extensions import TypedDict

from ..errors import Kind
from ..usage import Usage, UsageTotals

if TYPE_CHECKING:
    from ..events import CompactedEvent, FallbackEvent, RetryEvent

AttemptState: TypeAlias = Literal["waiting", "streaming", "failed", "answered", "aborted"]

_PASSED_OVER: Final = ("circuit_breaker", "no_key", "skipped")  # kinds with which no attempt has failed
_INTERRUPTED: Final = "The turn was interrupted."
_UNDER_WAY: Final = ("waiting", "streaming")


class Discarded(TypedDict):
    """Text and reasoning that an attempt had streamed."""

    text: str
    reasoning: str


class FoldedAttempt(TypedDict):
    """One attempt, of the step `step`. `reason` and `kind` are why it failed, "" and None if it did not fail.

    `discarded`: its text is void, and is `discarded_output`. `usage` and `cost` (US dollars) are None if not reported.
    Times are those given to `Transcript.push`: when it was to be asked, when its first output came, when it ended.
    """

    attempt: int
    model: str
    step: int
    state: AttemptState
    reason: str
    kind: Kind | None
    discarded: bool
    discarded_output: Discarded | None
    usage: UsageTotals | None
    cost: float | None
    asked_at: float | None
    first_at: float | None
    ended_at: float | None


class Attempts:
    """The attempts by number, from 1; attempts of sub-agents are missing.

    `model` is the model that answers or answered; `current` the running attempt, 0 before the first one of a step;
    `now` the time of the event that is folded, in milliseconds of the caller's clock.
    """

    def __init__(self) -> None:
        self.model: str | None = None
        self.current = 0
        self.step = 1
        self.now: float | None = None
        self._records: dict[int, FoldedAttempt] = {}

    def begin(self, attempt: int, model: str, delay: float = 0) -> None:
        """The attempt with this number is made after `delay` ms. If a number comes twice, the first was skipped."""
        self.model = model
        self.current = attempt
        known = self._records.get(attempt)
        if known and known["model"] == model and known["state"] in _UNDER_WAY:
            return  # the other one of a race goes on
        self._records[attempt] = {
            "attempt": attempt,
            "model": model,
            "step": self.step,
            "state": "waiting",
            "reason": "",
            "kind": None,
            "discarded": False,
            "discarded_output": None,
            "usage": None,
            "cost": None,
            "asked_at": None if self.now is None else self.now + delay,
            "first_at": None,
            "ended_at": None,
        }

    def go_on(self, attempt: int, model: str) -> None:
        """The turn goes on after it was interrupted or has failed: what was asked then gets no answer any more.

        `attempt` is asked now; 0 stands for none.
        """
        for record in list(self._records.values()):
            if record["state"] in _UNDER_WAY:
                self.fail(record["attempt"], _INTERRUPTED, "aborted")
        self.model, self.current = model, 0
        if attempt > 0:
            self.begin(attempt, model)

    def take_up(self, attempt: int, model: str) -> None:
        """The answer goes on over another connection. After a reload `model` is one that no event has named."""
        record = self.record(attempt)
        if record["state"] in _UNDER_WAY:
            record["model"] = model
        else:
            self.begin(attempt, model)
        self.model = model

    def has_answered(self, attempt: int) -> bool:
        return attempt in self._records and self._records[attempt]["state"] == "answered"

    def record(self, attempt: int) -> FoldedAttempt:
        """The record of an attempt; the first attempt of a further step has not been announced."""
        if attempt not in self._records:
            self.begin(attempt, self.model or "")
        return self._records[attempt]

    def stream(self, attempt: int) -> None:
        """The attempt shows its first output."""
        record = self.record(attempt)
        record["state"] = "streaming"
        if record["first_at"] is None:
            record["first_at"] = self.now
        self.current = attempt

    def fail(self, attempt: int, reason: str, kind: Kind) -> None:
        """The attempt failed; 0 stands for none."""
        if attempt > 0:
            record = self.record(attempt)
            record.update({"state": "failed", "reason": reason, "kind": kind})
            self._over(record)

    def fail_current(self, reason: str, kind: Kind) -> None:
        """The running attempt failed, if that is not known yet."""
        record = self._records.get(self.current)
        if record is None or record["state"] != "failed":
            self.fail(self.current, reason, kind)

    def change(self, event: RetryEvent | FallbackEvent) -> None:
        """A model is asked in the place of an attempt that failed, or of a model that was passed over."""
        before, after = (event["from"], event["to"]) if event["type"] == "fallback" else (event["model"],) * 2
        if event["kind"] not in _PASSED_OVER:
            numbers = (
                number
                for number in sorted(self._records, reverse=True)
                if self._records[number]["model"] == before and self._records[number]["state"] in _UNDER_WAY
            )
            self.fail(next(numbers, event["attempt"] - 1), event["reason"], event["kind"])
        self.begin(event["attempt"], after, event["delay_ms"])

    def compact(self, event: CompactedEvent) -> None:
        """The conversation was too long for an attempt and was shortened, unless that was done before the step."""
        last = self._records.get(event["attempt"] - 1)
        if last and last["state"] in _UNDER_WAY:
            self.fail(last["attempt"], "The conversation was too long.", "context_overflow")
            self.begin(event["attempt"], event["model"])

    def discard(self, attempt: int, output: Discarded) -> None:
        """The output of the attempt is void."""
        self.record(attempt).update({"discarded": True, "discarded_output": output})

    def use(self, attempt: int, model: str, usage: Usage, cost: float | None) -> None:
        """What the attempt used; it is over."""
        record = self.record(attempt)
        record.update({"model": model, "usage": cast("UsageTotals", asdict(usage)), "cost": cost})
        self._over(record)

    def end(self, state: AttemptState) -> None:
        """The running attempt ends in `state`; others beside it were cancelled."""
        for record in self._records.values():
            if record["attempt"] == self.current:
                record["state"] = state
            elif record["state"] in _UNDER_WAY:
                record["state"] = "aborted"
            else:
                continue
            self._over(record)

    def folded(self) -> list[FoldedAttempt]:
        """Copies of the records, by number."""
        return [self._records[number].copy() for number in sorted(self._records)]

    def _over(self, record: FoldedAttempt) -> None:
        if record["ended_at"] is None:
            record["ended_at"] = self.now
