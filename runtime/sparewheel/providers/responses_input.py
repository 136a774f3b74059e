"""OpenAI Responses: the input items and the reasoning parameters of a request.

Source: OpenAI API reference, "Create a model response"; guide "Reasoning models", "Encrypted reasoning items".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..files import File
from ..messages import Image, Reasoning, Text, ToolCall
from .openai_common import asked_effort, effort, is_at, reasons
from .reading import mapping, parse_own, string

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.resolved import ModelSpec
    from ..messages import Message, Part

ENCRYPTED: Final = "encrypted_content"


def reasoning(spec: ModelSpec) -> dict[str, Any]:
    """The reasoning parameters. Encrypted reasoning is requested only of models that think, else the field is refused.

    Without it a model starts each step of a turn without what it thought before.
    """
    budget = spec.parameters.get("thinking_budget")
    at_openai = is_at(spec, "openai.com")
    thinks = not at_openai or reasons(spec)
    wanted: dict[str, Any] = {}
    if budget is not None and thinks:
        word = asked_effort(spec)
        wanted = {"effort": word} if word else {}
        if effort(budget) != "none":
            wanted["summary"] = "auto"
    sent = mapping(spec.options.get("reasoning", wanted))
    body: dict[str, Any] = {"reasoning": wanted} if wanted else {}
    if (sent or (at_openai and thinks)) and sent.get("effort") != "none":
        body["include"] = [f"reasoning.{ENCRYPTED}"]
    return body


def items(message: Message) -> list[dict[str, Any]]:
    """The input items of a message."""
    if message.role == "tool":
        content: object = message.text
        if any(isinstance(part, Image) for part in message.parts):
            content = _content(message.parts)
        return [{"type": "function_call_output", "call_id": message.tool_call_id, "output": content}]
    if message.role != "assistant":
        plain = not any(isinstance(part, Image | File) for part in message.parts)
        content = message.text if plain else _content(message.parts)
        return [{"type": "message", "role": message.role, "content": content}]
    shapes = [item for part in message.parts if (item := _part(part))]
    while shapes and shapes[-1]["type"] == "reasoning":  # reasoning without a following item is refused
        shapes.pop()
    return shapes


def _part(part: Part) -> dict[str, Any] | None:
    match part:
        case Text(text) if text:
            return {"type": "message", "role": "assistant", "content": text}
        case ToolCall(call_id, name, arguments):
            return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments or "{}"}
        case Reasoning(text, signature):
            own = mapping(parse_own(signature))
            if string(own.get(ENCRYPTED)):
                summary = [{"type": "summary_text", "text": text}] if text else []
                named = {"id": own["id"]} if string(own.get("id")) else {}
                return {"type": "reasoning", **named, "summary": summary, ENCRYPTED: own[ENCRYPTED]}
    return None


def _content(parts: Sequence[Part]) -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            shapes.append({"type": "input_text", "text": part.text})
        elif isinstance(part, Image):
            shapes.append({"type": "input_image", "image_url": part.url, "detail": "auto"})
        elif isinstance(part, File):
            shapes.append({"type": "input_file", "filename": part.label, "file_data": part.url})
    return shapes
