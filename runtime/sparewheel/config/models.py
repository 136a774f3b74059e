"""`models` and `providers`: which models are used, at which address, with which key and parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from .accepted import ACCEPTED
from .base import Strict

ApiType = Literal["openai_chatcompletions", "openai_responses"]
Effort = Literal["none", "off", "minimal", "low", "medium", "high", "xhigh", "max", "adaptive"]


def _effort(value: object) -> object:
    """`adaptive/high` is docker-agent's other notation for the effort `high`."""
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
    """The token limit of a whole task: thinking, tools and answers."""

    type: Literal["tokens"] = "tokens"
    total: int = Field(ge=0)


class CostConfig(Strict):
    """Prices in US dollars per million tokens."""

    input: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Input tokens."""
    output: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Output tokens."""
    cache_read: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Input tokens read from the provider's cache; unset: the price of input."""
    cache_write: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Input tokens written to the provider's cache; unset: the price of input."""


class Endpoint(Strict):
    """Settings of a request that both a provider and a model can have; those of the model win."""

    accepted = ACCEPTED["endpoint"]

    base_url: str | None = None
    """The address of the API, without the path of the call. `${env.NAME}` is replaced from the session's env."""
    token_key: str | None = None
    """The name of the key in the session's env."""
    headers: dict[str, str] = {}
    """Sent with every request; `${env.NAME}` is replaced from the session's env."""
    temperature: float | None = None
    """0 for the most likely words; higher values make the choice more random."""
    max_tokens: int | None = Field(default=None, gt=0)
    """Maximum length of an answer in tokens."""
    top_p: float | None = None
    """Choose among the most likely words whose probabilities add up to this share."""
    frequency_penalty: float | None = None
    """Penalty for words by how often they occurred."""
    presence_penalty: float | None = None
    """Penalty for words that occurred at all."""
    parallel_tool_calls: bool | None = None
    """Whether the model may request several tools in one step."""
    thinking_budget: ThinkingBudget | None = None
    """Maximum number of tokens for thinking (-1: the model decides, 0: none), or an effort."""
    task_budget: int | TaskBudgetConfig | None = None
    """The token limit of a whole task; not available here for Anthropic, ignored by other providers."""
    provider_opts: dict[str, Any] = {}
    """Parameters of this API only, sent unchanged. `context_size` is the context window and is not sent."""
    reasoning_tags: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,30}$")
    """The name of the tags in the text that hold reasoning, such as `think`, or `none`. Unset: `<think>` where an
    answer begins, in Chat Completions of other servers than OpenAI's."""
    auth: dict[str, Any] | None = None
    """Authentication without a key; needs a host."""

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://", "$")):
            raise ValueError("must start with http:// or https://")
        return value


class ProviderConfig(Endpoint):
    """A custom provider: the wire format of `provider` at another address."""

    accepted = ACCEPTED["endpoint"] | ACCEPTED["provider"]

    provider: str = "openai"
    """The known provider whose wire format it uses."""
    api_type: ApiType | None = None
    """Which of OpenAI's two APIs."""


class ModelConfig(Endpoint):
    """One model."""

    accepted = ACCEPTED["endpoint"] | ACCEPTED["model"]

    provider: str = ""
    """A known provider, or a key of `providers`."""
    model: str = ""
    """The provider's name for the model; without a provider, names of models separated by commas, of which each step
    asks one at random."""
    context_limit: int | None = Field(default=None, gt=0)
    """The size of its context window in tokens, where the catalogue does not have it."""
    cost: CostConfig | None = None
    """Its prices, where the catalogue does not have them."""
    output_capabilities: dict[str, bool] = {}
    """What the model is asked for beside text: `image`, `audio`, where the provider has such models."""
    first_available: list[str] = []
    """Instead of all other keys: models, of which the first whose key is in env is used."""
    routing: list[dict[str, Any]] = []
    """Choosing a model by the prompt; not available here."""
    compaction_threshold: float | None = Field(default=None, gt=0, le=1)
    """The share of its context window at which the oldest messages are left out."""
    resume: Literal["background"] | None = None
    """`background`: a stream that breaks is taken up where it broke, without a second bill; OpenAI Responses only. The
    provider then keeps each answer for some minutes (`store: true`). Unset: nothing is kept."""

    title_model: str = ""
    """The model that is asked for the titles of sessions, where the agent names none."""

    @property
    def alloy(self) -> bool:
        """Whether it stands for several models."""
        return not self.provider and "," in self.model

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("first_available"):
            written = {key for key, value in data.items() if value is not None}
            if others := sorted(written - {"first_available", "description", "title_model"}):
                raise ValueError(f"first_available stands alone; remove {', '.join(others)}")
        return data

    @model_validator(mode="after")
    def _named(self) -> ModelConfig:
        if not self.first_available and not self.alloy and not (self.provider and self.model):
            raise ValueError("needs provider and model")
        if self.alloy and self.resume:
            raise ValueError("resume belongs to the models that are named here")
        return self
