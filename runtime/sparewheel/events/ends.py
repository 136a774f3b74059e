"""The three events that end a turn."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from ..errors import Code, Kind
from ..messages import AssistantMessage
from ..usage import UsageTotals
from .stamped import Stamped

FinishReason: TypeAlias = Literal[
    "stop", "length", "tool_calls", "refusal", "content_filter", "tool_limit", "max_steps", "budget", "other"
]
AbortReason: TypeAlias = Literal["user", "consumer", "dispose", "restart"]


class AttemptRecord(TypedDict):
    """One HTTP request of a turn and what came of it. `simulated`: it was to fail (`fault`)."""

    attempt: int
    model: str
    outcome: Literal["ok", "failed", "aborted"]
    kind: NotRequired[Kind]
    code: NotRequired[Code]
    status: NotRequired[int]
    message: NotRequired[str]
    hint: NotRequired[str]
    simulated: NotRequired[bool]


class FinishEvent(Stamped):
    """The turn is complete. `message` is the answer, `usage` what the whole turn used.

    `empty`: the message has neither text nor media.
    """

    type: Literal["finish"]
    reason: FinishReason
    model: str
    message: AssistantMessage
    usage: UsageTotals
    empty: NotRequired[bool]


class ErrorEvent(Stamped):
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


class AbortedEvent(Stamped):
    """The turn was stopped: by the `user`, a `consumer` that stopped iterating, `dispose` or `restart`.

    `message` is what the step under way has shown and not discarded, None if nothing; `partial` is its text. `usage` is
    None if no attempt reported any.
    """

    type: Literal["aborted"]
    reason: AbortReason
    partial: str
    message: AssistantMessage | None
    usage: UsageTotals | None
