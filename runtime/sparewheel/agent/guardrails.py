"""Guardrails: checks of what goes to a model and of what it answers, which pass it, refuse it, or hand over."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ..errors import ErrorInfo, SparewheelError
from ..patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..config.agents import GuardrailConfig
    from ..messages import Message


def first_violation(
    guardrails: Iterable[GuardrailConfig], on: Literal["input", "output"], messages: Sequence[Message]
) -> GuardrailConfig | None:
    """The first guardrail, in the order of the file, that one of the messages violates.

    `on: input` is for prompts and results of tools, `on: output` for answers.
    """
    checked = [message for message in messages if (message.role == "assistant") == (on == "output")]
    of_kind = (guardrail for guardrail in guardrails if guardrail.on == on)
    return next((rail for rail in of_kind if any(_violates(rail, message) for message in checked)), None)


def _violates(guardrail: GuardrailConfig, message: Message) -> bool:
    """Whether the text matches the pattern (case ignored), or is longer than allowed.

    Results of tools may have any length: a limit of the input is meant for the user.
    """
    text = message.text
    if guardrail.max_length is not None:
        return message.role != "tool" and len(text) > guardrail.max_length
    return guardrail.pattern is not None and _compiled(guardrail.pattern).search(text)


def refused(guardrail: GuardrailConfig) -> SparewheelError:
    """The error of a turn whose text violates `guardrail`."""
    reason = guardrail.reason or "A guardrail of the agent does not let this through."
    return SparewheelError(ErrorInfo("guardrail", reason, "Ask differently; the agent file sets what is allowed."))


@lru_cache(100)
def _compiled(pattern: str) -> Pattern:
    return Pattern(pattern, ignore_case=True)
