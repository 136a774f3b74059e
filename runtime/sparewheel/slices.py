"""Long computations in slices: generators that pause every few milliseconds, so that a worker stays responsive."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")
Slices: TypeAlias = "Generator[None, None, T]"

PAUSE: Final = 0.01  # seconds


def run_at_once(work: Slices[T]) -> T:
    """The result of `work`, without pauses."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_in_slices(work: Slices[T]) -> T:
    """The result of `work`. Others are served at its pauses, at most every 10 ms."""
    begun = perf_counter()
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        if perf_counter() - begun >= PAUSE:
            await asyncio.sleep(0)
            begun = perf_counter()
