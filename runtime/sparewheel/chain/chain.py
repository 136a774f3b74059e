"""The models of one agent, and what the steps along them have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .health import FOREVER, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ..config.resolved import ModelSpec, ResolvedAgent
    from ..transports.base import Transport
    from .health import Health


class Chain:
    """The models of one agent, in order. What lasts longer than a step is kept in `health`.

    `random` gives floats in [0, 1) for the jitter; `now` the wall clock, for `retrying_at`. `skipped` are models that
    the user has taken out. `trace`: requests are reported as events.
    """

    def __init__(
        self,
        agent: ResolvedAgent,
        transport: Transport,
        health: Health,
        *,
        random: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        skipped: Collection[str] = (),
        trace: bool = False,
    ) -> None:
        self.agent = agent
        self.transport = transport
        self.health = health
        self.random = random
        self.now = now
        self.skipped = skipped
        self.trace = trace

    def status(self, spec: ModelSpec) -> Status:
        """Whether `spec` is to be asked now."""
        return Status(FOREVER, "skipped") if spec.ref in self.skipped else self.health.status(spec)

    @property
    def primary(self) -> ModelSpec:
        return self.agent.chain[0]
