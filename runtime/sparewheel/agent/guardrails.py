"""Guardrails: plain checks of what goes to a model and what comes from it. They pass, refuse, or hand over."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ..patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.agents import GuardrailConfig


def first_struck(
    guardrails: Iterable[GuardrailConfig], on: Literal["input", "output"], text: str
) -> GuardrailConfig | None:
    """The first guardrail that `text` does not pass, in the order of the file."""
    return next((guardrail for guardrail in guardrails if guardrail.on == on and _strikes(guardrail, text)), None)


def _strikes(guardrail: GuardrailConfig, text: str) -> bool:
    """Whether its pattern (case ignored) is found, or the text is longer than it allows."""
    if guardrail.max_length is not None and len(text) > guardrail.max_length:
        return True
    return guardrail.pattern is not None and _compiled(guardrail.pattern).search(text)


@lru_cache(100)
def _compiled(pattern: str) -> Pattern:
    return Pattern(pattern, ignore_case=True)
