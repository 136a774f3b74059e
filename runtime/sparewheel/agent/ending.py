"""The first event of a turn and its last ones, and what stays of an answer that is not complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..errors import SparewheelError, internal

if TYPE_CHECKING:
    from ..events import AbortedEvent, AbortReason, ErrorEvent, Event, FinishEvent, FinishReason, StartEvent
    from ..messages import Message
    from ..page.results import Result
    from ..redaction.stream import SplitSecrets
    from .turn import Turn


def start_event(turn: Turn, model: str) -> StartEvent:
    """The event that the turn begins with, or goes on with."""
    start: StartEvent = {"type": "start", "model": model}
    if turn.results is not None:
        start["resumed"] = True
        if turn.steps == 0:  # else its calls come first, or a `step` event
            start["attempt"] = turn.log.before + 1
    return start


def finish_event(turn: Turn, reason: FinishReason, model: str, answer: Message) -> FinishEvent:
    """The event of a turn that ends with `answer`."""
    finish: FinishEvent = {
        "type": "finish",
        "reason": reason,
        "model": model,
        "message": answer.to_answer(),
        "usage": turn.total.to_dict(),
    }
    if not (answer.text or answer.media or reason == "tool_calls"):
        finish["empty"] = True
    return finish


def result_of(turn: Turn, event: FinishEvent) -> Result:
    """What a turn that ended so results in."""
    return {
        "message": event["message"],
        "usage": event["usage"],
        "model": event["model"],
        "finish_reason": event["reason"],
        "attempts": turn.log.records,
    }


def known_error(error: Exception) -> SparewheelError:
    """The error itself; a defect of this package ends the turn with one event, too."""
    if isinstance(error, SparewheelError):
        return error
    failure = SparewheelError(internal(error))
    failure.__cause__ = error
    return failure


def answer_of(turn: Turn) -> Message:
    """The answer of the last step, which may be followed by the results of its calls."""
    return next(message for message in reversed(turn.messages) if message.role == "assistant")


def failed(turn: Turn, error: SparewheelError, unsplit: SplitSecrets, *, keep: bool) -> list[Event]:
    """Events at the end of a turn that failed. With `keep`, the text that was shown joins the conversation."""
    error.attempts = [dict(record) for record in turn.log.records]
    events = turn.close()
    partial = turn.partial
    if keep and turn.incomplete:
        turn.complete_step(turn.incomplete)
    event = {
        "type": "error",
        **error.to_dict(),
        "partial_message": unsplit.message(partial) if partial else None,
        "usage": turn.total.to_dict() if turn.total.known else None,
    }
    return [*events, cast("ErrorEvent", event)]


def aborted(turn: Turn, reason: AbortReason, unsplit: SplitSecrets) -> list[Event]:
    """Events at the end of a turn that was aborted. The text that was shown joins the conversation."""
    events = turn.close()
    partial = turn.partial
    if turn.incomplete:
        turn.complete_step(turn.incomplete)
    message = unsplit.message(partial) if partial else None
    event: AbortedEvent = {
        "type": "aborted",
        "reason": reason,
        "partial": message["content"] if message else "",
        "message": message,
        "usage": turn.total.to_dict() if turn.total.known else None,
    }
    return [*events, event]
