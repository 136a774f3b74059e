"""What each event does to a turn that is being folded."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from ..annotations import AnnotationShape
from ..media import MediaShape
from ..usage import Usage
from .answer import Answer, Output
from .attempts import Attempts, AttemptState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..events import (
        AbortedEvent,
        AnnotationEvent,
        BlockStartEvent,
        CompactedEvent,
        DeltaEvent,
        DiscardEvent,
        ErrorEvent,
        ExhaustedEvent,
        FallbackEvent,
        FinishEvent,
        FinishReason,
        HedgeEvent,
        MediaEvent,
        ResumedEvent,
        RetryEvent,
        StartEvent,
        StepEvent,
        ToolCallDeltaEvent,
        ToolCallEvent,
        UsageEvent,
    )
    from ..messages import AssistantMessage

Status: TypeAlias = Literal["idle", "running", "finished", "error", "aborted"]


@dataclass(slots=True)
class TurnState:
    """A turn at one of its events."""

    turn: str | None
    status: Status = "idle"
    agent: str | None = None
    answer: Answer = field(default_factory=Answer)  # of this step
    attempts: Attempts = field(default_factory=Attempts)
    usage: Usage | None = None
    cost: float | None = None
    finish_reason: FinishReason | None = None
    error: ErrorEvent | None = None
    started_at: float | None = None
    ended_at: float | None = None

    def output(self, attempt: int) -> Output:
        """The output of an attempt; the first mention creates it."""
        if attempt not in self.answer.outputs:
            self.answer.outputs[attempt] = Output()
            self.attempts.stream(attempt)
        return self.answer.outputs[attempt]

    def discard(self, attempt: int) -> None:
        """The output of the attempt is void."""
        output = self.answer.outputs.pop(attempt, None) or Output()
        self.attempts.discard(attempt, {"text": str(output.text), "reasoning": str(output.reasoning)})

    def go_on(self, model: str, attempt: int) -> None:
        """The turn goes on, with `attempt` unless that is 0: what an unfinished step has shown is void."""
        for each in list(self.answer.outputs):
            if not self.attempts.has_answered(each):
                self.discard(each)
        self.answer = Answer()
        self.status, self.error, self.finish_reason, self.ended_at = "running", None, None, None
        self.attempts.go_on(attempt, model)

    def end(self, status: Status, last: AttemptState) -> None:
        """The turn ends; `last` is what became of the running attempt."""
        self.status = status
        self.ended_at = self.attempts.now
        self.attempts.end(last)

    def adopt(self, message: AssistantMessage | None) -> None:
        """Take over the calls of the final message: calls that were not complete are not part of it."""
        if message is not None:
            self.answer.called = [{"id": each["id"], **each["function"]} for each in message.get("tool_calls", ())]
        else:
            self.answer.called = self.answer.called or []


def _start(state: TurnState, event: StartEvent) -> None:
    state.agent = event.get("agent")
    if event.get("resumed"):
        state.go_on(event["model"], event.get("attempt", 0))
    else:
        state.attempts.begin(1, event["model"])


def _step(state: TurnState, event: StepEvent) -> None:
    state.agent = event.get("agent")
    state.answer = Answer()
    state.attempts.end("answered")
    state.attempts.step = event["step"]
    state.attempts.model = event["model"]
    state.attempts.current = 0


def _delta(state: TurnState, event: DeltaEvent) -> None:
    output = state.output(event["attempt"])
    output.text.add(event.get("content", ""))
    output.reasoning.add(event.get("reasoning", ""))


def _block_start(state: TurnState, event: BlockStartEvent) -> None:
    if "id" in event:
        state.output(event["attempt"]).call(event["index"], event["id"], event.get("name", ""))


def _tool_call_delta(state: TurnState, event: ToolCallDeltaEvent) -> None:
    call = state.output(event["attempt"]).call(event["index"], event["id"], event["name"])
    call.arguments.add(event["arguments"])


def _media(state: TurnState, event: MediaEvent) -> None:
    if "call_id" in event:
        return  # the result of a tool is no part of the answer
    shape = {name: value for name, value in event.items() if name in MediaShape.__annotations__}
    state.output(event["attempt"]).media.append(cast("MediaShape", shape))


def _annotation(state: TurnState, event: AnnotationEvent) -> None:
    shape = {name: value for name, value in event.items() if name in AnnotationShape.__annotations__}
    state.output(event["attempt"]).annotations.append(cast("AnnotationShape", shape))


def _tool_call(state: TurnState, event: ToolCallEvent) -> None:
    state.answer.called = state.answer.called or []
    state.answer.called.append({"id": event["id"], "name": event["name"], "arguments": event["args"]})
    state.attempts.end("answered")  # no call runs before the response is complete


def _change(state: TurnState, event: RetryEvent | FallbackEvent) -> None:
    state.attempts.change(event)


def _hedge(state: TurnState, event: HedgeEvent) -> None:
    state.attempts.begin(event["attempt"], event["to"])


def _compacted(state: TurnState, event: CompactedEvent) -> None:
    state.attempts.compact(event)


def _resumed(state: TurnState, event: ResumedEvent) -> None:
    state.attempts.take_up(event["attempt"], event["model"])


def _discard(state: TurnState, event: DiscardEvent) -> None:
    state.discard(event["attempt"])


def _usage(state: TurnState, event: UsageEvent) -> None:
    usage = _tokens(event)
    state.usage = (state.usage or Usage()) + usage
    if event["cost"] is not None:
        state.cost = (state.cost or 0) + event["cost"]
    if "task" not in event:
        state.attempts.use(event["attempt"], event["model"], usage, event["cost"])


def _finish(state: TurnState, event: FinishEvent) -> None:
    state.end("finished", "answered")
    state.adopt(event["message"])
    state.attempts.model = event["model"]
    state.finish_reason = event["reason"]


def _exhausted(state: TurnState, event: ExhaustedEvent) -> None:
    state.attempts.fail_current(event["final_error"]["message"], event["final_error"]["kind"])


def _error(state: TurnState, event: ErrorEvent) -> None:
    state.attempts.fail_current(event["message"], event["kind"])
    state.end("error", "failed")
    state.usage = _tokens(event["usage"]) if event["usage"] else state.usage
    state.adopt(event["partial_message"])
    state.error = event


def _aborted(state: TurnState, event: AbortedEvent) -> None:
    state.end("aborted", "aborted")
    state.usage = _tokens(event["usage"]) if event["usage"] else state.usage
    state.adopt(event["message"])


def _tokens(totals: Mapping[str, Any]) -> Usage:
    return Usage(**{each.name: totals[each.name] for each in fields(Usage)})


APPLY: Final[dict[str, Callable[[TurnState, Any], None]]] = {
    "start": _start,
    "step": _step,
    "block_start": _block_start,
    "delta": _delta,
    "media": _media,
    "annotation": _annotation,
    "tool_call_delta": _tool_call_delta,
    "tool_call": _tool_call,
    "retry": _change,
    "fallback": _change,
    "hedge": _hedge,
    "compacted": _compacted,
    "resumed": _resumed,
    "discard": _discard,
    "exhausted": _exhausted,
    "usage": _usage,
    "finish": _finish,
    "error": _error,
    "aborted": _aborted,
}
