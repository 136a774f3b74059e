"""Who is asked next within a step: each model of the chain once, the healthy ones first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config.resolved import ModelSpec
    from .health import Health, Status


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to ask, after `wait` seconds; `skipped` are those passed over for it, with their reasons."""

    spec: ModelSpec
    position: int  # in the chain, the primary being 0
    wait: float = 0.0
    probe: bool = False
    status: Status | None = None  # set when it is asked although it is not well: nobody better is left
    skipped: list[tuple[ModelSpec, Status]] = field(default_factory=list)


class Plan:
    """The models of one step that have not been asked yet."""

    def __init__(self, chain: Sequence[ModelSpec], health: Health, longest_wait: float) -> None:
        self._left = list(enumerate(chain))
        self._health = health
        self._longest_wait = longest_wait
        self._started = False

    def peek(self) -> Choice | None:
        """Who would be next; None when nobody is left.

        The first healthy one in the order of the chain. When all are cooling down, the one that is free first: its
        wait is waited out if the provider named it and it is bearable; a guess is no reason to let anyone wait.
        """
        skipped: list[tuple[ModelSpec, Status]] = []
        resting: list[tuple[float, int, ModelSpec, Status]] = []
        for position, spec in self._left:
            status = self._health.status(spec)
            if status.wait <= 0:
                return Choice(spec, position, probe=status.probe, skipped=skipped)
            skipped.append((spec, status))
            # A model without its key is never asked. Another model with the same key would fail in the same way.
            if status.kind != "no_key" and not (self._started and FACTS[status.kind].scope == "account"):
                resting.append((status.wait, position, spec, status))
        if not resting:
            return None
        wait, position, spec, status = min(resting, key=lambda entry: entry[:2])
        bearable = status.told and wait <= self._longest_wait
        return Choice(spec, position, wait=wait if bearable else 0.0, status=status)

    def take(self) -> Choice | None:
        """Like `peek`, and the model is not offered again."""
        choice = self.peek()
        if choice is not None:
            self._started = True
            self._left = [(position, spec) for position, spec in self._left if position != choice.position]
        return choice

    def keep_only(self, fits: Callable[[ModelSpec], bool]) -> None:
        """Rule out the models that cannot serve this step."""
        self._left = [(position, spec) for position, spec in self._left if fits(spec)]
