"""From the results of several strategies to one list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...config.rag import FusionConfig
    from .passages import Passage

DEFAULT_K = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. Scores of different strategies cannot be compared."""

    passage: Passage
    score: float

    @property
    def key(self) -> tuple[str, int, int]:
        """The same for a passage that several strategies find."""
        return self.passage.document, self.passage.start, self.passage.end


def fuse(results: Sequence[tuple[str, Sequence[Hit]]], config: FusionConfig) -> list[Hit]:
    """One list, from the best on, out of lists that are in this order; each comes with the type of its strategy.

    Reciprocal rank fusion: Cormack, Clarke and Buettcher (SIGIR 2009). A single list keeps its scores.
    """
    if len(results) == 1:
        return list(results[0][1])
    scores: dict[tuple[str, int, int], float] = {}
    first: dict[tuple[str, int, int], Hit] = {}
    for kind, hits in results:
        for rank, hit in enumerate(hits, 1):
            first.setdefault(hit.key, hit)
            before = scores.get(hit.key, 0.0)
            if config.strategy == "rrf":
                scores[hit.key] = before + 1 / ((config.k or DEFAULT_K) + rank)
            elif config.strategy == "weighted":
                scores[hit.key] = before + config.weights.get(kind, 1.0) * hit.score
            else:
                scores[hit.key] = max(before, hit.score)
    order = sorted(first, key=lambda key: -scores[key])
    return [replace(first[key], score=scores[key]) for key in order]


def without_duplicates(hits: Sequence[Hit]) -> list[Hit]:
    """The first of all hits with the same text, white space aside."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(" ".join(hit.passage.text.split()), hit)
    return list(found.values())
