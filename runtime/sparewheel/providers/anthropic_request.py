"""Anthropic Messages: the body of a request.

Source: Claude API reference, "Create a Message"; guides "Thinking", "Effort", "Prompt caching", "Structured outputs".
What a model takes differs by its generation, and one parameter too many is a 400: see `_thinking` and `_sampling`.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes

from ..jsonschema.tree import rewrite, without
from ..jsontext import read
from ..messages import Image, Reasoning, Text, ToolCall
from .history import prepare
from .schemas import output_schema, tool_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..messages import Message, Part
    from .base import ModelRequest, ToolSpec

Json: TypeAlias = dict[str, Any]
Version: TypeAlias = tuple[int, int]

FILLER: Final = "Continue."
"""What stands for the user where the API wants the user to speak, first or last, and nobody did."""

_VERSION: Final = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?")
# Generations. From 4.6 a model weighs its thinking itself, knows `effort`, and may answer at length; from 4.7 it takes
# no budgets and no sampling parameters, and keeps its thoughts to itself unless asked; from 5 it thinks unasked.
_UNKNOWN: Final = (0, 0)
_ADAPTIVE: Final = (4, 6)
_ADAPTIVE_ONLY: Final = (4, 7)
_THINKS_UNASKED: Final = (5, 0)

# The largest, and the room for the answer, fit the smallest limit (32,000) of a model that takes budgets.
_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 20_000, "max": 23_000}
_ANSWER: Final = 8192
_LONG_ANSWER: Final = 32_000  # where thinking counts against it and its length is the model's choice

_BOUNDS: Final = frozenset(
    "format pattern minItems maxItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split()
)


def body_of(request: ModelRequest) -> Json:
    """All but the options. Raises `ProviderError` like `schemas.tool_schema`."""
    spec, parameters = request.spec, request.spec.parameters
    messages = prepare(request.messages, spec.ref)
    conversation = _conversation(messages)
    thinking, effort = _thinking(parameters.get("thinking_budget"), spec.model)
    if thinking and thinking["type"] == "enabled" and _lost_its_thoughts(conversation):
        thinking = None
    body: Json = {
        "model": spec.model,
        "max_tokens": _max_tokens(parameters.get("max_tokens"), thinking, spec.model),
        "stream": True,
        "messages": conversation,
        **_sampling(parameters, thinking, spec.model),
    }
    instructions = [message.text for message in messages if message.role == "system" and message.text.strip()]
    if instructions:
        body["system"] = [{"type": "text", "text": "\n\n".join(instructions)}]
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if parameters.get("parallel_tool_calls") is False:
            body["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    if thinking:
        body["thinking"] = thinking
    if effort:
        body["output_config"] = {"effort": effort}
    if request.output:
        # Not `output_format`, its older name: that is deprecated and takes a header of a beta.
        schema = output_schema(request.output, "openai_strict")  # as strict as OpenAI's, and no bounds besides
        output = {"type": "json_schema", "schema": rewrite(schema, lambda node: without(node, *_BOUNDS))}
        body["output_config"] = body.get("output_config", {}) | {"format": output}
    if "cache_control" not in spec.options:  # with it the API sets breakpoints itself, and there are four in all
        _set_breakpoints(body)
    return body


# Thinking, and the parameters that hang on it


def _version(model: str) -> Version:
    """4.5 of claude-sonnet-4-5-20250929; `_UNKNOWN` for a model that is not Claude, or does not say."""
    found = _VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else _UNKNOWN


def _thinking(wish: int | str | None, model: str) -> tuple[Json | None, str | None]:
    """`thinking` and `output_config.effort`, for what the agent file wishes: tokens, -1, an effort, or none.

    A wish is put in the words that the model's generation knows; an unknown model gets efforts as budgets.
    """
    version = _version(model)
    if wish is None:
        return None, None
    if wish in (0, "none", "off"):
        if version >= (5, 5) or "fable" in model or "mythos" in model:
            return None, "low"  # these always think: as little as they can
        return (None if _UNKNOWN < version < _THINKS_UNASKED else {"type": "disabled"}), None
    open_ended = wish == "adaptive" or (isinstance(wish, int) and wish < 0)
    if version >= _ADAPTIVE_ONLY:
        return {"type": "adaptive", "display": "summarized"}, None if open_ended else _effort(wish, version)
    if open_ended and (version >= _ADAPTIVE or version == _UNKNOWN):
        return {"type": "adaptive"}, None
    if version >= _ADAPTIVE and isinstance(wish, str):
        return {"type": "adaptive"}, _effort(wish, version)
    budget = wish if isinstance(wish, int) and not open_ended else _BUDGETS.get(str(wish), _BUDGETS["high"])
    return {"type": "enabled", "budget_tokens": max(budget, _BUDGETS["minimal"])}, None


def _effort(wish: int | str, version: Version) -> str:
    """The effort nearest to a wish, and never above it."""
    if isinstance(wish, int):
        return "low" if wish < _BUDGETS["medium"] else "medium" if wish < _BUDGETS["high"] else "high"
    if wish == "xhigh" and version < _ADAPTIVE_ONLY:
        return "high"
    return "low" if wish == "minimal" else wish


def _lost_its_thoughts(conversation: Sequence[Json]) -> bool:
    """Whether another model began this tool loop: then its thoughts are gone, and with a budget the API wants them."""
    if conversation[-1]["content"][0]["type"] != "tool_result":
        return False
    return conversation[-2]["content"][0]["type"] not in ("thinking", "redacted_thinking")


def _max_tokens(wish: int | None, thinking: Json | None, model: str) -> int:
    """The API demands a limit, and counts the thinking against it: the budget must leave room for an answer."""
    budget: int = thinking.get("budget_tokens", 0) if thinking else 0
    if wish is None:
        return _LONG_ANSWER if not budget and _version(model) >= _ADAPTIVE else budget + _ANSWER
    return wish if wish > budget else budget + wish


def _sampling(parameters: Mapping[str, Any], thinking: Json | None, model: str) -> Json:
    """One of temperature and top_p, as newer models refuse both; neither while thinking, nor on the newest."""
    if (thinking and thinking["type"] != "disabled") or _version(model) >= _ADAPTIVE_ONLY:
        return {}
    return next(({name: parameters[name]} for name in ("temperature", "top_p") if name in parameters), {})


# The conversation


def _conversation(messages: Sequence[Message]) -> list[Json]:
    """Without system messages; roles in turns, the user first, and last: newer models take no answer half written."""
    turns: list[Json] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [_tool_result(message)] if message.role == "tool" else _blocks(message.parts)
        if role == "assistant":
            blocks = [block for block in blocks if block["type"] != "image"]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    for place, end in ((0, 0), (len(turns) + 1, -1)):
        if not turns or turns[end]["role"] == "assistant":
            turns.insert(place, {"role": "user", "content": [{"type": "text", "text": FILLER}]})
    return turns


def _blocks(parts: Sequence[Part]) -> list[Json]:
    """Content blocks. The API refuses text of nothing but space, and thoughts that are not signed."""
    blocks: list[Json] = []
    for part in parts:
        if isinstance(part, Text):
            if part.text.strip():
                blocks.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            blocks.append({"type": "image", "source": _source(part.url)})
        elif isinstance(part, ToolCall):
            blocks.append({"type": "tool_use", "id": part.id, "name": part.name, "input": _input(part.arguments)})
        elif isinstance(part, Reasoning) and part.redacted and part.signature:
            blocks.append({"type": "redacted_thinking", "data": part.signature})
        elif isinstance(part, Reasoning) and part.signature:
            # Its text may be empty: the signature holds the thought.
            blocks.append({"type": "thinking", "thinking": part.text, "signature": part.signature})
    return blocks


def _tool_result(message: Message) -> Json:
    result: Json = {"type": "tool_result", "tool_use_id": message.tool_call_id}
    if content := _blocks(message.parts):
        result["content"] = content
    return result


def _input(arguments: str) -> Json:
    """The arguments as an object; a history from elsewhere may hold what is none, and is shown as it was."""
    try:
        value = read(arguments or "{}", strict=True)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"arguments": arguments}


def _source(url: str) -> Json:
    """An image's source: the data of a `data:` URL (RFC 2397), else the URL for the API to fetch."""
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:":
        return {"type": "url", "url": url}
    kind, *attributes = head[5:].split(";")
    if "base64" not in [attribute.strip().lower() for attribute in attributes]:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return {"type": "base64", "media_type": kind.strip().lower(), "data": data}


def _set_breakpoints(body: Json) -> None:
    """Mark what the cache should end on: tools, system, and the last two things the user said.

    The one before the last is where the request before ended: a hit however many blocks have come since.
    """
    said = [message["content"] for message in body["messages"] if message["role"] == "user"]
    for blocks in (body.get("tools"), body.get("system"), *said[-2:]):
        if blocks:
            blocks[-1]["cache_control"] = {"type": "ephemeral"}


# Schemas


def _tool(tool: ToolSpec) -> Json:
    schema = tool_schema(tool, "anthropic")
    described = {"description": tool.description} if tool.description else {}
    return {"name": tool.name, **described, "input_schema": schema}
