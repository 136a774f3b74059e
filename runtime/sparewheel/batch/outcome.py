"""What came of one prompt of many: its answer, or its error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ..events import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..errors import SparewheelError
    from ..events import AttemptRecord
    from ..usage import UsageTotals


class Outcome(TypedDict):
    """`status` is `ok`, or `error` with the facts of the failure in `error` (`SparewheelError.to_dict`).

    Attributes:
        text: the answer; of a failed turn what had been shown of it, as far as it was not discarded.
        message: the assistant message; None without an answer.
        model: the model that answered, as `provider/model`.
        finish_reason: as in the event `finish`.
        usage: tokens of the whole turn; None: not reported.
        cost: US dollars of the attempts whose price is known; None: of none.
        attempts: every request of the turn, with its outcome.
        seconds: from the prompt to its outcome.
        error: None if `status` is `ok`.
    """

    status: Literal["ok", "error"]
    text: str
    message: dict[str, Any] | None
    model: str | None
    finish_reason: str | None
    usage: UsageTotals | None
    cost: float | None
    attempts: list[AttemptRecord]
    seconds: float
    error: dict[str, Any] | None


class Tally:
    """Makes the outcome of one turn, which begins now.

    `see` takes its events, of which only `usage` and the terminal one matter.
    """

    def __init__(self) -> None:
        self._cost: float | None = None
        self._end: Mapping[str, Any] = {}
        self._began = time.monotonic()

    def see(self, events: Iterable[Mapping[str, Any]]) -> None:
        for event in events:
            if event["type"] == "usage" and event["cost"] is not None:
                self._cost = (self._cost or 0) + event["cost"]
            elif event["type"] in TERMINAL:
                self._end = event

    def answered(self, result: Mapping[str, Any]) -> Outcome:
        """The outcome of a turn that finished with this result."""
        message = dict(result["message"])
        return {
            "status": "ok",
            "text": _text(message),
            "message": message,
            "model": result["model"],
            "finish_reason": result["finish_reason"],
            "usage": result.get("usage"),
            "cost": self._cost,
            "attempts": list(result["attempts"]),
            "seconds": self._seconds(),
            "error": None,
        }

    def failed(self, error: SparewheelError) -> Outcome:
        """The outcome of a turn that failed, or could not begin."""
        facts = error.to_dict()
        partial = self._end.get("partial_message")
        return {
            "status": "error",
            "text": _text(partial or {}),
            "message": partial,
            "model": None,
            "finish_reason": None,
            "usage": self._end.get("usage"),
            "cost": self._cost,
            "attempts": list(facts.pop("attempts")),
            "seconds": self._seconds(),
            "error": facts,
        }

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began, 4)


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""
