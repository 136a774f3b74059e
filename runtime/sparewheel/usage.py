"""Counting tokens, where None means that nobody said."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one attempt, or of many summed. Input includes the cached and the written ones, output the reasoning.

    Cached are those that were in the provider's cache, written those that it has put there.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    written_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        """Sum what is known; a number is unknown only if both sides do not know it."""
        sums: dict[str, int | None] = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            sums[field.name] = theirs if mine is None else mine if theirs is None else mine + theirs
        return replace(self, **sums)

    @property
    def known(self) -> bool:
        """Whether anything is known at all."""
        return any(getattr(self, field.name) is not None for field in fields(self))
