"""Inspect's settings of a request, as parameters of our models and options of their APIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from ..config.specs import ModelSpec

Choice: TypeAlias = Literal["auto", "any", "none"]

_SAME: Final = ("max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty", "parallel_tool_calls")
# Settings without a parameter of ours: their place in the body of each API that has them.
_PLACES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "openai_chatcompletions": {"stop_seqs": ("stop",), "seed": ("seed",)},
    "openai_responses": {},
    "anthropic": {"stop_seqs": ("stop_sequences",), "top_k": ("top_k",)},
    "google": {
        "stop_seqs": ("generationConfig", "stopSequences"),
        "seed": ("generationConfig", "seed"),
        "top_k": ("generationConfig", "topK"),
    },
}
_LACKS: Final[dict[str, frozenset[str]]] = {
    "openai_responses": frozenset({"frequency_penalty", "presence_penalty"}),
    "anthropic": frozenset({"frequency_penalty", "presence_penalty"}),
    "google": frozenset({"parallel_tool_calls"}),
}
"""The parameters of ours that an API does not have."""
# What Inspect does itself, or has passed in another way.
_INSPECTS: Final = frozenset(
    "max_retries timeout attempt_timeout stream_idle_timeout max_connections adaptive_connections system_message "
    "max_tool_output fail_on_refusal reasoning_history cache response_schema internal_tools".split()
)


@dataclass(frozen=True)
class Settings:
    """Of one request: `parameters` by our names, `others` by Inspect's, `ignored` by Inspect's.

    `choice` is what a model has to call: `auto` (as it likes), `any` tool, or `none`; `tool` names the only one.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    choice: Choice = "auto"
    tool: str | None = None

    def apply(self, spec: ModelSpec) -> ModelSpec:
        """The model with these settings, as far as its API has them; they take precedence over the agent file's."""
        parameters = {**spec.parameters, **self.parameters}
        options: dict[str, Any] = dict(spec.options)
        for name, value in self.others.items():
            if place := _PLACES.get(spec.api, {}).get(name):
                options = _merged(options, place, value)
        parallel = parameters.get("parallel_tool_calls") is not False
        options |= _choice(spec.api, self.choice, self.tool, parallel=parallel)
        return replace(spec, parameters=parameters, options=options)

    def unsupported(self, spec: ModelSpec) -> list[str]:
        """Inspect's names of the settings that the API of this model does not have."""
        lacks = _LACKS.get(spec.api, frozenset())
        missing = [name for name in self.parameters if name in lacks]
        return [*missing, *(name for name in self.others if name not in _PLACES.get(spec.api, {}))]


def read_settings(config: Mapping[str, Any], choice: Choice = "auto", tool: str | None = None) -> Settings:
    """Settings out of the fields of a `GenerateConfig` that are set."""
    parameters = {name: config[name] for name in _SAME if name in config}
    used = {*_SAME, *_INSPECTS}
    # The number of tokens says more than an effort.
    for name in ("effort", "reasoning_effort", "reasoning_tokens"):
        if name in config:
            parameters["thinking_budget"] = config[name]
            used.add(name)
    others = {name: config[name] for name in ("stop_seqs", "seed", "top_k") if name in config}
    ignored = tuple(name for name in config if name not in used and name not in others)
    return Settings(parameters, others, ignored, choice, tool)


def _merged(options: Mapping[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *inner = place
    if not inner:
        return {**options, name: value}
    below = options.get(name)
    return {**options, name: _merged(below if isinstance(below, Mapping) else {}, tuple(inner), value)}


def _choice(api: str, kind: str, tool: str | None, *, parallel: bool) -> dict[str, Any]:
    """The options of an API that have a model call a tool (`any`, or the one that is named), or none."""
    if kind == "auto":
        return {}
    match api:
        case "openai_chatcompletions" | "openai_responses":
            if tool is None:
                return {"tool_choice": {"any": "required", "none": "none"}[kind]}
            name = {"name": tool}
            return {"tool_choice": {"type": "function", **(name if api == "openai_responses" else {"function": name})}}
        case "anthropic":
            wanted = {"type": kind} if tool is None else {"type": "tool", "name": tool}
            one = {} if parallel or kind == "none" else {"disable_parallel_tool_use": True}
            return {"tool_choice": wanted | one}
        case "google":
            names = {} if tool is None else {"allowedFunctionNames": [tool]}
            return {"toolConfig": {"functionCallingConfig": {"mode": kind.upper(), **names}}}
        case _:
            return {}
