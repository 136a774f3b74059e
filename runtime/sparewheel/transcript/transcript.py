"""Takes the events of a turn one by one; gives the answer so far, and the turn as a whole, at any of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from typing_extensions import TypedDict

from ..annotations import AnnotationShape
from ..events import ErrorEvent, FinishReason
from ..media import MediaShape
from ..messages import AssistantMessage
from ..usage import UsageTotals
from .answer import FoldedCall
from .attempts import FoldedAttempt
from .turn_state import APPLY, Status, TurnState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..events import (
        Event,
    )


class Folded(TypedDict):
    """A turn, folded from its events. What sub-agents do inside a tool call (`task`) is not part of it.

    `step` counts from 1; message, text, reasoning, tool calls, media and annotations are those of this step. `cost` is
    that of all attempts whose price is known, in US dollars, None if none is; `usage` and `cost` include sub-agents.
    `started_at` and `ended_at` are times as they were given to `Transcript.push`.
    """

    turn: str | None
    agent: str | None
    model: str | None
    status: Status
    step: int
    message: AssistantMessage
    text: str
    reasoning: str
    tool_calls: list[FoldedCall]
    media: list[MediaShape]
    annotations: list[AnnotationShape]
    attempts: list[FoldedAttempt]
    usage: UsageTotals | None
    cost: float | None
    finish_reason: FinishReason | None
    error: ErrorEvent | None
    started_at: float | None
    ended_at: float | None


class Transcript:
    """The answer of a turn at any of its events: text, reasoning and tool calls, without discarded attempts.

        transcript = Transcript()
        async for event in session.stream("Why is the sky blue?"):
            transcript.push(event)
            show(transcript.message["content"])

    `push` takes constant time. `message` and `snapshot` copy the text: their time grows with the length of the answer.
    """

    def __init__(self) -> None:
        self._state = TurnState(None)

    def push(self, event: Event, at: float | None = None) -> None:
        """Take the next event. An event of another turn, and `start`, starts anew; events outside turns are ignored.

        After a `start` with `resumed` the attempts and the usage of that turn go on, its answer starts anew.

        `at` is the time at which it came, in milliseconds of any clock; without it times are None.

        Raises:
            KeyError: the event lacks a field of its type.
        """
        turn = event.get("turn")
        if turn != self._state.turn or (event["type"] == "start" and not event.get("resumed")):
            if turn is None:
                return
            self._state = TurnState(turn, status="running", started_at=at)
        self._state.attempts.now = at
        if "task" in event and event["type"] != "usage":
            return  # a sub-agent's work is not part of the answer
        if apply := APPLY.get(event["type"]):
            apply(self._state, event)

    @property
    def message(self) -> AssistantMessage:
        """The assistant message so far, as in a result.

        Once the turn has finished, it is equal to the message of the result.
        """
        return self._state.answer.message()

    def snapshot(self) -> Folded:
        """Everything that the events tell about the turn: a copy that later events do not change."""
        state = self._state
        return {
            "turn": state.turn,
            "agent": state.agent,
            "model": state.attempts.model,
            "status": state.status,
            "step": state.attempts.step,
            "message": state.answer.message(),
            "text": state.answer.text(),
            "reasoning": state.answer.reasoning(),
            "tool_calls": state.answer.calls(),
            "media": state.answer.media(),
            "annotations": state.answer.annotations(),
            "attempts": state.attempts.folded(),
            "usage": cast("UsageTotals", asdict(state.usage)) if state.usage else None,
            "cost": state.cost,
            "finish_reason": state.finish_reason,
            "error": state.error,
            "started_at": state.started_at,
            "ended_at": state.ended_at,
        }


def fold(events: Iterable[Event]) -> Folded:
    """Fold the events of a turn at once; of several turns, the last."""
    transcript = Transcript()
    for event in events:
        transcript.push(event)
    return transcript.snapshot()
