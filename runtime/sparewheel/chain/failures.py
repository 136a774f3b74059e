"""The failures of one step, and their effect on the health of its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from ..config.resolved import ModelSpec
    from ..errors import ErrorInfo, SparewheelError
    from .attempt import Attempt
    from .health import Health, Status
    from .question import WhatIf

    class Models(Protocol):
        """The part of the chain that tells which model is healthy."""

        health: Health

        def status(self, spec: ModelSpec) -> Status: ...


class Failures:
    """Counts failures by model (`provider/model`). A simulated one changes no health but that of the turn.

    `cooldown` is in seconds.
    """

    def __init__(self, models: Models, cooldown: float, what_if: WhatIf | None) -> None:
        self._models = models
        self._cooldown = cooldown
        self._what_if = what_if
        self._counts: dict[str, int] = {}
        self._failed: dict[str, tuple[ModelSpec, ErrorInfo, Health]] = {}  # the last one, and where it counts

    def __contains__(self, ref: str) -> bool:
        return ref in self._failed

    def status(self, spec: ModelSpec) -> Status:
        """The status of a model, including the effect of this turn's simulated failures."""
        status = self._models.status(spec)
        if status.wait > 0 or self._what_if is None:
            return status
        simulated = self._what_if.health.status(spec)
        return simulated if simulated.wait > 0 else status

    def count(self, attempt: Attempt, error: SparewheelError) -> int:
        """Count a failure; return how many this model has had in this step."""
        ref, health = attempt.spec.ref, self._health_of(attempt)
        self._counts[ref] = self._counts.get(ref, 0) + 1
        self._failed[ref] = (attempt.spec, error.info, health)
        health.failed(attempt.spec, error.info, self._cooldown)
        return self._counts[ref]

    def settle(self, answered: ModelSpec) -> None:
        """A model has answered: it is healthy, and those that have failed cool down."""
        self._models.health.succeeded(answered)
        if self._what_if is not None:
            self._what_if.health.succeeded(answered)
        for spec, info, health in self._failed.values():
            if spec is not answered:
                health.cool_down_after_fallback(spec, info.kind, self._cooldown)

    def _health_of(self, attempt: Attempt) -> Health:
        return self._what_if.health if self._what_if and attempt.simulated else self._models.health
