"""What a chain has answered as Inspect's output: message, usage, cost, and which models failed on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ContentImage,
    ContentReasoning,
    ContentText,
    ModelCost,
    ModelFallback,
    ModelOutput,
    ModelUsage,
    ServedModelUsage,
)
from inspect_ai.tool import ToolCall

from ..jsontext import read
from ..media import SENT, Media
from ..messages import Reasoning, Text
from .inputs import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspect_ai.model import Content, StopReason

    from ..errors import Kind
    from ..messages import Message
    from ..messages import ToolCall as OurCall
    from ..usage import Usage
    from .chain import Answer

METADATA: Final = "sparewheel"
"""In the metadata of an output: `{model, attempts, events}`."""

_STOPS: Final[dict[str, StopReason]] = {
    **{"stop": "stop", "length": "max_tokens", "tool_calls": "tool_calls"},
    **{"refusal": "content_filter", "content_filter": "content_filter", "other": "unknown"},
}
ANSWERS: Final[dict[Kind, StopReason]] = {
    "refusal": "content_filter",
    "content_filter": "content_filter",
    "context_overflow": "model_length",
    "empty_output": "unknown",
}
"""Failures that are answers for an evaluation, not errors of it: asking again brings the same."""


def output_of(answer: Answer, primary: str, name: str) -> ModelOutput:
    """The output. `primary` is the first model of the chain; `name` stands for the model if none has answered."""
    message = _message(answer.message, answer.model)
    failure = answer.error.info if answer.error else None
    stop = ANSWERS[failure.kind] if failure else _STOPS[answer.reason]
    if stop == "stop" and message.tool_calls:
        stop = "tool_calls"
    output = ModelOutput(
        model=answer.model or name,
        choices=[ChatCompletionChoice(message=message, stop_reason=stop)],
        usage=_usage(answer.usage, _total(costs(answer.events))),
        input_context_tokens=answer.input_tokens,
        error=failure.message if failure else None,
        metadata={METADATA: {"model": answer.model, "attempts": list(answer.attempts), "events": list(answer.events)}},
    )
    if answer.model and answer.model != primary:
        output.fallback = ModelFallback(model=primary, fallback_model=answer.model)
    return output


def costs(events: Sequence[Mapping[str, Any]]) -> list[tuple[str, float | None]]:
    """Each attempt whose tokens are known: its model, and its cost in US dollars (None: the price is not known)."""
    used = [event for event in events if event["type"] == "usage"]
    return [(event["model"], event["cost"]) for event in used if event["output_tokens"] is not None]


def served(output: ModelOutput) -> list[ServedModelUsage] | None:
    """The attempts as Inspect prices them, so that its cost limits count what the chain knows; None if it does not.

    The chain has worked out each cost, with tiers and cached tokens. A million tokens at the price of that cost have
    the same one in Inspect's formula.
    """
    facts = (output.metadata or {}).get(METADATA) or {}
    found = costs(facts.get("events") or ())
    if _total(found) is None:
        return None
    million = ModelUsage(input_tokens=1_000_000, total_tokens=1_000_000)
    return [
        ServedModelUsage(
            model, million, ModelCost(input=cost or 0.0, output=0.0, input_cache_write=0.0, input_cache_read=0.0)
        )
        for model, cost in found
    ]


def _total(found: Sequence[tuple[str, float | None]]) -> float | None:
    known = [cost for _, cost in found if cost is not None]
    return sum(known) if found and len(known) == len(found) else None


def _usage(usage: Usage, cost: float | None) -> ModelUsage | None:
    if not usage.known:
        return None
    whole, made = usage.input_tokens or 0, usage.output_tokens or 0
    return ModelUsage(
        input_tokens=max(whole - (usage.cached_tokens or 0) - (usage.written_tokens or 0), 0),
        output_tokens=made,
        total_tokens=whole + made,
        input_tokens_cache_write=usage.written_tokens,
        input_tokens_cache_read=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        total_cost=cost,
    )


def _message(message: Message, model: str) -> ChatMessageAssistant:
    contents = [content for part in message.parts if (content := _content(part)) is not None]
    plain = all(isinstance(content, ContentText) for content in contents)
    signatures = {call.id: [call.signature, call.origin] for call in message.tool_calls if call.signature}
    return ChatMessageAssistant(
        content=message.text if plain else contents,
        tool_calls=[_call(call) for call in message.tool_calls] or None,
        model=model or None,
        source="generate",
        metadata={SIGNATURES: signatures} if signatures else None,
    )


def _content(part: object) -> Content | None:
    match part:
        case Text():
            return ContentText(text=part.text)
        case Reasoning():
            signed = {"signature": part.signature, "internal": part.origin} if part.signature else {}
            return ContentReasoning(reasoning=part.text, redacted=part.redacted, **signed)
        case Media() if part.mime_type in SENT:
            return ContentImage(image=part.url or f"data:{part.mime_type};base64,{part.data}")
        case _:
            return None


def _call(call: OurCall) -> ToolCall:
    """A call for Inspect, which tells the model what is wrong with arguments that are no object."""
    try:
        arguments = read(call.arguments or "{}", strict=True)
    except ValueError as error:
        return ToolCall(call.id, call.name, {}, parse_error=f"The arguments are not JSON: {error}")
    if not isinstance(arguments, dict):
        return ToolCall(call.id, call.name, {}, parse_error="The arguments are not a JSON object.")
    return ToolCall(call.id, call.name, arguments)
