"""Events about attempts: retries, fallbacks, skipped models, usage. Pure functions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..errors import ErrorInfo, TurnFailed
from ..errors.hints import hint_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..config.resolved import ModelSpec
    from ..errors import SparewheelError
    from ..events import (
        AttemptRecord,
        ExhaustedEvent,
        FallbackEvent,
        FinalError,
        HedgeEvent,
        RetryEvent,
        SkippedEvent,
        UsageEvent,
    )
    from .attempt import Attempt
    from .health import Status


def announce(
    asked: ModelSpec, previous: ModelSpec, reason: ErrorInfo, attempt: int, delay: float, now: datetime
) -> RetryEvent | FallbackEvent:
    """`asked` gets attempt number `attempt` after `delay` seconds, because `previous` failed for `reason`."""
    event: RetryEvent | FallbackEvent
    if asked is previous:
        event = {
            "type": "retry",
            "model": asked.ref,
            "attempt": attempt,
            "delay_ms": round(delay * 1000),
            "retrying_at": _timestamp(now + timedelta(seconds=delay)),
            "kind": reason.kind,
            "code": reason.code,
            "reason": reason.message,
        }
    else:
        event = {
            "type": "fallback",
            "from": previous.ref,
            "to": asked.ref,
            "attempt": attempt,
            "delay_ms": round(delay * 1000),
            "kind": reason.kind,
            "code": reason.code,
            "reason": reason.message,
        }
    if reason.status is not None:
        event["status"] = reason.status
    return event


def hedged(waiting: Attempt, other: Attempt, patience: float) -> HedgeEvent:
    """`other` starts because `waiting` has shown nothing for `patience` seconds."""
    return {
        "type": "hedge",
        "from": waiting.spec.ref,
        "to": other.spec.ref,
        "attempt": other.number,
        "after_ms": round(patience * 1000),
    }


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def resting(spec: ModelSpec, status: Status) -> ErrorInfo:
    """Why a model is not asked now, in the form of a failure."""
    if status.kind == "no_key":
        names = " or ".join(spec.missing)
        return ErrorInfo("no_key", f"{spec.ref} is not asked: env has no {names}.", hint_for("no_key"))
    if status.kind == "skipped":
        return ErrorInfo("skipped", f"{spec.ref} is not asked: it was taken out of the chain.", hint_for("skipped"))
    cause = "its breaker is open" if status.kind == "circuit_breaker" else f"it cools down after {status.kind}"
    until = "until its key changes" if status.wait == float("inf") else f"for {status.wait:.0f} s"
    return ErrorInfo("circuit_breaker", f"{spec.ref} is not asked {until}: {cause}.")


def none_left(skipped: Sequence[tuple[ModelSpec, Status]]) -> TurnFailed:
    """The error of a step whose models may not be asked, and why."""
    reasons = [resting(spec, status) for spec, status in skipped]
    message = " ".join(["No model can be asked.", *(reason.message for reason in reasons)])
    return TurnFailed(ErrorInfo(reasons[0].kind, message, reasons[0].hint))


def skipped_events(skipped: Sequence[tuple[ModelSpec, Status]]) -> list[SkippedEvent]:
    """One event for each model that was skipped."""
    events: list[SkippedEvent] = []
    for spec, status in skipped:
        info = resting(spec, status)
        wait_ms = None if status.wait == float("inf") else round(status.wait * 1000)
        events.append(
            {
                "type": "skipped",
                "model": spec.ref,
                "kind": info.kind,
                "code": info.code,
                "reason": info.message,
                "wait_ms": wait_ms,
            }
        )
    return events


def usage_events(attempt: Attempt, *, discarded: bool) -> list[UsageEvent]:
    """The tokens of an attempt; `context_length` is the part of the model's window that they fill.

    No event for an attempt whose model did not begin to answer: it has no tokens.
    """
    if not attempt.answering:
        return []
    usage = attempt.usage
    known = usage.input_tokens is not None and usage.output_tokens is not None
    return [
        {
            "type": "usage",
            "attempt": attempt.number,
            "model": attempt.spec.ref,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_tokens": usage.cached_tokens,
            "written_tokens": usage.written_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "context_length": (usage.input_tokens or 0) + (usage.output_tokens or 0) if known else None,
            "context_limit": attempt.spec.context_limit,
            "cost": attempt.cost,
            "discarded": discarded,
        }
    ]


def exhausted(info: ErrorInfo, records: Sequence[AttemptRecord]) -> ExhaustedEvent:
    final: FinalError = {"kind": info.kind, "code": info.code, "message": info.message}
    if info.status is not None:
        final["status"] = info.status
    return {"type": "exhausted", "models_tried": _models_tried(records), "final_error": final}


def turn_failed(last: SparewheelError, records: Sequence[AttemptRecord]) -> TurnFailed:
    """One error for the whole chain, with the last reason of each model."""
    info = last.info
    reasons = {record["model"]: f"{record['model']}: {record.get('message', '')}" for record in records}
    if len(reasons) > 1:
        message = f"All {len(reasons)} models failed. " + " ".join(reasons.values())
        info = ErrorInfo(info.kind, message, info.hint, info.retry_after, info.status)
    return TurnFailed(info, provider=last.provider, model=last.model)


def _models_tried(records: Sequence[AttemptRecord]) -> list[str]:
    return list(dict.fromkeys(record["model"] for record in records))
