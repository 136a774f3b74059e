"""What the chain says about its work: the events and records around an attempt. Pure functions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..errors import ErrorInfo, TurnFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ..errors import SparewheelError
    from ..events import AttemptRecord, ExhaustedEvent, FallbackEvent, FinalError, RetryEvent, UsageEvent
    from ..providers.assembly import Assembly
    from .policy import Decision, Failure


def announce(decision: Decision, failure: Failure, attempt: int, now: datetime) -> RetryEvent | FallbackEvent:
    """What comes after `failure`: `attempt` is the number of the attempt about to be made."""
    info = failure.info
    event: RetryEvent | FallbackEvent
    delay_ms = round(decision.delay * 1000)
    if decision.action == "retry" or failure.next_spec is None:
        at = (now + timedelta(seconds=decision.delay)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = {
            "type": "retry",
            "model": failure.spec.ref,
            "attempt": attempt,
            "delay_ms": delay_ms,
            "retrying_at": at,
            "kind": info.kind,
            "code": info.code,
            "reason": info.message,
        }
    else:
        event = {
            "type": "fallback",
            "from": failure.spec.ref,
            "to": failure.next_spec.ref,
            "attempt": attempt,
            "delay_ms": delay_ms,
            "kind": info.kind,
            "code": info.code,
            "reason": info.message,
        }
    if info.status is not None:
        event["status"] = info.status
    return event


def complete(record: AttemptRecord, error: SparewheelError | None) -> None:
    """Write down how the attempt ended."""
    if error is None:
        record["outcome"] = "ok"
        return
    info = error.info
    record.update({"outcome": "failed", "kind": info.kind, "code": info.code, "message": info.message})
    if info.hint:
        record["hint"] = info.hint
    if info.status is not None:
        record["status"] = info.status


def usage_event(assembly: Assembly, attempt: int, *, discarded: bool) -> UsageEvent:
    """The attempt's tokens; `context_length` is what they occupy of the model's window."""
    usage = assembly.usage
    known = usage.input_tokens is not None and usage.output_tokens is not None
    return {
        "type": "usage",
        "attempt": attempt,
        "model": assembly.origin,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "context_length": (usage.input_tokens or 0) + (usage.output_tokens or 0) if known else None,
        "context_limit": None,
        "cost": None,
        "discarded": discarded,
    }


def exhausted(info: ErrorInfo, records: Sequence[AttemptRecord]) -> ExhaustedEvent:
    final: FinalError = {"kind": info.kind, "code": info.code, "message": info.message}
    if info.status is not None:
        final["status"] = info.status
    return {"type": "exhausted", "models_tried": _models_tried(records), "final_error": final}


def turn_failed(last: SparewheelError, records: Sequence[AttemptRecord]) -> TurnFailed:
    """One error for the whole chain: each model with its own, last reason."""
    info = last.info
    reasons = {record["model"]: f"{record['model']}: {record.get('message', '')}" for record in records}
    if len(reasons) > 1:
        message = f"All {len(reasons)} models failed. " + " ".join(reasons.values())
        info = ErrorInfo(info.kind, message, info.hint, info.retry_after, info.status)
    return TurnFailed(info, provider=last.provider, model=last.model, attempts=[dict(record) for record in records])


def _models_tried(records: Sequence[AttemptRecord]) -> list[str]:
    return list(dict.fromkeys(record["model"] for record in records))
