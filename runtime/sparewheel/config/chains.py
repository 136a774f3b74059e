"""Fallback, timeouts, and limits of use."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator

from ..errors import KINDS, Action, Kind
from .base import Strict
from .duration import Duration

OnPartial = Literal["restart", "keep", "continue"]

DEFAULT_RETRIES: Final = 2
DEFAULT_COOLDOWN: Final = 60.0  # seconds
ENDLESS: Final = -2


def _retries(value: object) -> object:
    """0 means unset, as in docker-agent."""
    if value == "forever":
        return ENDLESS
    return DEFAULT_RETRIES if value == 0 and not isinstance(value, bool) else value


Retries = Annotated[
    int,
    Field(ge=ENDLESS, le=100),
    BeforeValidator(_retries),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": ENDLESS, "maximum": 100}, {"const": "forever"}]}),
]
Cooldown = Annotated[Duration, AfterValidator(lambda seconds: seconds or DEFAULT_COOLDOWN)]


class BackoffConfig(Strict):
    """The delay before the same model is asked again. In seconds at run time, durations in the file."""

    initial: Duration = 1.0
    """The first delay."""
    factor: float = Field(default=2.0, ge=1, allow_inf_nan=False)
    """The factor by which each delay is longer than the one before."""
    max: Duration = 60.0
    """The longest delay."""
    jitter: float = Field(default=0.1, ge=0, le=1)
    """The share of a delay that is random; 0 makes it exact."""


class FallbackConfig(Strict):
    """What happens when a model fails."""

    models: list[str] = []
    """The fallback models, in order: keys of `models`, or `provider/model`."""
    retries: Retries = DEFAULT_RETRIES
    """How many times the same model is asked again after a failure: unset or 0 means 2, -1 never, `forever` (or -2)
    until it answers."""
    cooldown: Cooldown = DEFAULT_COOLDOWN
    """How long a model that failed is passed over; unset or 0 means 60s."""
    delay: Duration | None = None
    """The delay between two models. Unset: a short one if the host of both failed or was not reached, else none."""
    hedge_after: Duration | None = None
    """Ask the next model as well when there is no content after this time. Unset: off."""
    backoff: BackoffConfig = BackoffConfig()
    """The delays between attempts at the same model."""
    retry_after_max: Duration = 60.0
    """The longest Retry-After that is waited for. A longer one means the next model, or the backoff if none is left."""
    on_partial: OnPartial = "restart"
    """When an attempt fails after part of its answer was shown: start over, keep that part, or continue from it."""
    actions: dict[Kind, Action] = {}
    """Actions for kinds of failure that replace the default ones."""
    no_fallback_status_codes: list[Annotated[int, Field(ge=100, le=599)]] = []
    """HTTP statuses after which no other model is asked (a key of version 6)."""

    @field_validator("actions", mode="before")
    @classmethod
    def _known_kinds(cls, value: object) -> object:
        for kind in value if isinstance(value, dict) else ():
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is not a kind of failure; the kinds are {', '.join(KINDS)}")
        return value


class TimeoutsConfig(Strict):
    """Time limits of an attempt and of a turn; 0 means no limit."""

    connect: Duration = 30.0
    """Until the response begins."""
    first_content: Duration = 60.0
    """From the request until the first content; also until the response begins, if that is shorter than `connect`."""
    idle: Duration = 60.0
    """Between two pieces of content."""
    turn: Duration = 0.0
    """For the whole turn, tools included."""


class LimitsConfig(Strict):
    """What an agent may use in a session; unset or 0 means no limit."""

    tokens: int | None = Field(default=None, ge=0)
    """Input and output tokens together."""
    cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """US dollars. A model without a known price counts as free, with a warning."""
    time: Duration | None = None
    """Busy time: requests, delays between them, and tools. Time spent waiting for the user does not count."""


class BudgetConfig(Strict):
    """The same in docker-agent's names: a limit that several agents can share."""

    max_tokens: int | None = Field(default=None, ge=0)
    """Input and output tokens together."""
    max_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """US dollars."""
    max_time: Duration | None = None
    """Busy time: requests, delays between them, and tools. Time spent waiting for the user does not count."""

    def limits(self) -> LimitsConfig:
        return LimitsConfig(tokens=self.max_tokens, cost=self.max_cost, time=self.max_time)
