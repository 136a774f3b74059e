"""Embeddings in memory, and the nearest ones to another.

10,000 embeddings of 1,536 numbers are 61 MB as floats, and comparing all of them takes Python a quarter of a second. So
each one is kept in 8 bits a number. Where there are many, the signs of the numbers, compared as one integer, choose the
candidates, which are then compared in full.
"""

from __future__ import annotations

import math
from array import array
from heapq import nsmallest
from operator import mul
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_COMPARED: Final = 150_000  # numbers; beyond, signs choose the candidates
CANDIDATES: Final = 100
_LARGEST: Final = 127


class Vector:
    """One embedding. Raises `ValueError` for one that is not finite, or nothing but zeros."""

    __slots__ = ("length", "numbers", "signs")

    def __init__(self, numbers: array[int]) -> None:
        self.numbers = numbers
        self.length = math.sqrt(sumprod(numbers, numbers))
        if not self.length:
            raise ValueError("an embedding has only zeros")
        self.signs = int("".join(["1" if number > 0 else "0" for number in numbers]), 2)

    @classmethod
    def of(cls, floats: Sequence[float]) -> Vector:
        """The embedding that a model gave."""
        largest = max(map(abs, floats), default=0.0)
        if not 0 < largest < math.inf:
            raise ValueError("an embedding has only zeros, or a number that is not finite")
        scale = _LARGEST / largest
        return cls(array("b", [round(number * scale) for number in floats]))

    @classmethod
    def from_bytes(cls, data: bytes) -> Vector:
        """What `bytes` of an embedding were."""
        return cls(array("b", data))

    def __bytes__(self) -> bytes:
        return self.numbers.tobytes()

    def cosine(self, other: Vector) -> float:
        """How alike they are, from -1 to 1."""
        return sumprod(self.numbers, other.numbers) / (self.length * other.length)


def nearest(vector: Vector, others: Sequence[Vector], limit: int) -> list[tuple[int, float]]:
    """The places of the vectors that are most alike, and how much, from the best on."""
    places: Sequence[int] = range(len(others))
    if len(others) * len(vector.numbers) > MAX_COMPARED:
        signs = vector.signs
        differing = [(signs ^ other.signs).bit_count() for other in others]
        places = nsmallest(max(CANDIDATES, 4 * limit), places, key=differing.__getitem__)
    scored = sorted((-vector.cosine(others[place]), place) for place in places)
    return [(place, -score) for score, place in scored[:limit]]


def _sumprod(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(map(mul, left, right))


sumprod = getattr(math, "sumprod", _sumprod)  # since Python 3.12
