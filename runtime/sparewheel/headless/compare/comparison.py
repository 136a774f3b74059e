"""What a comparison has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...batch.files import Id
    from .candidate import Candidate
    from .expected import Check
    from .pairs import Pair


@dataclass(frozen=True)
class Difference:
    """A row whose answers differ: its prompt, what is expected (None: nothing), and the names of the candidates."""

    id: Id
    prompt: str
    expected: Any


@dataclass(frozen=True)
class Comparison:
    """Several agent files with the same rows.

    Attributes:
        rows: how many there are.
        candidates: the agent files, in the order given.
        pairs: each but the first, against the first.
        differences: the first rows whose answers differ; `differing`: how many there are.
        check: how answers are checked; None: they are not.
    """

    rows: int
    candidates: list[Candidate]
    pairs: list[Pair]
    differences: list[Difference]
    differing: int
    check: Check | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON, without the rows."""
        return {
            "rows": self.rows,
            "check": self.check,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "differing": self.differing,
        }
