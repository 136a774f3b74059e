"""Token counts, where None means not reported."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict


class UsageTotals(TypedDict):
    """Sums over all attempts of a turn, discarded ones included. None where no attempt reported the number."""

    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    written_tokens: int | None
    reasoning_tokens: int | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one attempt, or of many summed. Input includes cached and written tokens, output includes reasoning.

    Cached tokens were read from the provider's cache, written tokens were stored in it.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    written_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        """Sum what is known; a sum is None only if both numbers are."""
        sums: dict[str, int | None] = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            sums[field.name] = theirs if mine is None else mine if theirs is None else mine + theirs
        return replace(self, **sums)

    @property
    def known(self) -> bool:
        """Whether any number is known."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    def to_dict(self) -> UsageTotals:
        """The JSON shape."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.cached_tokens,
            "written_tokens": self.written_tokens,
            "reasoning_tokens": self.reasoning_tokens,
        }
