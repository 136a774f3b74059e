"""What happens between the models of a chain, and what an attempt cost."""

from __future__ import annotations

from typing import Literal, NotRequired

# pydantic needs this TypedDict, not typing's, below Python 3.12.
from typing_extensions import TypedDict

from ..errors import Code, Kind
from .stamped import Between, Stamped


class RetryEvent(Stamped):
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


class FallbackEvent(Stamped, Between):
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


class HedgeEvent(Stamped, Between):
    """`from` has shown nothing yet, so `to` is asked as well; the first to show content wins."""

    type: Literal["hedge"]
    to: str
    attempt: int
    after_ms: int


class OfflineEvent(Stamped):
    """The browser has no network. `model` is asked when it is back, or after `wait_ms`; no attempt is counted."""

    type: Literal["offline"]
    model: str
    message: str
    wait_ms: int


class RequestEvent(Stamped):
    """An HTTP request of attempt `attempt`, told when its response begins or it has failed; only with `trace`.

    `status` is None, and `response_headers` is empty, if there was no response. Of headers and query parameters that
    may have a secret, only the length is told; response headers are those that the browser lets a page read.
    `headers_ms` is the time until the headers of the response had arrived, or the request had failed. `body_bytes` is
    the size of the request's body. With `call_id` a tool made it in that call, and `attempt` counts its tries.
    """

    type: Literal["request"]
    model: str
    attempt: int
    call_id: NotRequired[str]
    method: str
    url: str
    headers: dict[str, str]
    body_bytes: int
    status: int | None
    response_headers: dict[str, str]
    headers_ms: int


class ResumedEvent(Stamped):
    """The stream of attempt `attempt` broke, or the page was reloaded, and the provider still has the response.

    What was streamed stays. `from_seq` is the `sequence_number` of the last event that had been read, None before the
    first. `via`: the rest comes as a stream, or as a document once the response is complete.
    """

    type: Literal["resumed"]
    model: str
    attempt: int
    response_id: str
    from_seq: int | None
    via: Literal["stream", "document"]


class SkippedEvent(Stamped):
    """This model is not asked now: its breaker is open, or it cools down. `wait_ms` is None when it is not known."""

    type: Literal["skipped"]
    model: str
    kind: Kind
    code: Code
    reason: str
    wait_ms: int | None


class CompactedEvent(Stamped):
    """The conversation did not fit the model's window; `dropped` of its messages were left out."""

    type: Literal["compacted"]
    model: str
    attempt: int
    dropped: int


class DiscardEvent(Stamped):
    """What this attempt has streamed (`chars` characters of content and reasoning) is void."""

    type: Literal["discard"]
    attempt: int
    chars: int


class RecoveredEvent(Stamped):
    """The primary answers again."""

    type: Literal["recovered"]
    model: str


class FinalError(TypedDict):
    kind: Kind
    code: Code
    message: str
    status: NotRequired[int]


class ExhaustedEvent(Stamped):
    """No model is left. Always followed by `error`."""

    type: Literal["exhausted"]
    models_tried: list[str]
    final_error: FinalError


class UsageEvent(Stamped):
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


class WarningEvent(Stamped):
    type: Literal["warning"]
    message: str
