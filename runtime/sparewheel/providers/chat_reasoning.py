"""Reasoning in Chat Completions, which servers request and return in ways that OpenAI's reference does not define.

Sources: OpenRouter, "Reasoning tokens" (`reasoning`, `reasoning_details`, sent back unchanged); DeepSeek, "Thinking
mode" (`thinking`, `reasoning_effort`; a message with tool calls is refused without its `reasoning_content`); OpenAI,
"Create chat completion" (`reasoning_effort`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..jsontext import join
from ..messages import Reasoning
from .openai_common import asked_effort, effort, is_at
from .reading import parse_own, sequence, string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..config.resolved import ModelSpec
    from ..messages import Message
    from .assembly import Assembly

# The names of the reasoning in a delta: DeepSeek, OpenRouter, GitHub Copilot, and servers that follow Ollama.
_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_text", "thinking", "thinking_content")
# The types of content parts that are reasoning: Mistral, and gateways that follow OpenAI Responses or Anthropic.
_PARTS: Final = ("thinking", "reasoning", "reasoning_text", "reasoning_content", "summary_text", "thought")
# Where its text is, in a part or in a field that is an object.
_TEXTS: Final = ("thinking", "text", "reasoning", "reasoning_text", "reasoning_content", "content", "summary")

# The fields of a detail that are sent in pieces; the others are the same in each piece.
_IN_PIECES = ("text", "summary")


def parameters(spec: ModelSpec) -> dict[str, Any]:
    """The parameters of a request for `thinking_budget`; empty if it is not set."""
    budget = spec.parameters.get("thinking_budget")
    if budget is None:
        return {}
    word = effort(budget)
    if is_at(spec, "openrouter.ai"):
        if isinstance(budget, int) and budget > 0:
            return {"reasoning": {"max_tokens": budget}}
        return {"reasoning": {"effort": word} if word else {"enabled": True}}
    if is_at(spec, "deepseek.com"):
        if word == "none":
            return {"thinking": {"type": "disabled"}}
        return {"thinking": {"type": "enabled"}, **({"reasoning_effort": word} if word else {})}
    asked = asked_effort(spec)
    return {"reasoning_effort": asked} if asked else {}


def reasoning_writer(spec: ModelSpec) -> Callable[[Message], dict[str, Any]]:
    """Gives the fields for the model's own reasoning in an assistant's message, as its server expects them."""
    if is_at(spec, "deepseek.com", "moonshot.ai", "moonshot.cn"):
        return _content
    return _details if is_at(spec, "openrouter.ai") else _nothing


def _content(message: Message) -> dict[str, Any]:
    """Also for messages of other models: with thinking on, a message without the field is refused."""
    return {"reasoning_content": message.reasoning}


def _nothing(_: Message) -> dict[str, Any]:
    return {}


def _details(message: Message) -> dict[str, Any]:
    details = [
        detail
        for part in message.parts
        if isinstance(part, Reasoning)
        for line in part.signature.splitlines()
        for detail in sequence(parse_own(line))
    ]
    return {"reasoning_details": details} if details else {}


def thought_in(delta: Mapping[str, Any]) -> str:
    """The reasoning in a delta, under the first of its names that has any: some servers send it under two."""
    return next((text for name in _FIELDS if (value := delta.get(name)) and (text := text_of(value))), "")


def is_thought(part: Mapping[str, Any]) -> bool:
    """Whether a content part is reasoning."""
    return part.get("type") in _PARTS or part.get("thought") is True


def text_of(value: object, depth: int = 3) -> str:
    """The text of reasoning: a string, an object that has it, or a list of those."""
    if isinstance(value, str) or not depth:
        return string(value)
    if isinstance(value, dict):
        return next((text for name in _TEXTS if (text := text_of(value.get(name), depth - 1))), "")
    return "".join(text_of(each, depth - 1) for each in sequence(value))


class ReasoningDetails:
    """Joins the pieces of OpenRouter's `reasoning_details` and stores them as the signature of the reasoning."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._details: list[dict[str, Any]] = []
        self._pieces: list[dict[str, list[str]]] = []
        self._places: dict[tuple[str, int], int] = {}

    def add(self, details: list[Any], *, shown: bool) -> None:
        """Add the details of one delta. `shown`: the delta has the same text as `reasoning`."""
        for detail in details:
            if not isinstance(detail, dict):
                continue
            place = self._place(detail)
            for name in _IN_PIECES:
                piece = string(detail.get(name))
                if piece:
                    self._pieces[place].setdefault(name, []).append(piece)
                    if not shown:
                        self._assembly.reasoning(piece)
            self._details[place] |= {name: value for name, value in detail.items() if value is not None}

    def flush(self) -> None:
        """End the reasoning: store its signature before other content is added."""
        if not self._details:
            return
        whole = [
            {**detail, **{name: join(texts) for name, texts in pieces.items()}}
            for detail, pieces in zip(self._details, self._pieces, strict=True)
        ]
        # One line for each flush, so that the signature of a block that is signed twice can be parsed.
        self._assembly.sign(json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._details, self._pieces, self._places = [], [], {}

    def _place(self, detail: dict[str, Any]) -> int:
        kind, index = string(detail.get("type")), detail.get("index")
        if not isinstance(index, int) or "data" in detail:  # encrypted data is not split
            return self._new()
        place = self._places.get((kind, index))
        if place is None:
            place = self._places[kind, index] = self._new()
        return place

    def _new(self) -> int:
        self._details.append({})
        self._pieces.append({})
        return len(self._details) - 1
