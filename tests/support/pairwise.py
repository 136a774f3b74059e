"""Covering arrays: few rows in which every two values of different parameters still meet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any


def covering(*parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows of one value for each parameter; every pair of values is in at least one row. The same rows each time.

    Greedy: the next row is the one with the most new pairs. Values must be hashable.
    """
    rows = list(product(*parameters))
    pairs = [set(combinations(enumerate(row), 2)) for row in rows]
    missing = set().union(*pairs)
    chosen = []
    while missing:
        best = max(range(len(rows)), key=lambda index: len(pairs[index] & missing))
        chosen.append(rows[best])
        missing -= pairs[best]
    return chosen
