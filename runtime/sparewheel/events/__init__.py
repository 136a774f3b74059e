"""What a page receives: the one source of the event contract.

Events are plain dicts (no object is built that only has to be taken apart again), typed here. The JSON schema and
`web/events.d.ts` are generated from these types; a test fails when they drift.

Rules that hold for every turn: `seq` rises by one from 1; exactly one terminal event (`finish`, `error`, `aborted`) and
nothing after it; every `block_start` has its `block_end` before the attempt's end. Models are written
`provider/model`. A number that was not reported is None, never 0. Times are ISO 8601 in UTC, durations milliseconds.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from .answer import (
    AnnotationEvent,
    BlockEndEvent,
    BlockKind,
    BlockStartEvent,
    DeltaEvent,
    MediaEvent,
    StartEvent,
    StepEvent,
    ToolCallDeltaEvent,
)
from .calls import (
    ConnectingEvent,
    ElicitationEvent,
    HandoffEvent,
    InDoubtEvent,
    SignIn,
    ToolBlockedEvent,
    ToolCallEvent,
    ToolConfirmationEvent,
    ToolOutputEvent,
    ToolResultEvent,
)
from .chain import (
    CompactedEvent,
    DiscardEvent,
    ExhaustedEvent,
    FallbackEvent,
    FinalError,
    HedgeEvent,
    OfflineEvent,
    RecoveredEvent,
    RequestEvent,
    ResumedEvent,
    RetryEvent,
    SkippedEvent,
    UsageEvent,
    WarningEvent,
)
from .ends import AbortedEvent, AbortReason, AttemptRecord, ErrorEvent, FinishEvent, FinishReason
from .predicates import TERMINAL, is_error, is_exhausted, is_fallback, is_terminal

__all__ = [
    "TERMINAL",
    "AbortReason",
    "AbortedEvent",
    "AnnotationEvent",
    "AttemptRecord",
    "BlockEndEvent",
    "BlockKind",
    "BlockStartEvent",
    "CompactedEvent",
    "ConnectingEvent",
    "DeltaEvent",
    "DiscardEvent",
    "ElicitationEvent",
    "ErrorEvent",
    "Event",
    "ExhaustedEvent",
    "FallbackEvent",
    "FinalError",
    "FinishEvent",
    "FinishReason",
    "HandoffEvent",
    "HedgeEvent",
    "InDoubtEvent",
    "MediaEvent",
    "OfflineEvent",
    "RecoveredEvent",
    "RequestEvent",
    "ResumedEvent",
    "RetryEvent",
    "SignIn",
    "SkippedEvent",
    "StartEvent",
    "StepEvent",
    "ToolBlockedEvent",
    "ToolCallDeltaEvent",
    "ToolCallEvent",
    "ToolConfirmationEvent",
    "ToolOutputEvent",
    "ToolResultEvent",
    "UsageEvent",
    "WarningEvent",
    "is_error",
    "is_exhausted",
    "is_fallback",
    "is_terminal",
    "json_schema",
]

Event: TypeAlias = (
    StartEvent
    | StepEvent
    | DeltaEvent
    | BlockStartEvent
    | BlockEndEvent
    | MediaEvent
    | AnnotationEvent
    | ToolCallDeltaEvent
    | ToolCallEvent
    | ToolConfirmationEvent
    | ConnectingEvent
    | ToolOutputEvent
    | InDoubtEvent
    | ToolResultEvent
    | ToolBlockedEvent
    | ElicitationEvent
    | HandoffEvent
    | RetryEvent
    | FallbackEvent
    | HedgeEvent
    | OfflineEvent
    | SkippedEvent
    | CompactedEvent
    | DiscardEvent
    | RecoveredEvent
    | RequestEvent
    | ResumedEvent
    | ExhaustedEvent
    | UsageEvent
    | WarningEvent
    | FinishEvent
    | ErrorEvent
    | AbortedEvent
)


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of one event as a page receives it, stamped."""
    from pydantic import TypeAdapter  # here, because a turn never needs it

    adapter: TypeAdapter[Any] = TypeAdapter(Event)
    schema = adapter.json_schema()
    for shape in schema["$defs"].values():
        if "seq" in shape["properties"]:
            shape["required"] = ["turn", "seq", "agent", *shape["required"]]
    return schema
