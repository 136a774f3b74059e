"""`models` and `providers`: who is asked, where, with which key and parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from .base import Strict

ApiType = Literal["openai_chatcompletions", "openai_responses"]
Effort = Literal["none", "off", "minimal", "low", "medium", "high", "xhigh", "max", "adaptive"]


def _effort(value: object) -> object:
    """`adaptive/high` is docker-agent's other way to write the effort `high`."""
    return value.removeprefix("adaptive/") if isinstance(value, str) else value


ThinkingBudget = Annotated[
    int | Effort,
    BeforeValidator(_effort),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": -1},
                {
                    "enum": [
                        *get_args(Effort),
                        *(f"adaptive/{effort}" for effort in ("low", "medium", "high", "xhigh", "max")),
                    ]
                },
            ]
        }
    ),
]


class TaskBudgetConfig(Strict):
    """Tokens for a whole task: thinking, tools and answers."""

    type: Literal["tokens"] = "tokens"
    total: int = Field(ge=0)


class CapabilitiesConfig(Strict):
    """What a model takes beside text."""

    image: bool = False
    """Pictures."""
    pdf: bool = False
    """PDF documents."""
    audio: bool = False
    """Sound."""
    video: bool = False
    """Films."""


class CostConfig(Strict):
    """Prices in US dollars for a million tokens."""

    input: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What is sent."""
    output: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What is answered."""
    cache_read: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What is sent and was in the provider's cache; unset: as input."""
    cache_write: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What is written into the provider's cache; unset: as input."""


class RoutingConfig(Strict):
    """Prompts like these go to another model."""

    model: str
    """That model."""
    examples: list[str]
    """Prompts like these."""


class Endpoint(Strict):
    """What a provider and a model may both say about where and how a request goes."""

    base_url: str | None = None
    """Where requests go, without the path of the call. `${env.NAME}` is filled in from the session's env."""
    token_key: str | None = None
    """The name of the key in the session's env."""
    headers: dict[str, str] = {}
    """Sent with every request; `${env.NAME}` is filled in from the session's env."""
    temperature: float | None = None
    """0 for the likeliest words, more for others."""
    max_tokens: int | None = Field(default=None, gt=0)
    """The longest answer, in tokens."""
    top_p: float | None = None
    """Choose among the likeliest words that add up to this share."""
    frequency_penalty: float | None = None
    """Against words that came often."""
    presence_penalty: float | None = None
    """Against words that came at all."""
    parallel_tool_calls: bool | None = None
    """Whether one step may ask for several tools."""
    thinking_budget: ThinkingBudget | None = None
    """Tokens for thinking (-1: as many as the model likes, 0: none) or an effort."""
    task_budget: int | TaskBudgetConfig | None = None
    """Tokens for a whole task; Anthropic's newest models know it."""
    provider_opts: dict[str, Any] = {}
    """Parameters of this API alone, sent as they are. `context_size` is the window, and stays here."""
    track_usage: bool | None = None
    """Accepted; usage is always counted."""
    auth: dict[str, Any] | None = None
    """Signing in without a key; needs a host."""
    compaction_model: str | None = None
    """Accepted; a conversation is shortened without asking a model."""

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://", "$")):
            raise ValueError("must start with http:// or https://")
        return value


class ProviderConfig(Endpoint):
    """A custom provider: the wire format of `provider`, at another place."""

    provider: str = "openai"
    """Whose wire format it speaks."""
    api_type: ApiType | None = None
    """Which of OpenAI's two."""
    unload_api: str | None = None
    """Accepted; only local model runners have it."""


class ModelConfig(Endpoint):
    """One model."""

    provider: str = ""
    """A known provider, or a key of `providers`."""
    model: str = ""
    """What the provider calls it."""
    description: str = ""
    """For people who choose."""
    context_limit: int | None = Field(default=None, gt=0)
    """The size of its window in tokens, where the catalogue does not know it."""
    cost: CostConfig | None = None
    """Its prices, where the catalogue does not know them."""
    capabilities: CapabilitiesConfig | None = None
    """Accepted; what is sent is never stripped, so a model needs no permission."""
    output_capabilities: dict[str, bool] = {}
    """What it makes beside text; not available here."""
    first_available: list[str] = []
    """Instead of all else: models of which the first one is taken whose key is there."""
    routing: list[RoutingConfig] = []
    """Choosing a model by the prompt; not available here."""
    title_model: str | None = None
    """Accepted; sessions have no titles here."""
    compaction_threshold: float | None = Field(default=None, gt=0, le=1)
    """The share of its window at which the oldest part of a conversation is left out."""
    bypass_models_gateway: bool | None = None
    """Accepted; there is no gateway."""

    @model_validator(mode="after")
    def _named(self) -> ModelConfig:
        others = self.model_fields_set - {"first_available", "description", "title_model"}
        if self.first_available and others:
            raise ValueError(f"first_available stands alone; take away {', '.join(sorted(others))}")
        if not self.first_available and not (self.provider and self.model):
            raise ValueError("needs provider and model")
        return self
