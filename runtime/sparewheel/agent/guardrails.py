"""Guardrails: checks of the user's prompt and of a model's answer, which pass it, refuse it, or hand over."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ..errors import ErrorInfo, SparewheelError
from ..patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.agents import GuardrailConfig


def first_violation(
    guardrails: Iterable[GuardrailConfig], on: Literal["input", "output"], text: str
) -> GuardrailConfig | None:
    """The first guardrail, in the order of the file, that `text` violates."""
    return next((guardrail for guardrail in guardrails if guardrail.on == on and violates(guardrail, text)), None)


def violates(guardrail: GuardrailConfig, text: str) -> bool:
    """Whether `text` matches the guardrail's pattern (case ignored), or is longer than it allows."""
    if guardrail.max_length is not None and len(text) > guardrail.max_length:
        return True
    return guardrail.pattern is not None and _compiled(guardrail.pattern).search(text)


def refused(guardrail: GuardrailConfig) -> SparewheelError:
    """The error of a turn whose text violates `guardrail`."""
    reason = guardrail.reason or "A guardrail of the agent does not let this through."
    return SparewheelError(ErrorInfo("guardrail", reason, "Ask differently; the agent file sets what is allowed."))


@lru_cache(100)
def _compiled(pattern: str) -> Pattern:
    return Pattern(pattern, ignore_case=True)
