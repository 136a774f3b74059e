"""The shape of an agent file: docker-agent's format, plus our keys under an agent's `fallback` and `timeouts`.

Every model forbids unknown keys: a key that is silently ignored is worse than one that is refused.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..errors import KINDS, Kind
from .duration import Duration

Action = Literal["retry", "next", "fail", "finish"]
OnPartial = Literal["restart", "keep", "continue"]
ApiType = Literal["openai_chatcompletions", "openai_responses"]
Effort = Literal["none", "off", "minimal", "low", "medium", "high", "xhigh", "max", "adaptive"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackoffConfig(_Strict):
    """How long to wait before the same model is asked again. Seconds in memory, durations in the file."""

    initial: Duration = 1.0
    factor: float = Field(default=2.0, ge=1, allow_inf_nan=False)
    max: Duration = 60.0
    jitter: float = Field(default=0.1, ge=0, le=1)


class FallbackConfig(_Strict):
    """What happens when a model fails. `retries` is per model, beside the first attempt; -1 is none."""

    models: list[str] = []
    retries: int = Field(default=2, ge=-1, le=100)
    cooldown: Duration = 60.0
    delay: Duration | None = None
    hedge_after: Duration | None = None
    backoff: BackoffConfig = BackoffConfig()
    retry_after_max: Duration = 60.0
    on_partial: OnPartial = "restart"
    actions: dict[Kind, Action] = {}

    @field_validator("actions", mode="before")
    @classmethod
    def _known_kinds(cls, value: object) -> object:
        for kind in value if isinstance(value, dict) else ():
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is not a kind of failure; the kinds are {', '.join(KINDS)}")
        return value


class TimeoutsConfig(_Strict):
    """Limits of one attempt, and of a turn; 0 is none."""

    connect: Duration = 30.0
    first_content: Duration = 60.0
    idle: Duration = 60.0
    turn: Duration = 0.0


class StructuredOutputConfig(_Strict):
    """The shape every answer must have."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = ""
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool = True


class AgentConfig(_Strict):
    model: str
    description: str = ""
    welcome_message: str = ""
    instruction: str = ""
    structured_output: StructuredOutputConfig | None = None
    fallback: FallbackConfig = FallbackConfig()
    timeouts: TimeoutsConfig = TimeoutsConfig()


class _Endpoint(_Strict):
    """What a provider and a model may both say about where and how a request goes."""

    base_url: str | None = None
    token_key: str | None = None
    headers: dict[str, str] = {}
    temperature: float | None = None
    max_tokens: int | None = Field(default=None, gt=0)
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    parallel_tool_calls: bool | None = None
    thinking_budget: int | Effort | None = None  # tokens, -1 for as many as the model likes, or an effort
    provider_opts: dict[str, Any] = {}  # parameters of this API alone, sent as they are

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value


class ProviderConfig(_Endpoint):
    """A custom provider: the wire format of `provider`, at another place."""

    provider: str = "openai"
    api_type: ApiType | None = None


class ModelConfig(_Endpoint):
    """One model. `context_limit` is the size of its window in tokens, where known."""

    provider: str
    model: str
    context_limit: int | None = Field(default=None, gt=0)


class AgentFile(_Strict):
    """One file. The first agent is the default one."""

    version: str | int | None = None
    metadata: dict[str, Any] = {}
    agents: dict[str, AgentConfig] = Field(min_length=1)
    models: dict[str, ModelConfig] = {}
    providers: dict[str, ProviderConfig] = {}
