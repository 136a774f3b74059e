"""What happens when a model fails, how long things may take, and what they may cost."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ..errors import KINDS, Action, Kind
from .base import Strict
from .duration import Duration

OnPartial = Literal["restart", "keep", "continue"]


class BackoffConfig(Strict):
    """How long to wait before the same model is asked again. Seconds in memory, durations in the file."""

    initial: Duration = 1.0
    """The first wait."""
    factor: float = Field(default=2.0, ge=1, allow_inf_nan=False)
    """By how much each wait is longer than the one before."""
    max: Duration = 60.0
    """No wait is longer."""
    jitter: float = Field(default=0.1, ge=0, le=1)
    """The share of a wait that is left to chance; 0 makes it exact."""


class FallbackConfig(Strict):
    """What happens when a model fails."""

    models: list[str] = []
    """Models to go on with, in order: keys of `models`, or `provider/model`."""
    retries: int = Field(default=2, ge=-1, le=100)
    """How often the same model is asked again, beside the first attempt; -1 is never."""
    cooldown: Duration = 60.0
    """How long a model that failed for good is passed over."""
    delay: Duration | None = None
    """A wait between models. Unset: a short one between models of the same host, else none."""
    hedge_after: Duration | None = None
    """Ask the next model as well when nothing has come for this long. Unset: off."""
    backoff: BackoffConfig = BackoffConfig()
    """The waits between attempts at the same model."""
    retry_after_max: Duration = 60.0
    """The longest Retry-After that is waited for; a longer one means the next model, or with none left the backoff."""
    on_partial: OnPartial = "restart"
    """When an attempt dies in the middle of its answer: start over, keep what came, or go on from there."""
    actions: dict[Kind, Action] = {}
    """What to do for a kind of failure, where the default is not wanted."""

    @field_validator("actions", mode="before")
    @classmethod
    def _known_kinds(cls, value: object) -> object:
        for kind in value if isinstance(value, dict) else ():
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is not a kind of failure; the kinds are {', '.join(KINDS)}")
        return value


class TimeoutsConfig(Strict):
    """Limits of one attempt, and of a turn; 0 is none."""

    connect: Duration = 30.0
    """Until the provider has begun to answer."""
    first_content: Duration = 60.0
    """Until the first piece of content."""
    idle: Duration = 60.0
    """Between two pieces of content."""
    turn: Duration = 0.0
    """For the whole turn, tools and all."""


class LimitsConfig(Strict):
    """What an agent may use up in a session; unset or 0 is without limit."""

    tokens: int | None = Field(default=None, ge=0)
    """Tokens in and out, together."""
    cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """US dollars. A model whose price is not known counts for nothing, with a warning."""
    time: Duration | None = None
    """Time at work: models, the waits of the chain, and tools. Waiting for the user, to approve or answer, is not."""


class BudgetConfig(Strict):
    """docker-agent's words for the same: a ceiling that several agents may share."""

    max_tokens: int | None = Field(default=None, ge=0)
    """Tokens in and out, together."""
    max_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """US dollars."""
    max_time: Duration | None = None
    """Time at work: models, the waits of the chain, and tools. Waiting for the user, to approve or answer, is not."""

    def limits(self) -> LimitsConfig:
        return LimitsConfig(tokens=self.max_tokens, cost=self.max_cost, time=self.max_time)
