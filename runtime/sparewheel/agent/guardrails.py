"""Guardrails: checks of what goes to a model and of what it answers, which pass it, refuse it, or hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..errors import ErrorInfo, SparewheelError
from ..patterns import TooSlow, compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..config.agents import GuardrailConfig
    from ..messages import Message
    from ..slices import Slices


def first_violation(
    guardrails: Iterable[GuardrailConfig], on: Literal["input", "output"], messages: Sequence[Message]
) -> Slices[GuardrailConfig | None]:
    """The first guardrail, in the order of the file, that one of the messages violates.

    `on: input` is for prompts and results of tools, `on: output` for answers. There may be hundreds of guardrails, and
    long texts. Raises `SparewheelError` for a text in which an expression cannot be sought in the time for it.
    """
    checked = [message for message in messages if (message.role == "assistant") == (on == "output")]
    for guardrail in guardrails:
        if guardrail.on == on:
            for message in checked:
                if (yield from _violates(guardrail, message)):
                    return guardrail
    return None


def _violates(guardrail: GuardrailConfig, message: Message) -> Slices[bool]:
    """Whether the text matches the pattern (case ignored), or is longer than allowed.

    Results of tools may have any length: a limit of the input is meant for the user.
    """
    text = message.text
    if guardrail.max_length is not None:
        return message.role != "tool" and len(text) > guardrail.max_length
    if guardrail.pattern is None:
        return False
    pattern = compiled(guardrail.pattern, ignore_case=True)
    yield
    try:
        return (yield from pattern.search_in_slices(text))
    except TooSlow as error:
        reason = f"A guardrail of the agent cannot check this text: {error}"
        raise SparewheelError(ErrorInfo("guardrail", reason, "Ask for less at once.")) from None


def refused(guardrail: GuardrailConfig) -> SparewheelError:
    """The error of a turn whose text violates `guardrail`."""
    reason = guardrail.reason or "A guardrail of the agent does not let this through."
    return SparewheelError(ErrorInfo("guardrail", reason, "Ask differently; the agent file sets what is allowed."))
