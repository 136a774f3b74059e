"""How far a batch is, on stderr: as it goes on, at most every few seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ..notes import note
from .report import dollars

if TYPE_CHECKING:
    from collections.abc import Callable

    from .report import BatchReport

EVERY: Final = 5.0  # seconds between two lines


class Progress:
    """Lines about the run of a batch, each after `label`."""

    def __init__(self, now: Callable[[], float] = time.monotonic, *, label: str = "") -> None:
        self._now = now
        self._label = label
        self._began = self._told = now()

    def __call__(self, report: BatchReport) -> None:
        """Rows have been written. Prints a line, if it is time."""
        if self._now() - self._told >= EVERY:
            self._told = self._now()
            note(f"{self._label}{self.line(report)}")

    def line(self, report: BatchReport) -> str:
        """Rows, rate, cost so far and the time that is left."""
        seconds = self._now() - self._began
        rate = report.rows / seconds if seconds > 0 else 0.0
        facts = [f"{report.done} of {report.total} rows", f"{report.failed} failed", f"{rate:.1f} rows/s"]
        if report.spent:
            facts.append(dollars(report.spent))
        if 0 < rate and report.done < report.total:
            facts.append(f"{_clock((report.total - report.done) / rate)} left")
        return ", ".join(facts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
