"""What both OpenAI wire formats share: the frame of a request, and how values from outside are read."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import ErrorInfo, ProviderError
from ..errors.classify import classify
from ..jsonschema.dialects import normalise
from ..jsontext import read
from ..transports.base import HttpRequest
from ..usage import Usage
from .schemas import output_schema, tool_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.resolved import ModelSpec
    from .assembly import Assembly
    from .base import OutputSchema, ToolSpec

END_MARKER: Final = "end_marker"
_FOR_US: Final = frozenset({END_MARKER})  # options that speak to us and are never sent

# The lower bound in tokens of each effort, where an API knows only efforts.
_EFFORTS: Final = ((16_384, "high"), (4_096, "medium"), (1, "low"))


def post(spec: ModelSpec, path: str, body: Mapping[str, Any]) -> HttpRequest:
    """The request. `spec.options` go last and win; one that is None takes its name out of the body."""
    merged = {name: value for name, value in {**body, **spec.options}.items() if value is not None}
    payload = json.dumps(
        {name: value for name, value in merged.items() if name not in _FOR_US},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    # Only what the API needs: each further header is one more that a preflight may refuse.
    headers = {"content-type": "application/json"}
    if spec.key:
        headers["authorization"] = f"Bearer {spec.key}"
    headers |= {name.lower(): value for name, value in spec.headers.items()}
    return HttpRequest("POST", f"{spec.base_url}{path}", headers, payload.encode("utf-8", "replace"))


def is_at(spec: ModelSpec, *domains: str) -> bool:
    """Whether requests go to one of these domains, or below it."""
    host = _host(spec.base_url)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


@lru_cache(64)  # it is asked for each message
def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def effort(budget: object) -> str | None:
    """`thinking_budget` as an effort; "none" asks for no thinking, None leaves it to the model."""
    if isinstance(budget, str):
        return {"off": "none", "adaptive": None}.get(budget, budget)
    if not isinstance(budget, int) or budget < 0:
        return None
    return next((word for least, word in _EFFORTS if budget >= least), "none")


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


def parse(data: str) -> object:
    """The JSON of an event. Raises `ProviderError` (kind `server_error`) for anything else."""
    try:
        value: object = read(data)
        return value
    except ValueError:
        raise ProviderError(
            ErrorInfo(
                "server_error",
                "The stream holds an event that is not JSON.",
                "The provider, or a proxy on the way, garbled it; trying again usually helps.",
            )
        ) from None


def parse_own(text: str) -> object:
    """What we once wrote into a signature; None for what another version, or another API, wrote there."""
    try:
        return parse(text) if text else None
    except ProviderError:
        return None


def failure(body: object, assembly: Assembly) -> ProviderError:
    """An error object inside a stream."""
    return ProviderError(classify(body=body, provider=assembly.origin.partition("/")[0]))


def string(value: object) -> str:
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def arguments_text(value: object) -> str:
    """Arguments as JSON text. Some servers send the value itself; what is no object is judged at the end."""
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def count_tokens(assembly: Assembly, value: object) -> None:
    """Take over what a `usage` object says, under the names of either format; the last one that says anything holds."""
    shape = mapping(value)
    read = _count(shape, "prompt_tokens", "input_tokens")
    written = _count(shape, "completion_tokens", "output_tokens")
    prompt = mapping(shape.get("prompt_tokens_details") or shape.get("input_tokens_details"))
    answer = mapping(shape.get("completion_tokens_details") or shape.get("output_tokens_details"))
    thought = _count(answer, "reasoning_tokens")
    cached = _count(prompt, "cached_tokens")
    if cached is None:
        cached = _count(shape, "prompt_cache_hit_tokens", "cached_tokens")  # DeepSeek, Moonshot
    # xAI counts reasoning beside the answer, not within it; its total tells.
    if read is not None and written is not None and thought and shape.get("total_tokens") == read + written + thought:
        written += thought
    usage = Usage(
        input_tokens=read,
        output_tokens=written,
        cached_tokens=cached,
        written_tokens=_count(prompt, "cache_write_tokens"),  # OpenRouter
        reasoning_tokens=thought,
    )
    if usage.known:
        assembly.usage = usage


def _count(shape: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = shape.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None
