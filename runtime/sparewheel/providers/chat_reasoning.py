"""Reasoning in Chat Completions, which OpenAI's reference does not have: how servers want it asked for and sent back.

Sources: OpenRouter, "Reasoning tokens" (`reasoning`, `reasoning_details`, to be sent back as they came); DeepSeek,
"Thinking mode" (`thinking`, `reasoning_effort`; a message with tool calls is refused without its `reasoning_content`);
OpenAI, "Create chat completion" (`reasoning_effort`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..messages import Reasoning
from .openai_common import effort, is_at, parse_own, sequence, string

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..messages import Message
    from .assembly import Assembly

# How the pieces of one detail are put together again; everything else in a detail is the same in each piece.
_GROWS = ("text", "summary")


def ask(spec: ModelSpec) -> dict[str, Any]:
    """The parameters of a request that say how much to think; none where nothing was configured."""
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
    return {"reasoning_effort": word} if word else {}


def give_back(spec: ModelSpec, message: Message) -> dict[str, Any]:
    """What an assistant's message carries of the model's own reasoning: the fields that its server takes."""
    if is_at(spec, "deepseek.com", "moonshot.ai", "moonshot.cn"):
        # Also where another model wrote the message: while thinking is on, one without the field is refused.
        return {"reasoning_content": message.reasoning}
    if is_at(spec, "openrouter.ai"):
        details = [
            detail
            for part in message.parts
            if isinstance(part, Reasoning)
            for line in part.signature.splitlines()
            for detail in sequence(parse_own(line))
        ]
        return {"reasoning_details": details} if details else {}
    return {}


class ReasoningDetails:
    """OpenRouter's `reasoning_details`, gathered from their pieces and kept as the signature of what was thought."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._details: list[dict[str, Any]] = []
        self._pieces: list[dict[str, list[str]]] = []
        self._places: dict[tuple[str, int], int] = {}

    def add(self, details: list[Any], *, shown: bool) -> None:
        """Take what one delta holds. `shown`: the same text has been told as `reasoning`."""
        for detail in details:
            if not isinstance(detail, dict):
                continue
            place = self._place(detail)
            for name in _GROWS:
                piece = string(detail.get(name))
                if piece:
                    self._pieces[place].setdefault(name, []).append(piece)
                    if not shown:
                        self._assembly.reasoning(piece)
            self._details[place] |= {name: value for name, value in detail.items() if value is not None}

    def flush(self) -> None:
        """The thought is over: sign it, before anything else is told."""
        if not self._details:
            return
        whole = [
            {**detail, **{name: "".join(texts) for name, texts in pieces.items()}}
            for detail, pieces in zip(self._details, self._pieces, strict=True)
        ]
        # One line for each flush: a block that is signed twice stays readable.
        self._assembly.sign(json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._details, self._pieces, self._places = [], [], {}

    def _place(self, detail: dict[str, Any]) -> int:
        kind, index = string(detail.get("type")), detail.get("index")
        if not isinstance(index, int) or "data" in detail:  # encrypted data comes whole
            return self._new()
        place = self._places.get((kind, index))
        if place is None:
            place = self._places[kind, index] = self._new()
        return place

    def _new(self) -> int:
        self._details.append({})
        self._pieces.append({})
        return len(self._details) - 1
