"""What a candidate has answered, row by row, as far as a comparison needs it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ...batch import Outcome

MAX_SHOWN: Final = 2_000  # characters of an answer in a report


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome.

    Attributes:
        error: the kind of its error; None: it was answered.
        text: the answer, or what there was of it, as far as a report shows it.
        digest: of the whole text, without the space around it.
        meets: whether the answer is as expected; None: nothing is expected.
        seconds: from the prompt to the outcome; None: no model was asked.
        cost: US dollars, as far as prices are known.
    """

    error: str | None
    text: str
    digest: bytes
    meets: bool | None
    seconds: float | None
    cost: float | None

    @classmethod
    def of(cls, outcome: Outcome, meets: bool | None) -> Row:
        text = outcome["text"]
        error = outcome["error"]
        return cls(
            error=None if error is None else str(error.get("kind", "unknown")),
            text=text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} … ({len(text)} characters)",
            digest=hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).digest(),
            meets=meets,
            seconds=outcome["seconds"] if outcome["attempts"] else None,
            cost=outcome["cost"],
        )
