"""The attempts of one step: those that run, and what all of them have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..usage import Usage

if TYPE_CHECKING:
    from .attempt import Attempt
    from .background import ResumeState
    from .health import Health


class Running:
    """Attempts are added when they start, and settled when they are over."""

    def __init__(self, health: Health) -> None:
        self.attempts: list[Attempt] = []
        self._health = health
        self._spent = Usage()  # of the attempts that are over
        self._spent_cost = 0.0

    def add(self, attempt: Attempt, *, probe: bool) -> None:
        self.attempts.append(attempt)
        self._health.begin(attempt.spec, probe=probe)

    def settle(self, *attempts: Attempt) -> None:
        """These attempts are over."""
        for attempt in attempts:
            self.attempts.remove(attempt)
            self._health.release(attempt.spec)
            self._spent += attempt.usage
            self._spent_cost += attempt.cost or 0.0

    @property
    def usage(self) -> Usage:
        """Tokens of all attempts, discarded ones included."""
        return sum((attempt.usage for attempt in self.attempts), self._spent)

    @property
    def cost(self) -> float:
        """US dollars, of the attempts whose price is known."""
        return sum((attempt.cost or 0.0 for attempt in self.attempts), self._spent_cost)

    @property
    def resume_state(self) -> ResumeState | None:
        """The resume state of the attempt that has shown most of an answer; None if none can be resumed."""
        states = [state for attempt in self.attempts if (state := attempt.resume_state)]
        return max(states, key=lambda state: state["chars"], default=None)
