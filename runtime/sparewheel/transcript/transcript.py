"""Takes the events of a turn one by one; gives the answer so far, and the turn as a whole, at any of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from typing_extensions import TypedDict

from ..annotations import AnnotationShape
from ..events import ErrorEvent, FinishReason
from ..media import MediaShape
from ..messages import AssistantMessage
from ..usage import Usage, UsageTotals
from .answer import Answer, FoldedCall, Output
from .attempts import Attempts, AttemptState, FoldedAttempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..events import (
        AbortedEvent,
        AnnotationEvent,
        BlockStartEvent,
        CompactedEvent,
        DeltaEvent,
        DiscardEvent,
        Event,
        ExhaustedEvent,
        FallbackEvent,
        FinishEvent,
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

Status: TypeAlias = Literal["idle", "running", "finished", "error", "aborted"]


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
        self._state = _State(None)

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
            self._state = _State(turn, status="running", started_at=at)
        self._state.attempts.now = at
        if "task" in event and event["type"] != "usage":
            return  # a sub-agent's work is not part of the answer
        if apply := _BY_TYPE.get(event["type"]):
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


@dataclass(slots=True)
class _State:
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


def _start(state: _State, event: StartEvent) -> None:
    state.agent = event.get("agent")
    if event.get("resumed"):
        state.go_on(event["model"], event.get("attempt", 0))
    else:
        state.attempts.begin(1, event["model"])


def _step(state: _State, event: StepEvent) -> None:
    state.agent = event.get("agent")
    state.answer = Answer()
    state.attempts.end("answered")
    state.attempts.step = event["step"]
    state.attempts.model = event["model"]
    state.attempts.current = 0


def _delta(state: _State, event: DeltaEvent) -> None:
    output = state.output(event["attempt"])
    output.text.add(event.get("content", ""))
    output.reasoning.add(event.get("reasoning", ""))


def _block_start(state: _State, event: BlockStartEvent) -> None:
    if "id" in event:
        state.output(event["attempt"]).call(event["index"], event["id"], event.get("name", ""))


def _tool_call_delta(state: _State, event: ToolCallDeltaEvent) -> None:
    call = state.output(event["attempt"]).call(event["index"], event["id"], event["name"])
    call.arguments.add(event["arguments"])


def _media(state: _State, event: MediaEvent) -> None:
    if "call_id" in event:
        return  # the result of a tool is no part of the answer
    shape = {name: value for name, value in event.items() if name in MediaShape.__annotations__}
    state.output(event["attempt"]).media.append(cast("MediaShape", shape))


def _annotation(state: _State, event: AnnotationEvent) -> None:
    shape = {name: value for name, value in event.items() if name in AnnotationShape.__annotations__}
    state.output(event["attempt"]).annotations.append(cast("AnnotationShape", shape))


def _tool_call(state: _State, event: ToolCallEvent) -> None:
    state.answer.called = state.answer.called or []
    state.answer.called.append({"id": event["id"], "name": event["name"], "arguments": event["args"]})
    state.attempts.end("answered")  # no call runs before the response is complete


def _change(state: _State, event: RetryEvent | FallbackEvent) -> None:
    state.attempts.change(event)


def _hedge(state: _State, event: HedgeEvent) -> None:
    state.attempts.begin(event["attempt"], event["to"])


def _compacted(state: _State, event: CompactedEvent) -> None:
    state.attempts.compact(event)


def _resumed(state: _State, event: ResumedEvent) -> None:
    state.attempts.take_up(event["attempt"], event["model"])


def _discard(state: _State, event: DiscardEvent) -> None:
    state.discard(event["attempt"])


def _usage(state: _State, event: UsageEvent) -> None:
    usage = _tokens(event)
    state.usage = (state.usage or Usage()) + usage
    if event["cost"] is not None:
        state.cost = (state.cost or 0) + event["cost"]
    if "task" not in event:
        state.attempts.use(event["attempt"], event["model"], usage, event["cost"])


def _finish(state: _State, event: FinishEvent) -> None:
    state.end("finished", "answered")
    state.adopt(event["message"])
    state.attempts.model = event["model"]
    state.finish_reason = event["reason"]


def _exhausted(state: _State, event: ExhaustedEvent) -> None:
    state.attempts.fail_current(event["final_error"]["message"], event["final_error"]["kind"])


def _error(state: _State, event: ErrorEvent) -> None:
    state.attempts.fail_current(event["message"], event["kind"])
    state.end("error", "failed")
    state.usage = _tokens(event["usage"]) if event["usage"] else state.usage
    state.adopt(event["partial_message"])
    state.error = event


def _aborted(state: _State, event: AbortedEvent) -> None:
    state.end("aborted", "aborted")
    state.usage = _tokens(event["usage"]) if event["usage"] else state.usage
    state.adopt(event["message"])


def _tokens(totals: Mapping[str, Any]) -> Usage:
    return Usage(**{each.name: totals[each.name] for each in fields(Usage)})


_BY_TYPE: Final[dict[str, Callable[[_State, Any], None]]] = {
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
