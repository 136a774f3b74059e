"""Anthropic Messages: the body of a request.

Source: Claude API reference, "Create a Message"; guides "Thinking", "Effort", "Prompt caching", "Structured outputs".
The parameters of a model depend on its generation, and an unknown one is a 400: see `_thinking` and `_sampling`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..files import File
from ..jsonschema.tree import rewrite, without
from ..messages import Image, Reasoning, Text, ToolCall
from .history import prepare
from .schemas import output_schema, tool_schema
from .writing import JsonArray, arguments_object, inline_data, json_text, once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..messages import Message, Part
    from .base import ModelRequest, ToolSpec

Json: TypeAlias = dict[str, Any]
Version: TypeAlias = tuple[int, int]
_Turn: TypeAlias = tuple[str, JsonArray]  # a role, and blocks of content

FILLER: Final = "Continue."
"""The text of a user message that the API demands at the beginning or end, where the conversation has none."""

_VERSION: Final = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?")
# Generations. From 4.6 a model has adaptive thinking, `effort` and long answers. From 4.7 it refuses budgets and
# sampling parameters, and hides its thinking by default. From 5 it thinks by default.
_UNKNOWN: Final = (0, 0)
_ADAPTIVE: Final = (4, 6)
_ADAPTIVE_ONLY: Final = (4, 7)
_THINKS_UNASKED: Final = (5, 0)

# The largest budget plus the answer fit the smallest limit (32,000) of a model with budgets.
_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 20_000, "max": 23_000}
_ANSWER: Final = 8192
_LONG_ANSWER: Final = 32_000  # includes adaptive thinking, whose length the model chooses

_BOUNDS: Final = frozenset(
    "format pattern minItems maxItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split()
)


def body_of(request: ModelRequest) -> Json:
    """The body without the options of the agent file. Raises like `schemas.tool_schema`."""
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
        "messages": JsonArray(),  # at the end
        **_sampling(parameters, thinking, spec.model),
    }
    instructions = [message.text for message in messages if message.role == "system" and message.text.strip()]
    if instructions:
        body["system"] = JsonArray([json_text({"type": "text", "text": "\n\n".join(instructions)})])
    if request.tools:
        body["tools"] = once(request.tools, _tool)
        if parameters.get("parallel_tool_calls") is False:
            body["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    if thinking:
        body["thinking"] = thinking
    if effort:
        body["output_config"] = {"effort": effort}
    if request.paused:
        conversation.append(("assistant", JsonArray(map(json_text, request.paused))))
    if request.output:
        # Not `output_format`, the older name, which is deprecated and needs a beta header.
        schema = output_schema(request.output, "openai_strict")  # as strict as OpenAI's, without bounds
        output = {"type": "json_schema", "schema": rewrite(schema, lambda node: without(node, *_BOUNDS))}
        body["output_config"] = body.get("output_config", {}) | {"format": output}
    if "cache_control" not in spec.options:  # then the API sets breakpoints itself; the maximum is four
        _set_breakpoints(body, conversation)
    body["messages"] += [b'{"role":"%b","content":%b}' % (role.encode(), blocks.text) for role, blocks in conversation]
    return body


# Thinking, and the parameters that depend on it


def _version(model: str) -> Version:
    """(4, 5) for claude-sonnet-4-5-20250929; `_UNKNOWN` for a name without a version."""
    found = _VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else _UNKNOWN


def _thinking(setting: int | str | None, model: str) -> tuple[Json | None, str | None]:
    """`thinking` and `output_config.effort` for the agent file's `thinking_budget`: tokens, -1, an effort, or none.

    The result has the form that the model's generation supports; an unknown model gets a budget for an effort.
    """
    version = _version(model)
    if setting is None:
        return None, None
    if setting in (0, "none", "off"):
        if version >= (5, 5) or "fable" in model or "mythos" in model:
            return None, "low"  # these always think
        return (None if _UNKNOWN < version < _THINKS_UNASKED else {"type": "disabled"}), None
    open_ended = setting == "adaptive" or (isinstance(setting, int) and setting < 0)
    if version >= _ADAPTIVE_ONLY:
        return {"type": "adaptive", "display": "summarized"}, None if open_ended else _effort(setting, version)
    if open_ended and (version >= _ADAPTIVE or version == _UNKNOWN):
        return {"type": "adaptive"}, None
    if version >= _ADAPTIVE and isinstance(setting, str):
        return {"type": "adaptive"}, _effort(setting, version)
    budget = setting if isinstance(setting, int) and not open_ended else _BUDGETS.get(str(setting), _BUDGETS["high"])
    return {"type": "enabled", "budget_tokens": max(budget, _BUDGETS["minimal"])}, None


def _effort(setting: int | str, version: Version) -> str:
    """The nearest effort that is not higher than the setting."""
    if isinstance(setting, int):
        return "low" if setting < _BUDGETS["medium"] else "medium" if setting < _BUDGETS["high"] else "high"
    if setting == "xhigh" and version < _ADAPTIVE_ONLY:
        return "high"
    return "low" if setting == "minimal" else setting


def _lost_its_thoughts(conversation: Sequence[_Turn]) -> bool:
    """Whether another model began this tool loop: its thinking is missing, but the API demands it with a budget."""
    if not _begins_with(conversation[-1], "tool_result"):
        return False
    return not _begins_with(conversation[-2], "thinking", "redacted_thinking")


def _begins_with(turn: _Turn, *types: str) -> bool:
    """Whether the first block is of one of these types, which all blocks have as their first field."""
    return turn[1][0].startswith(tuple(b'{"type":"%b"' % each.encode() for each in types))


def _max_tokens(configured: int | None, thinking: Json | None, model: str) -> int:
    """`max_tokens` is required and includes the thinking, so it must exceed the budget."""
    budget: int = thinking.get("budget_tokens", 0) if thinking else 0
    if configured is None:
        return _LONG_ANSWER if not budget and _version(model) >= _ADAPTIVE else budget + _ANSWER
    return configured if configured > budget else budget + configured


def _sampling(parameters: Mapping[str, Any], thinking: Json | None, model: str) -> Json:
    """temperature or top_p, because newer models refuse both; neither with thinking, nor for the newest models."""
    if (thinking and thinking["type"] != "disabled") or _version(model) >= _ADAPTIVE_ONLY:
        return {}
    return next(({name: parameters[name]} for name in ("temperature", "top_p") if name in parameters), {})


# The conversation


def _conversation(messages: Sequence[Message]) -> list[_Turn]:
    """Turns of alternating roles, without system messages. The first and the last are the user's (newer models)."""
    turns: list[_Turn] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = once((message,), _content)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    for place, end in ((0, 0), (len(turns) + 1, -1)):
        if not turns or turns[end][0] == "assistant":
            turns.insert(place, ("user", JsonArray([json_text({"type": "text", "text": FILLER})])))
    return turns


def _content(message: Message) -> list[Json]:
    """The content blocks of a message."""
    return [_tool_result(message)] if message.role == "tool" else _blocks(message.parts)


def _blocks(parts: Sequence[Part]) -> list[Json]:
    """Content blocks. The API refuses blank text and unsigned thinking."""
    blocks: list[Json] = []
    for part in parts:
        if isinstance(part, Text):
            if part.text.strip():
                blocks.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            blocks.append({"type": "image", "source": _source(part.url)})
        elif isinstance(part, File):
            blocks.append({"type": "document", "title": part.label, "source": _source(part.url)})
        elif isinstance(part, ToolCall):
            blocks.append(
                {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_object(part.arguments)}
            )
        elif isinstance(part, Reasoning) and part.redacted and part.signature:
            blocks.append({"type": "redacted_thinking", "data": part.signature})
        elif isinstance(part, Reasoning) and part.signature:
            # The text can be empty; the signature has the content.
            blocks.append({"type": "thinking", "thinking": part.text, "signature": part.signature})
    return blocks


def _tool_result(message: Message) -> Json:
    result: Json = {"type": "tool_result", "tool_use_id": message.tool_call_id}
    if content := _blocks(message.parts):
        result["content"] = content
    return result


def _source(url: str) -> Json:
    """The source of an image: the data of a `data:` URL, else the URL for the API to fetch."""
    if inline := inline_data(url):
        return {"type": "base64", "media_type": inline[0], "data": inline[1]}
    return {"type": "url", "url": url}


def _set_breakpoints(body: Json, conversation: Sequence[_Turn]) -> None:
    """Set cache breakpoints after the tools, the system prompt, and the last two user messages.

    The message before the last is where the previous request ended, so its prefix is in the cache.
    """
    prompts = [blocks for role, blocks in conversation if role == "user"]
    for blocks in (body.get("tools"), body.get("system"), *prompts[-2:]):
        if blocks:
            blocks[-1] = blocks[-1][:-1] + b',"cache_control":{"type":"ephemeral"}}'


# Schemas


def _tool(tool: ToolSpec) -> list[Json]:
    schema = tool_schema(tool, "anthropic")
    described = {"description": tool.description} if tool.description else {}
    return [{"name": tool.name, **described, "input_schema": schema}]
