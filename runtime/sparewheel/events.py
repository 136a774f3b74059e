"""What a page receives: the one source of the event contract.

Events are plain dicts (no object is built that only has to be taken apart again), typed here. The JSON schema and
`web/events.d.ts` are generated from these types; a test fails when they drift.

Rules that hold for every turn: `seq` rises by one from 1; exactly one terminal event (`finish`, `error`, `aborted`) and
nothing after it; every `block_start` has its `block_end` before the attempt's end. Models are written
`provider/model`. A number that was not reported is None, never 0. Times are ISO 8601 in UTC, durations milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, TypeAlias

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from .errors import Code, Kind
from .messages import AssistantMessage
from .usage import UsageTotals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import TypeIs

BlockKind: TypeAlias = Literal["text", "reasoning", "tool_call"]
FinishReason: TypeAlias = Literal[
    "stop", "length", "tool_calls", "refusal", "content_filter", "tool_limit", "max_steps", "budget", "other"
]
AbortReason: TypeAlias = Literal["user", "consumer", "dispose", "restart"]


class _Stamped(TypedDict):
    """`turn`, `seq` and `agent` are put on by the session, in the one place where events leave it.

    `agent` is who was at work. `task` is set on what a sub-agent does inside a tool call: the id of that call; such
    events are no part of the answer's text.
    """

    turn: NotRequired[str]
    seq: NotRequired[int]
    agent: NotRequired[str]
    task: NotRequired[str]


class AttemptRecord(TypedDict):
    """One HTTP request of a turn and what came of it."""

    attempt: int
    model: str
    outcome: Literal["ok", "failed", "aborted"]
    kind: NotRequired[Kind]
    code: NotRequired[Code]
    status: NotRequired[int]
    message: NotRequired[str]
    hint: NotRequired[str]


class StartEvent(_Stamped):
    type: Literal["start"]
    model: str


class StepEvent(_Stamped):
    """A further step of the turn begins: the answer's text starts anew. The first step has no event of its own."""

    type: Literal["step"]
    step: int
    model: str


class DeltaEvent(_Stamped):
    """A piece of the answer: `content` or `reasoning`, never both."""

    type: Literal["delta"]
    attempt: int
    index: int
    content: NotRequired[str]
    reasoning: NotRequired[str]


class BlockStartEvent(_Stamped):
    """A content block begins. `id` and `name` are those of a tool call."""

    type: Literal["block_start"]
    attempt: int
    index: int
    kind: BlockKind
    id: NotRequired[str]
    name: NotRequired[str]


class BlockEndEvent(_Stamped):
    """`content` is the whole block: its text, its reasoning, or the arguments of its tool call, named as in its start.

    The arguments need not be complete or valid JSON: a `tool_call` event follows only if they are.
    """

    type: Literal["block_end"]
    attempt: int
    index: int
    kind: BlockKind
    content: str
    id: NotRequired[str]
    name: NotRequired[str]


class ToolCallDeltaEvent(_Stamped):
    """`arguments` is a fragment of JSON text: to be shown, never to be acted on."""

    type: Literal["tool_call_delta"]
    attempt: int
    index: int
    id: str
    name: str
    arguments: str


class ToolCallEvent(_Stamped):
    """The model asks for this call, its response being complete. `args` is the JSON text of an object."""

    type: Literal["tool_call"]
    id: str
    name: str
    args: str


class ToolConfirmationEvent(_Stamped):
    """The call waits until the user has approved it (`session.confirm`)."""

    type: Literal["tool_confirmation"]
    id: str
    name: str
    args: str


class ToolOutputEvent(_Stamped):
    """How far a running call is."""

    type: Literal["tool_output"]
    id: str
    name: str
    output: str


class ToolResultEvent(_Stamped):
    """The call is over. `output` is whole; the model may have been shown a part of it."""

    type: Literal["tool_result"]
    id: str
    name: str
    output: str
    is_error: bool


class ToolBlockedEvent(_Stamped):
    """The call was not run: a hook, the permissions or the user said no. Its `tool_result` follows."""

    type: Literal["tool_blocked"]
    id: str
    name: str
    reason: str


class ElicitationEvent(_Stamped):
    """A tool asks the user (`session.respondToElicitation`). `schema` describes the content of an answer."""

    type: Literal["elicitation"]
    id: str
    message: str
    mode: Literal["form"]
    schema: dict[str, Any]


class RetryEvent(_Stamped):
    """The same model is asked again. `attempt` is the number of the attempt about to be made.

    `continues`: what was streamed stays, and the model is asked to go on from there.
    """

    type: Literal["retry"]
    model: str
    attempt: int
    delay_ms: int
    retrying_at: str
    kind: Kind
    code: Code
    reason: str
    status: NotRequired[int]
    continues: NotRequired[bool]


_FallbackNames = TypedDict("_FallbackNames", {"from": str})


class HandoffEvent(_Stamped, _FallbackNames):
    """Agent `from` hands over to agent `to`; a transferred task comes back the same way."""

    type: Literal["handoff"]
    to: str


class FallbackEvent(_Stamped, _FallbackNames):
    """The next model of the chain is asked. `attempt` is the number of the attempt about to be made.

    `continues`: what was streamed stays, and the model is asked to go on from there.
    """

    type: Literal["fallback"]
    to: str
    attempt: int
    delay_ms: int
    kind: Kind
    code: Code
    reason: str
    status: NotRequired[int]
    continues: NotRequired[bool]


class HedgeEvent(_Stamped, _FallbackNames):
    """`from` has shown nothing yet, so `to` is asked as well; the first to show content wins."""

    type: Literal["hedge"]
    to: str
    attempt: int
    after_ms: int


class SkippedEvent(_Stamped):
    """This model is not asked now: its breaker is open, or it cools down. `wait_ms` is None when it is not known."""

    type: Literal["skipped"]
    model: str
    kind: Kind
    code: Code
    reason: str
    wait_ms: int | None


class CompactedEvent(_Stamped):
    """The conversation did not fit the model's window; `dropped` of its messages were left out."""

    type: Literal["compacted"]
    model: str
    attempt: int
    dropped: int


class DiscardEvent(_Stamped):
    """What this attempt has streamed (`chars` characters of content and reasoning) is void."""

    type: Literal["discard"]
    attempt: int
    chars: int


class RecoveredEvent(_Stamped):
    """The primary answers again."""

    type: Literal["recovered"]
    model: str


class FinalError(TypedDict):
    kind: Kind
    code: Code
    message: str
    status: NotRequired[int]


class ExhaustedEvent(_Stamped):
    """No model is left. Always followed by `error`."""

    type: Literal["exhausted"]
    models_tried: list[str]
    final_error: FinalError


class UsageEvent(_Stamped):
    """What one attempt cost. `discarded`: its output was void, its tokens were not.

    `cached_tokens` were in the provider's cache, `written_tokens` were put there; `input_tokens` includes both.
    """

    type: Literal["usage"]
    attempt: int
    model: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    written_tokens: int | None
    reasoning_tokens: int | None
    context_length: int | None
    context_limit: int | None
    cost: float | None
    discarded: bool


class WarningEvent(_Stamped):
    type: Literal["warning"]
    message: str


class FinishEvent(_Stamped):
    """The turn is complete. `message` is the answer, `usage` what the whole turn used.

    `empty`: the message has no text.
    """

    type: Literal["finish"]
    reason: FinishReason
    model: str
    message: AssistantMessage
    usage: UsageTotals
    empty: NotRequired[bool]


class ErrorEvent(_Stamped):
    """The turn failed. `message` is the error's text.

    `partial_message` is what the step under way has shown and not discarded, None if nothing. `usage` is None if no
    attempt reported any.
    """

    type: Literal["error"]
    message: str
    kind: Kind
    code: Code
    hint: str
    retryable: bool
    attempts: list[AttemptRecord]
    partial_message: AssistantMessage | None
    usage: UsageTotals | None
    status: NotRequired[int]
    provider: NotRequired[str]
    model: NotRequired[str]


class AbortedEvent(_Stamped):
    """The turn was stopped: by the `user`, a `consumer` that stopped iterating, `dispose` or `restart`.

    `message` is what the step under way has shown and not discarded, None if nothing; `partial` is its text. `usage` is
    None if no attempt reported any.
    """

    type: Literal["aborted"]
    reason: AbortReason
    partial: str
    message: AssistantMessage | None
    usage: UsageTotals | None


Event: TypeAlias = (
    StartEvent
    | StepEvent
    | DeltaEvent
    | BlockStartEvent
    | BlockEndEvent
    | ToolCallDeltaEvent
    | ToolCallEvent
    | ToolConfirmationEvent
    | ToolOutputEvent
    | ToolResultEvent
    | ToolBlockedEvent
    | ElicitationEvent
    | HandoffEvent
    | RetryEvent
    | FallbackEvent
    | HedgeEvent
    | SkippedEvent
    | CompactedEvent
    | DiscardEvent
    | RecoveredEvent
    | ExhaustedEvent
    | UsageEvent
    | WarningEvent
    | FinishEvent
    | ErrorEvent
    | AbortedEvent
)

TERMINAL: Final = frozenset({"finish", "error", "aborted"})


def is_terminal(event: Mapping[str, object]) -> TypeIs[FinishEvent | ErrorEvent | AbortedEvent]:
    """Whether `event` ends its turn. Every turn has exactly one such event, and it is the last one."""
    return event["type"] in TERMINAL


def is_error(event: Mapping[str, object]) -> TypeIs[ErrorEvent]:
    """Whether `event` ends its turn with a failure.

    A failed attempt (`retry`, `fallback`), a failed tool call (`tool_result` with `is_error`) and a stopped turn
    (`aborted`) are not errors in this sense.
    """
    return event["type"] == "error"


def is_fallback(event: Mapping[str, object]) -> TypeIs[FallbackEvent]:
    """Whether the chain moves from one model to another.

    `skipped` only reports a model that is passed over, and a `fallback` follows if another one takes its place. `hedge`
    adds a second model while the first one still runs. Neither is a fallback.
    """
    return event["type"] == "fallback"


def is_exhausted(event: Mapping[str, object]) -> TypeIs[ExhaustedEvent]:
    """Whether the chain gives up: no model is left, or the agent file forbids asking another one.

    An `error` event follows. If the event has a `task`, the `tool_result` of that call follows instead.
    """
    return event["type"] == "exhausted"


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of one event as a page receives it, stamped."""
    from pydantic import TypeAdapter  # here, because a turn never needs it

    adapter: TypeAdapter[Any] = TypeAdapter(Event)
    schema = adapter.json_schema()
    for shape in schema["$defs"].values():
        if "seq" in shape["properties"]:
            shape["required"] = ["turn", "seq", "agent", *shape["required"]]
    return schema
