"""What to do about a failed attempt: pure functions over the action table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..config.chains import ENDLESS
from ..errors import FACTS
from .backoff import backoff_delay

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.resolved import ModelSpec
    from ..config.schema import FallbackConfig
    from ..errors import Action, ErrorInfo, Kind
    from ..messages import Message
    from .plan import Choice

SAME_HOST_DELAY: Final = 0.5  # seconds per position in the chain, when the next model is on the host that just failed
_HOST_FAILED: Final = ("network", "host")  # scopes of a failure that may meet the host's other models too


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt. `failures` counts those of `spec` in this step, this one included."""

    info: ErrorInfo
    spec: ModelSpec
    failures: int
    upcoming: Choice | None  # the next model, if one is left
    probe: bool = False  # the single request that a half-open breaker allows
    shown: bool = False  # the page may show some of its output


@dataclass(frozen=True, slots=True)
class Decision:
    """Ask the same model (`retry`) or the `next` one after `delay` seconds, `finish` with the output, or `fail`."""

    action: Action
    delay: float = 0.0


def decide(failure: Failure, config: FallbackConfig, random: Callable[[], float]) -> Decision:
    """What the chain does about `failure`. `random` gives a float in [0, 1)."""
    kind = failure.info.kind
    if keeps_partial(config, kind, shown=failure.shown):
        return Decision("fail")
    if failure.info.status in config.no_fallback_status_codes:
        return Decision("fail")
    action = config.actions.get(kind) or FACTS[kind].action
    if action in ("finish", "fail"):
        return Decision(action)
    alone = failure.upcoming is None
    # Without another model, a rate limit is waited for, and a probe is retried like any other request.
    if (action == "retry" and (alone or not failure.probe)) or (kind == "rate_limit" and alone):
        delay = _retry_delay(failure, config, random)
        if delay is not None:
            return Decision("retry", delay)
    if failure.upcoming is not None:
        return Decision("next", max(_next_delay(failure.upcoming, failure, config), failure.upcoming.wait))
    return Decision("finish" if kind in ("refusal", "content_filter") else "fail")


def _retry_delay(failure: Failure, config: FallbackConfig, random: Callable[[], float]) -> float | None:
    """Seconds to wait before the same model is asked again; None when it should not be."""
    retries: float = math.inf if config.retries == ENDLESS else max(config.retries, 0)
    if failure.info.kind == "empty_output":
        retries = min(retries, 1)
    if failure.failures > retries:
        return None
    retry_after = failure.info.retry_after or 0.0
    if retry_after > config.retry_after_max:  # longer than a user waits at a page
        if failure.upcoming is not None:
            return None
        retry_after = 0.0  # no other model is left: retry after the backoff
    return max(backoff_delay(config.backoff, failure.failures, random), retry_after)


def _next_delay(upcoming: Choice, failure: Failure, config: FallbackConfig) -> float:
    if config.delay is not None:
        return config.delay
    same_host = upcoming.spec.host == failure.spec.host
    if same_host and FACTS[failure.info.kind].scope in _HOST_FAILED:
        return upcoming.position * SAME_HOST_DELAY
    return 0.0


def refuses_usage(info: ErrorInfo) -> bool:
    """Whether a server that speaks OpenAI's format does not know how it is asked for the tokens of a stream."""
    return info.code == "model_error" and any(name in info.message for name in ("stream_options", "include_usage"))


def keeps_partial(config: FallbackConfig, kind: Kind, *, shown: bool) -> bool:
    """Whether the step ends with the output of its broken stream (`on_partial: keep`)."""
    return config.on_partial == "keep" and shown and FACTS[kind].scope != "answer"


def continues(config: FallbackConfig, kind: Kind, partial: Message) -> bool:
    """Whether the next attempt continues the text of a broken one (`on_partial: continue`).

    Only text can be continued: a tool call that was cut has no meaning.
    """
    if config.on_partial != "continue" or FACTS[kind].scope == "answer":
        return False
    return bool(partial.text) and not partial.tool_calls
