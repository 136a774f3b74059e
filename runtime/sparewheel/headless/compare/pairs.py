"""Two candidates, row by row: the other one against the first."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .candidate import Candidate
    from .rows import Row

LEAST: Final = 5  # rows of which an interval can be told
SAMPLES: Final = 1_000
CONFIDENCE: Final = 0.95
SEED: Final = 1


@dataclass(frozen=True)
class Estimate:
    """The mean of a difference, and the interval in which it lies with 95 % confidence (a bootstrap of the rows)."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, differences: Sequence[float]) -> Self | None:
        """None: there are too few rows. The same differences always give the same interval."""
        if len(differences) < LEAST:
            return None
        chance = random.Random(SEED)
        means = sorted(fmean(chance.choices(differences, k=len(differences))) for _ in range(SAMPLES))
        outside = round(SAMPLES * (1 - CONFIDENCE) / 2)
        return cls(fmean(differences), means[outside], means[-outside - 1])

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no doubt which of the two is larger."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Pair:
    """`other` against `first`, over the rows that both have.

    Attributes:
        answered: rows that both have answered.
        faster: those of them that `other` has answered faster; `same`: with the same text.
        seconds, cost: how much more `other` takes and costs for a row that both have answered.
        only_first, only_other: rows that only one of them has answered.
        correct: how many more of the rows are as expected, as a share; None: nothing is expected.
        correct_first, correct_other: rows in which only one of them is as expected.
    """

    first: str
    other: str
    rows: int
    answered: int
    faster: int
    same: int
    only_first: int
    only_other: int
    seconds: Estimate | None
    cost: Estimate | None
    correct: Estimate | None
    correct_first: int
    correct_other: int

    @classmethod
    def of(cls, first: Candidate, other: Candidate) -> Pair:
        both = [(row, other.rows[name]) for name, row in first.rows.items() if name in other.rows]
        answered = [pair for pair in both if pair[0].error is None and pair[1].error is None]
        checked = [(bool(one.meets), bool(two.meets)) for one, two in both if one.meets is not None]
        return cls(
            first=first.name,
            other=other.name,
            rows=len(both),
            answered=len(answered),
            faster=sum(_more(one.seconds, two.seconds) < 0 for one, two in answered),
            same=sum(one.digest == two.digest for one, two in answered),
            only_first=sum(one.error is None and two.error is not None for one, two in both),
            only_other=sum(one.error is not None and two.error is None for one, two in both),
            seconds=Estimate.of([_more(one.seconds, two.seconds) for one, two in answered]),
            cost=None if _unpriced(answered) else Estimate.of([_more(one.cost, two.cost) for one, two in answered]),
            correct=Estimate.of([two - one for one, two in checked]),
            correct_first=sum(one and not two for one, two in checked),
            correct_other=sum(two and not one for one, two in checked),
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON; an estimate is `{mean, low, high}`."""
        return asdict(self)


def _more(one: float | None, two: float | None) -> float:
    return (two or 0.0) - (one or 0.0)


def _unpriced(pairs: Sequence[tuple[Row, Row]]) -> bool:
    return any(row.cost is None for pair in pairs for row in pair)
