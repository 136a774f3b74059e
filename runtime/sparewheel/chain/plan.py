"""The order in which a step asks its models: each model of the chain once, the healthy ones first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..errors import FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..config.resolved import ModelSpec
    from .health import Status


NEVER_ASKED: Final = ("no_key", "skipped")
"""Kinds for which a model is not asked even if no other one is left."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The model to ask, after `wait` seconds; `skipped` are the models passed over for it, each with its status."""

    spec: ModelSpec
    position: int  # in the chain, the primary being 0
    wait: float = 0.0
    probe: bool = False
    status: Status | None = None  # set when an unhealthy model is used because no healthy one remains
    skipped: list[tuple[ModelSpec, Status]] = field(default_factory=list)


class Plan:
    """The models of one step that have not been asked yet."""

    def __init__(self, chain: Sequence[ModelSpec], status: Callable[[ModelSpec], Status], max_wait: float) -> None:
        self._left = list(enumerate(chain))
        self._status = status
        self._max_wait = max_wait
        self._started = False

    def begin(self, state: Mapping[str, Any] | None, wanted: str | None) -> Choice | None:
        """The first model: that of a response to take up, the one that is wanted, or that of `take`."""
        return self._take_named(state) or self._take_wanted(wanted) or self.take()

    def peek(self) -> Choice | None:
        """The model that `take` would return; None when none is left.

        The first healthy one in the order of the chain. When all are cooling down, the one that is free first: its
        wait is kept if the provider named it and it is at most `max_wait` seconds; an estimated wait is not kept.
        """
        skipped: list[tuple[ModelSpec, Status]] = []
        resting: list[tuple[float, int, ModelSpec, Status]] = []
        for position, spec in self._left:
            status = self._status(spec)
            if status.wait <= 0:
                return Choice(spec, position, probe=status.probe, skipped=skipped)
            skipped.append((spec, status))
            # Another model with the same key would fail in the same way.
            if status.kind not in NEVER_ASKED and not (self._started and FACTS[status.kind].scope == "account"):
                resting.append((status.wait, position, spec, status))
        if not resting:
            return None
        wait, position, spec, status = min(resting, key=lambda entry: entry[:2])
        keeps = status.from_provider and wait <= self._max_wait
        return Choice(spec, position, wait=wait if keeps else 0.0, status=status)

    def resting(self) -> list[tuple[ModelSpec, Status]]:
        """The models that are left, each with its status."""
        return [(spec, self._status(spec)) for _, spec in self._left]

    def take(self) -> Choice | None:
        """Like `peek`, and the model is not offered again."""
        choice = self.peek()
        if choice is not None:
            self._started = True
            self._left = [(position, spec) for position, spec in self._left if position != choice.position]
        return choice

    def _take_named(self, state: Mapping[str, Any] | None) -> Choice | None:
        """The model whose response `state` describes, whatever its health; None if it cannot be asked for it."""
        for position, spec in self._left:
            if state and spec.resume and not spec.lacks_key and spec.ref == state.get("model"):
                self._started = True
                self._left.remove((position, spec))
                return Choice(spec, position)
        return None

    def _take_wanted(self, ref: str | None) -> Choice | None:
        """The model `ref`, even if it is cooling down; None if there is none, or it must not be asked."""
        for position, spec in self._left if ref else ():
            if spec.ref == ref and (status := self._status(spec)).kind not in NEVER_ASKED:
                self._started = True
                self._left.remove((position, spec))
                return Choice(spec, position, probe=status.probe)
        return None

    def keep_only(self, fits: Callable[[ModelSpec], bool]) -> None:
        """Remove the models that cannot serve this step."""
        self._left = [(position, spec) for position, spec in self._left if fits(spec)]
