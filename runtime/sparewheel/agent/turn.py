"""The state of one turn, or of a task that a sub-agent works on inside one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..chain.log import AttemptLog
from ..messages import Message, Text
from ..usage import Usage
from .outbox import Outbox

if TYPE_CHECKING:
    from ..chain.chain import Step
    from ..events import Event
    from ..state.session_state import Conversation


@dataclass(slots=True)
class Turn:
    """`conversation` ends with the user's message at first, and grows with every step. `task` is a sub-agent's call."""

    conversation: Conversation
    log: AttemptLog = field(default_factory=AttemptLog)
    outbox: Outbox = field(default_factory=Outbox)
    task: str = ""
    usage: Usage = field(default_factory=Usage)  # of the completed steps and of sub-agents
    step: Step | None = None  # the current one; None before the model is asked
    steps: int = 0
    tool_calls: int = 0  # executed
    completed: int = 0  # steps whose answer is in the conversation
    episode: list[dict[str, Any]] = field(default_factory=list)  # one record per step: model, tools, seconds
    children: list[Turn] = field(default_factory=list)  # tasks of sub-agents

    @property
    def messages(self) -> list[Message]:
        return self.conversation.messages

    @property
    def agent(self) -> str:
        """The agent at work."""
        return self.conversation.agent

    def begin_step(self) -> None:
        """Count the next step, and add up what the last one used."""
        self.usage = self.total
        self.steps += 1
        self.step = None

    @property
    def total(self) -> Usage:
        """What the turn has used up to now."""
        return self.usage + self.step.usage if self.step else self.usage

    def complete_step(self, answer: Message) -> None:
        """Add the answer of a step to the conversation: from now on it stays, however the turn ends."""
        self.messages.append(answer)
        self.completed += 1

    def revert_step(self) -> None:
        """Remove the answer of the last step from the conversation."""
        self.messages.pop()
        self.completed -= 1

    @property
    def partial(self) -> Message | None:
        """The message of the current step up to now; None if there is none or it is empty."""
        message = self.step.answer() if self.step else None
        return message if message and message.parts else None

    @property
    def incomplete(self) -> Message | None:
        """What a step that has not been completed shows: its text and media. None if nothing."""
        partial = self.partial
        if partial is None or self.completed >= self.steps or not (partial.text or partial.media):
            return None
        return Message("assistant", (*([Text(partial.text)] if partial.text else []), *partial.media))

    def close(self) -> list[Event]:
        """Events to emit when the turn ends early: pending ones, and the ends of open blocks; sub-agents included."""
        events = [*self.outbox.take(), *(self.step.close() if self.step else ())]
        for child in self.children:
            events += child.mark(child.close())
        return events

    def mark(self, events: list[Event]) -> list[Event]:
        """Mark the events of a task with its agent and its call, unless a task inside it has done so."""
        for event in events:
            event.setdefault("agent", self.agent)
            event.setdefault("task", self.task)
        return events
