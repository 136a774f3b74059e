"""One turn as it goes: what it started from, what it has come to, and the record that stays of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..resilience.chain import Step
from ..usage import Usage

if TYPE_CHECKING:
    from ..events import AttemptRecord, FinishReason
    from ..messages import Message


@dataclass(slots=True)
class Turn:
    """`messages` is the conversation, which grows by what the steps bring; the last one given is the user's."""

    messages: list[Message]
    agent: str = ""  # who is at work
    records: list[AttemptRecord] = field(default_factory=list)  # of all its attempts
    usage: Usage = field(default_factory=Usage)  # of the steps that are over
    step: Step = field(default_factory=lambda: Step(()))  # the one under way, or the last one
    steps: int = 0
    answer: Message | None = None
    reason: FinishReason = "other"
    episode: list[dict[str, Any]] = field(default_factory=list)  # a line a step: model, tools, how long
    given: int = 0  # how many messages it started with

    def __post_init__(self) -> None:
        self.given = len(self.messages)

    def begin_step(self) -> Step:
        """The next step; what the last one cost is added up."""
        self.usage += self.step.usage
        self.steps += 1
        self.step = Step((), records=self.records)
        return self.step

    @property
    def total(self) -> Usage:
        """What the turn has cost up to now."""
        return self.usage + self.step.usage

    @property
    def progressed(self) -> bool:
        """Whether a step is complete: then its work is kept, however the turn ends."""
        return len(self.messages) > self.given
