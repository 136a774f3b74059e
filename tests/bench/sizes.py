"""How much is measured: enough for medians that can be compared, or just enough to notice what went badly wrong."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Sizes:
    """Lengths are in deltas, the rest counts repetitions. `typical`: the one of several times that counts."""

    typical: Callable[[Sequence[float]], float]

    floods: Mapping[int, int]  # repetitions by length
    middle: int
    long: int
    paced: int
    paced_runs: int
    firsts: int
    fallbacks: int
    boots: int
    turns: int
    stored: int  # sessions
    page_answers: int
    page_runs: int
    visits: int
    page_seconds: int


FULL: Final = Sizes(
    typical=statistics.median,
    floods={2_000: 15, 20_000: 7, 100_000: 5, 200_000: 3},
    middle=20_000,
    long=100_000,
    paced=400,
    paced_runs=7,
    firsts=25,
    fallbacks=15,
    boots=5,
    turns=1000,
    stored=10_000,
    page_answers=8,
    page_runs=3,
    visits=15,
    page_seconds=5,
)
QUICK: Final = Sizes(
    typical=min,  # of few, the one that the machine has disturbed least
    floods={2_000: 5, 20_000: 3, 100_000: 3},
    middle=20_000,
    long=100_000,
    paced=200,
    paced_runs=2,
    firsts=7,
    fallbacks=5,
    boots=2,
    turns=150,
    stored=300,
    page_answers=2,
    page_runs=1,
    visits=3,
    page_seconds=3,
)
