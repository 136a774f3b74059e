"""Questions about an event, by its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import TypeIs

    from .chain import ExhaustedEvent, FallbackEvent
    from .ends import AbortedEvent, ErrorEvent, FinishEvent

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
