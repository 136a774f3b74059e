"""One agent file and the outcomes of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...batch.files import outcomes
from ..batch.report import BatchReport
from .rows import Row

if TYPE_CHECKING:
    from pathlib import Path

    from ...batch.files import Id
    from .expected import Expected


@dataclass(frozen=True)
class Candidate:
    """An agent file with the rows that it has answered, by id. `report` is of these rows, earlier runs included."""

    name: str
    rows: dict[Id, Row]
    report: BatchReport

    @classmethod
    def read(cls, name: str, path: Path, ids: set[Id], expected: Expected) -> Candidate:
        """From the file of its batch. Raises `ConfigError` if it cannot be read."""
        report = BatchReport(total=len(ids))
        rows: dict[Id, Row] = {}
        for row, outcome in outcomes(path):
            if row not in ids:  # of rows that were asked for in an earlier run
                continue
            report.add(outcome)
            answer = outcome["text"] if outcome["error"] is None else None
            rows[row] = Row.of(outcome, expected.meets(row, answer))
        report.done = len(rows)
        report.spent = report.cost
        return cls(name, rows, report)

    @property
    def checked(self) -> int:
        """Rows of which an answer is expected."""
        return sum(row.meets is not None for row in self.rows.values())

    @property
    def correct(self) -> int:
        """Rows whose answer is as expected."""
        return sum(row.meets is True for row in self.rows.values())

    @property
    def cost_of_thousand(self) -> float | None:
        """US dollars of 1,000 rows; None if the price of an answer is not known."""
        return None if self.report.unpriced or not self.report.rows else self.report.cost / self.report.rows * 1000

    @property
    def fallbacks(self) -> int:
        return self.report.fallbacks.total()

    def seconds(self) -> list[float]:
        """Of the rows that a model was asked, in order of size."""
        return sorted(row.seconds for row in self.rows.values() if row.seconds is not None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the name, the report of a batch, `checked` and `correct`."""
        facts = self.report.to_dict()
        for run in ("stopped", "seconds", "rows_per_second", "spent"):  # of one run of a batch
            del facts[run]
        more = {"checked": self.checked, "correct": self.correct, "cost_of_thousand": self.cost_of_thousand}
        return {"name": self.name, **facts, **more}
