"""Long computations in slices: generators that pause every few milliseconds, so that a worker stays responsive."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")
Slices: TypeAlias = "Generator[None, None, T]"


def run_at_once(work: Slices[T]) -> T:
    """The result of `work`, without pauses."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


async def run_in_slices(work: Slices[T]) -> T:
    """The result of `work`. Other tasks and messages of the page are served at each of its pauses."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)
