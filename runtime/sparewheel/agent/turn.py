"""One turn as it goes: what it started from, what it has come to, and the record that stays of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..chain.step import Step
from ..usage import Usage

if TYPE_CHECKING:
    from ..events import AttemptRecord, Event, FinishReason
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
    tool_calls: int = 0  # that were run
    completed: int = 0  # steps whose answer is in `messages`
    answer: Message | None = None
    reason: FinishReason = "other"
    episode: list[dict[str, Any]] = field(default_factory=list)  # a line a step: model, tools, how long
    task: str = ""  # the call inside which a sub-agent works
    left_out: int = 0  # how many of the first messages a model is no longer shown: there is no room for them
    children: list[Turn] = field(default_factory=list)  # the work of sub-agents
    unsaid: list[Event] = field(default_factory=list)  # of calls that a stop has ended

    def begin_step(self) -> Step:
        """The next step; what the last one cost is added up."""
        self.usage += self.step.usage
        self.steps += 1
        self.step = Step((), records=self.records, reserved=self.step.reserved)
        return self.step

    @property
    def total(self) -> Usage:
        """What the turn has cost up to now."""
        return self.usage + self.step.usage

    def complete_step(self, answer: Message) -> None:
        """A model has answered: from now on this step's work is kept, however the turn ends."""
        self.messages.append(answer)
        self.completed += 1

    def take_back(self) -> None:
        """The last step's answer must not stay."""
        self.messages.pop()
        self.completed -= 1

    @property
    def incomplete(self) -> str:
        """The text of a step that is under way."""
        return "" if self.completed == self.steps else self.step.answer().text

    def close(self) -> list[Event]:
        """What a stop has left to say: what calls had to tell, and the ends of open blocks; sub-agents included."""
        events = [*self.unsaid, *self.step.close()]
        for child in self.children:
            inner = child.close()
            for event in inner:
                event.setdefault("agent", child.agent)
                event.setdefault("task", child.task)
            events += inner
        return events
