"""A valid file, an agent's name and the caller's env, made into what the runtime works with: a chain of `ModelSpec`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import (
        AgentFile,
        FallbackConfig,
        ModelConfig,
        ProviderConfig,
        StructuredOutputConfig,
        TimeoutsConfig,
    )

_PARAMETERS: Final = (
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "parallel_tool_calls",
    "thinking_budget",
)


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """What we know of a provider that needs no configuration. `api` names its wire format."""

    api: str
    base_url: str
    token_key: str | None
    options: Mapping[str, Any] = field(default_factory=dict)  # what this server wants otherwise


PROVIDERS: Final[dict[str, KnownProvider]] = {
    "openai": KnownProvider("openai_chatcompletions", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": KnownProvider("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": KnownProvider("google", "https://generativelanguage.googleapis.com/v1beta", "GOOGLE_API_KEY"),
    "openrouter": KnownProvider("openai_chatcompletions", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": KnownProvider("openai_chatcompletions", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": KnownProvider(
        "openai_chatcompletions", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", {"stream_options": None}
    ),
    "deepseek": KnownProvider("openai_chatcompletions", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "xai": KnownProvider("openai_chatcompletions", "https://api.x.ai/v1", "XAI_API_KEY"),
    "together": KnownProvider("openai_chatcompletions", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "ollama": KnownProvider("openai_chatcompletions", "http://localhost:11434/v1", None),
    "page": KnownProvider("page", "page:model", None),
    "demo": KnownProvider("openai_chatcompletions", "demo://models", None),
}


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model of a chain, ready to be asked. `key` is a secret: it never shows in a repr."""

    provider: str
    model: str
    api: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)  # neutral names: temperature, max_tokens, ...
    options: Mapping[str, Any] = field(default_factory=dict)  # this API's own, sent as they are
    key_name: str | None = None  # what the key is called in env, for hints
    context_limit: int | None = None  # tokens

    @property
    def ref(self) -> str:
        """`provider/model`, as events name it."""
        return f"{self.provider}/{self.model}"

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class ResolvedAgent:
    """An agent that can run."""

    name: str
    instruction: str
    chain: tuple[ModelSpec, ...]
    fallback: FallbackConfig
    timeouts: TimeoutsConfig
    structured_output: StructuredOutputConfig | None = None

    @property
    def secrets(self) -> frozenset[str]:
        """What must never leave: the keys, and every configured header's value."""
        return frozenset(
            value for spec in self.chain for value in (spec.key, *spec.headers.values()) if value and len(value) > 3
        )


def resolve(file: AgentFile, name: str | None, env: Mapping[str, str]) -> ResolvedAgent:
    """Raises one `ConfigError` that lists everything the chain lacks: unknown models, providers, keys."""
    chosen = next(iter(file.agents)) if name is None else name
    agent = file.agents.get(chosen)
    if agent is None:
        raise ConfigError(f'agent "{chosen}" not found', f"The file has: {', '.join(file.agents)}.")
    faults: list[str] = []
    chain: list[ModelSpec] = []
    for ref in dict.fromkeys((agent.model, *agent.fallback.models)):
        try:
            chain.append(_model_spec(file, ref, env))
        except ConfigError as error:
            faults.append(f"{error.info.message} {error.info.hint}".strip())
    if faults:
        raise ConfigError(f'agent "{chosen}" cannot run: ' + " ".join(dict.fromkeys(faults)))
    return ResolvedAgent(
        chosen, agent.instruction, tuple(chain), agent.fallback, agent.timeouts, agent.structured_output
    )


def _model_spec(file: AgentFile, ref: str, env: Mapping[str, str]) -> ModelSpec:
    config = file.models.get(ref)
    provider, _, model = (config.provider, "", config.model) if config else ref.partition("/")
    if not provider or not model:
        raise ConfigError(f'model "{ref}" is not defined.', "Add it under models: or write it as provider/model.")
    custom = file.providers.get(provider)
    known = PROVIDERS.get(custom.provider if custom else provider)
    if known is None:
        names = ", ".join(sorted({*file.providers, *PROVIDERS}))
        raise ConfigError(f'provider "{provider}" of model "{ref}" is not known.', f"Known are: {names}.")
    token_key = _first("token_key", config, custom) or _default_token_key(known, config, custom)
    return ModelSpec(
        provider=provider,
        model=model,
        api=(custom.api_type if custom else None) or known.api,
        base_url=(_first("base_url", config, custom) or known.base_url).rstrip("/"),
        key=_key(ref, token_key, env),
        headers={**(custom.headers if custom else {}), **(config.headers if config else {})},
        parameters={name: value for name in _PARAMETERS if (value := _first(name, config, custom)) is not None},
        options={
            **known.options,
            **(custom.provider_opts if custom else {}),
            **(config.provider_opts if config else {}),
        },
        key_name=token_key,
        context_limit=config.context_limit if config else None,
    )


def _default_token_key(known: KnownProvider, *configs: ModelConfig | ProviderConfig | None) -> str | None:
    """A vendor's own key goes to the vendor's own address only; another address asks for a token_key or gets none."""
    return None if _first("base_url", *configs) else known.token_key


def _first(name: str, *configs: ModelConfig | ProviderConfig | None) -> Any:
    return next((value for config in configs if config and (value := getattr(config, name)) is not None), None)


def _key(ref: str, token_key: str | None, env: Mapping[str, str]) -> str | None:
    if token_key is None:
        return None
    value = env.get(token_key, "").strip()
    if not value:
        raise ConfigError(f'model "{ref}" needs the key {token_key}, which env does not hold.', f"Set {token_key}.")
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"The value of {token_key} cannot be a key: it holds a line break or an odd character.")
    return value
