"""`provider_opts`: most is sent as it stands; names that docker-agent keeps for itself find their place here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

IGNORED: Final = {
    "transport": "requests go over HTTP; `sse` says no more than that",
    "rerank_prompt": "results are not ranked by a model",
    "unload_api": "only local model runners have it",
    "runtime_flags": "only local model runners have them",
    "supports_images": "what is sent is never stripped",
    "supports_pdf": "what is sent is never stripped",
    "interleaved_thinking": "a model that can does so by itself",
    "thinking_display": "thoughts are asked for as summaries wherever they can be",
    "native_tool_search": "every tool is offered at once",
    "preserve_reasoning": "reasoning is always kept for the model that wrote it",
    "cache_diagnostics": "what was cached stands in the usage of every answer",
}
"""Names that are accepted, not sent, and why nothing is lost."""

_GENERATION: Final = {"top_k": "topK", "seed": "seed"}  # Gemini keeps these in a part of its own


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the options of a model come to."""

    options: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    context_limit: int | None = None


def speak(api: str, options: Mapping[str, Any]) -> Spoken:
    """Take out what is not for the API, and put the rest in the API's words."""
    rest = {name: value for name, value in options.items() if name not in IGNORED}
    window = rest.pop("context_size", None)
    headers = rest.pop("http_headers", None)
    extra = rest.pop("extra_body", None)
    for name in ("google_search", "google_maps", "code_execution"):
        rest.pop(name, None)
    if isinstance(extra, dict):
        rest |= extra
    if api == "google":
        generation = {_GENERATION[name]: rest.pop(name) for name in _GENERATION if name in rest}
        if generation:
            rest["generationConfig"] = {**rest.get("generationConfig", {}), **generation}
    return Spoken(
        rest,
        {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
        window if isinstance(window, int) and not isinstance(window, bool) and window > 0 else None,
    )
