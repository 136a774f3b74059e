"""The turn of a session that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from ..events import AbortReason
    from ..state.session_state import Conversation


@dataclass(slots=True)
class Active:
    """The task that iterates the running turn, and what the turn began with."""

    before: Conversation  # which stays if the turn leaves nothing
    task: asyncio.Task[Any] | None
    reason: AbortReason | None = None  # why it was aborted
    ending: bool = False  # only its last batch is left to be shown
    late: asyncio.CancelledError | None = None  # to be raised after that

    def end(self, failure: BaseException | None) -> None:
        """Raise what the turn ends with."""
        if (error := self.late or failure) is not None:
            raise error
