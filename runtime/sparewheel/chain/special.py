"""Attempts that are more than one request whose failure is the end: responses in the background, simulated failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .simulated import SimulatedAttempt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from ..config.specs import ResolvedAgent
    from .attempt import Attempt
    from .health import Health
    from .question import Question

    class Surroundings(Protocol):
        """The part of the chain that an attempt needs."""

        agent: ResolvedAgent
        health: Health
        random: Callable[[], float]


def special(plain: Attempt, question: Question, chain: Surroundings, state: Mapping[str, Any] | None) -> Attempt:
    """`plain`, or what takes its place. `state` is that of a response to take up."""
    if fault := question.what_if and question.what_if.take():
        return SimulatedAttempt(plain, fault)
    if plain.spec.resume:
        from .background_attempt import background_attempt  # here: few files need it

        return background_attempt(plain, state, chain.agent.fallback.backoff, chain.random, chain.health, question)
    return plain
