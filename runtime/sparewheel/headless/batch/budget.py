"""How much money a run may spend, and the rows that it reads as long as there is some left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...batch import Outcome
    from ...batch.files import Id


class Rows:
    """The rows that are still to be asked; None while the prompts under way may use up the budget.

    A prompt under way counts as the most expensive one so far (`dearest`); until one is answered, it is asked alone.

    Attributes:
        spent: US dollars so far.
        over: whether the budget ended the rows.
    """

    def __init__(
        self, rows: Iterable[tuple[Id, Any]], budget: float | None, spent: float = 0.0, dearest: float | None = None
    ) -> None:
        self._rows = iter(rows)
        self._budget = budget
        self.spent = spent
        self.over = False
        self._dearest = dearest
        self._open = 0

    def __iter__(self) -> Iterator[tuple[Id, Any] | None]:
        return self

    def __next__(self) -> tuple[Id, Any] | None:
        if self._budget is not None and not self._fits(self._budget):
            if self._open:
                return None
            self.over = next(self._rows, None) is not None
            raise StopIteration
        row = next(self._rows)
        self._open += 1
        return row

    def answered(self, outcome: Outcome) -> None:
        """A row has its outcome."""
        self._open -= 1
        self.spent += outcome["cost"] or 0.0
        if outcome["attempts"]:
            self._dearest = max(self._dearest or 0.0, outcome["cost"] or 0.0)

    def _fits(self, budget: float) -> bool:
        if self._dearest is None:
            return self._open == 0 and self.spent < budget
        return self.spent < budget and self.spent + (self._open + 1) * self._dearest <= budget
