"""What both OpenAI wire formats share: requests, tools, efforts and usage."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..jsonschema.dialects import normalise
from ..usage import Usage
from .reading import count, mapping
from .schemas import output_schema, tool_schema
from .writing import json_post

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.resolved import ModelSpec
    from ..transports.base import HttpRequest
    from .assembly import Assembly
    from .base import OutputSchema, ToolSpec

END_MARKER: Final = "end_marker"
_NOT_SENT: Final = frozenset({END_MARKER})  # options for this runtime

_REASONS: Final = re.compile(r"(?:ft:)?(?:o\d|codex|gpt-[5-9](?!(?:\.\d+)?-chat))", re.IGNORECASE)
_NONE: Final = re.compile(r"(?:ft:)?gpt-(?:5\.[1-9]|[6-9])", re.IGNORECASE)
_ALWAYS: Final = re.compile(r"-(?:pro|codex)\b", re.IGNORECASE)  # variants that always think

# The smallest budget in tokens of each effort, for APIs that have efforts only.
_EFFORTS: Final = ((16_384, "high"), (4_096, "medium"), (1, "low"))


def post(spec: ModelSpec, path: str, body: Mapping[str, Any]) -> HttpRequest:
    """The request. `spec.options` override the body; an option that is None removes its name from it."""
    merged = {
        name: value for name, value in {**body, **spec.options}.items() if value is not None and name not in _NOT_SENT
    }
    return json_post(spec, path, authorization(spec), merged)


def authorization(spec: ModelSpec) -> dict[str, str]:
    """The header with the key; none without one."""
    return {"authorization": f"Bearer {spec.key}"} if spec.key else {}


def is_at(spec: ModelSpec, *domains: str) -> bool:
    """Whether requests go to one of these domains or their subdomains."""
    host = _host(spec.base_url)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


@lru_cache(64)  # called for each message
def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def effort(budget: object) -> str | None:
    """`thinking_budget` as an effort. "none" means no thinking; None leaves it to the model."""
    if isinstance(budget, str):
        return {"off": "none", "adaptive": None}.get(budget, budget)
    if not isinstance(budget, int) or budget < 0:
        return None
    return next((word for least, word in _EFFORTS if budget >= least), "none")


def asked_effort(spec: ModelSpec) -> str | None:
    """The effort to ask a server of OpenAI's formats for; None sends nothing, which leaves it to the model.

    "none" goes only where it is known to be understood, and OpenAI's models without reasoning get no effort: they
    refuse the parameter. Sources: OpenAI, "Reasoning models" (`none` since gpt-5.1); Groq, "Reasoning"; Ollama, "OpenAI
    compatibility".
    """
    word = effort(spec.parameters.get("thinking_budget"))
    if is_at(spec, "openai.com") and not reasons(spec):
        return None
    return None if word == "none" and not _knows_none(spec) else word


def reasons(spec: ModelSpec) -> bool:
    """Whether a model of OpenAI's thinks before it answers."""
    return bool(_REASONS.match(spec.model))


def _knows_none(spec: ModelSpec) -> bool:
    if is_at(spec, "openai.com"):
        return bool(_NONE.match(spec.model)) and not _ALWAYS.search(spec.model)
    return spec.provider == "ollama" or (is_at(spec, "groq.com") and "qwen" in spec.model)


def function(tool: ToolSpec) -> dict[str, Any]:
    """A tool as both formats describe it. Raises like `tool_schema`."""
    return {"name": tool.name, "description": tool.description, "parameters": tool_schema(tool, "openai")}


def response_format(output: OutputSchema) -> dict[str, Any]:
    """`{name, schema, strict, description?}`. A schema that strict mode cannot express is sent as a plain one."""
    described = {"description": output.description} if output.description else {}
    if output.strict:
        try:
            schema = normalise(output.schema, "openai_strict")
            return {"name": output.name, "strict": True, **described, "schema": schema}
        except ValueError:
            pass
    return {"name": output.name, "strict": False, **described, "schema": output_schema(output, "openai")}


def count_tokens(assembly: Assembly, value: object) -> None:
    """Read a `usage` object with the names of either format into what is known from earlier ones.

    The last number of a name counts, except that 0 does not replace a larger one: some servers end with empty counts.
    """
    shape = mapping(value)
    read = _count(shape, "prompt_tokens", "input_tokens")
    written = _count(shape, "completion_tokens", "output_tokens")
    prompt = mapping(shape.get("prompt_tokens_details") or shape.get("input_tokens_details"))
    answer = mapping(shape.get("completion_tokens_details") or shape.get("output_tokens_details"))
    thought = _count(answer, "reasoning_tokens")
    if thought is None:
        thought = _count(shape, "reasoning_tokens")  # Perplexity
    cached = _count(prompt, "cached_tokens")
    if cached is None:  # DeepSeek, Moonshot, gateways in front of Anthropic
        cached = _count(shape, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
    stored = _count(prompt, "cache_write_tokens", "cache_creation_tokens")  # OpenRouter, LiteLLM
    if stored is None:
        stored = _count(shape, "cache_creation_input_tokens")
    # xAI does not include reasoning in the output tokens; its total shows that.
    if read is not None and written is not None and thought and shape.get("total_tokens") == read + written + thought:
        written += thought
    known = assembly.usage
    assembly.usage = Usage(
        input_tokens=_latest(known.input_tokens, read),
        output_tokens=_latest(known.output_tokens, written),
        cached_tokens=_latest(known.cached_tokens, cached),
        written_tokens=_latest(known.written_tokens, stored),
        reasoning_tokens=_latest(known.reasoning_tokens, thought),
    )


def _latest(known: int | None, new: int | None) -> int | None:
    return known if new is None or (new == 0 and known) else new


def _count(shape: Mapping[str, Any], *names: str) -> int | None:
    return next((number for name in names if (number := count(shape.get(name))) is not None), None)
