"""The loop: what a turn asks of the chain, and when it is done.

A turn is one step as long as agents have no tools.
"""

from __future__ import annotations

import random
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .messages import system
from .providers.base import OutputSchema
from .resilience.chain import Chain, Step

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from .config.resolved import ResolvedAgent
    from .events import Event, FinishEvent
    from .messages import Message
    from .resilience.breaker import Health
    from .transports.base import Transport


@dataclass(slots=True)
class Turn:
    """One turn as it goes: the conversation it started from, its step, and its answer once there is one."""

    messages: Sequence[Message]
    step: Step = field(default_factory=lambda: Step(()))
    answer: Message | None = None


class Agent:
    """A resolved agent with what it needs to run. Shared by nothing; holds no conversation."""

    def __init__(
        self,
        resolved: ResolvedAgent,
        transport: Transport,
        health: Health,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.resolved = resolved
        self._chain = Chain(resolved, transport, health, random=jitter)

    async def run(self, turn: Turn) -> AsyncGenerator[list[Event], None]:
        """Yield the turn's events from `start` to `finish`; `turn.answer` is set before `finish`.

        Raises `SparewheelError` when the turn cannot be answered.
        """
        resolved = self.resolved
        yield [{"type": "start", "agent": resolved.name, "model": resolved.chain[0].ref}]
        step = turn.step
        step.output = self._output()
        step.messages = [*self._instruction(), *turn.messages]
        async with aclosing(self._chain.run(step)) as batches:
            async for batch in batches:
                yield batch
        if step.reason is None:
            raise AssertionError("a chain that returns has an answer")
        turn.answer = step.answer()
        finish: FinishEvent = {"type": "finish", "reason": step.reason, "model": step.model}
        if not turn.answer.text and not turn.answer.tool_calls:
            finish["empty"] = True
        yield [finish]

    def _output(self) -> OutputSchema | None:
        config = self.resolved.structured_output
        if config is None:
            return None
        return OutputSchema(config.name, config.schema_, config.description, config.strict)

    def _instruction(self) -> list[Message]:
        text = self.resolved.instruction
        return [system(text)] if text else []
