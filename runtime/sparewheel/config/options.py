"""`provider_opts`: most options are sent unchanged; those that docker-agent itself reads are taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .accepted import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Mapping

_GENERATION: Final = {"top_k": "topK", "seed": "seed"}  # Gemini has these in an object of their own
# The provider's own tools: docker-agent's name and Gemini's, which are the same. Source: Gemini API, "Tools".
_OWN_TOOLS: Final = ("google_search", "google_maps", "code_execution", "url_context")


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """The options of a model by their use: `options` go into the body, `headers` into the request."""

    options: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    context_limit: int | None = None  # tokens


def split_options(api: str, options: Mapping[str, Any]) -> ProviderOptions:
    """Split `provider_opts` by use, and give the options for the body the names that `api` expects."""
    rest = {name: value for name, value in options.items() if name not in ACCEPTED["provider_opts"]}
    window = rest.pop("context_size", None)
    headers = rest.pop("http_headers", None)
    extra = rest.pop("extra_body", None)
    if isinstance(extra, dict):
        rest |= extra
    own = [name for name in _OWN_TOOLS if rest.pop(name, False) is True]
    if api == "google":
        if own:
            rest["tools"] = [*rest.get("tools", []), *({name: {}} for name in own)]
        generation = {_GENERATION[name]: rest.pop(name) for name in _GENERATION if name in rest}
        if generation:
            rest["generationConfig"] = {**generation, **rest.get("generationConfig", {})}
    return ProviderOptions(
        rest,
        {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
        window if isinstance(window, int) and not isinstance(window, bool) and window > 0 else None,
    )
