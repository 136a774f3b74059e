"""The state of one turn, or of a task that a sub-agent works on inside one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..chain.health import Health
from ..chain.log import AttemptLog
from ..chain.question import WhatIf
from ..messages import Message, Text
from ..providers.history import NOT_RUN
from ..state.effects import Effects
from ..usage import Usage
from .outbox import Outbox
from .unfinished import Unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..annotations import Annotation
    from ..chain.background import ResumeState
    from ..chain.step import Step
    from ..errors import Fault
    from ..events import Event
    from ..state.session_state import Conversation
    from ..tools.base import ToolResult
    from .calls import Calls
    from .recalled import RecalledStep


@dataclass(slots=True)
class Turn:
    """`conversation` ends with the user's message at first, and grows with every step. `task` is a sub-agent's call.

    `name` is the id of the turn in events and records, `start` the number of its first message.
    """

    conversation: Conversation
    start: int = 0
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    log: AttemptLog = field(default_factory=AttemptLog)
    outbox: Outbox = field(default_factory=Outbox)
    task: str = ""
    usage: Usage = field(default_factory=Usage)  # of the completed steps and of sub-agents
    step: Step | RecalledStep | None = None  # the current one; None before the model is asked
    answer: Message | None = None  # of the current step, once it is in the conversation
    calls: Calls | None = None  # of that answer, once they are announced
    steps: int = 0
    tool_calls: int = 0  # executed
    completed: int = 0  # steps whose answer is in the conversation
    episode: list[dict[str, Any]] = field(default_factory=list)  # one record per step: model, tools, seconds
    children: list[Turn] = field(default_factory=list)  # tasks of sub-agents
    prompts: int = 1  # messages of the turn before its first step; the last of them is the user's
    results: dict[str, ToolResult] | None = None  # by id, of calls that ran before the turn was interrupted
    reattach: Mapping[str, Any] | None = None  # the `resume_state` of the coming step, which was interrupted
    on_resumable: Callable[[], object] = lambda: None  # called when there is a `resume_state`
    on_task: Callable[[str, str, list[Message]], object] = lambda *_: None  # a sub-agent's: call, agent and messages
    model: str | None = None  # `provider/model` that the user wants to be asked first
    what_if: WhatIf | None = None  # a failure that the user wants to see
    effects: Effects = field(init=False)

    def __post_init__(self) -> None:
        self.effects = Effects(self.name)

    @classmethod
    def resumed(cls, unfinished: Unfinished) -> Turn:
        """The turn again, with what is done in it."""
        now = unfinished.now
        turn = cls(replace(now, messages=list(now.messages)), unfinished.start, unfinished.name)
        turn.prompts, turn.results = unfinished.prompts, unfinished.results
        turn.reattach = unfinished.reattach
        turn.log = AttemptLog(before=unfinished.attempts)
        turn.effects = Effects(unfinished.name, unfinished.effects)
        answers = [message for message in unfinished.messages[unfinished.prompts :] if message.role == "assistant"]
        turn.steps = turn.completed = len(answers)
        if answers and unfinished.messages[-1] is answers[-1]:
            turn.answer = answers.pop()
        turn.tool_calls = sum(len(answer.tool_calls) for answer in answers)
        return turn

    def wish(self, model: str | None, fault: Fault | None) -> None:
        """Ask `model` first, and let the first attempt fail with `fault`."""
        self.model = model
        self.what_if = WhatIf(fault, Health()) if fault else None

    def unfinished(self, before: Conversation) -> Unfinished:
        """What there is of the turn now, which has failed. `before` is the conversation without it."""
        now = replace(self.conversation, messages=list(self.messages))
        known = self.effects.known
        return Unfinished(
            self.name, before, now, self.start, self.prompts, dict(self.results or {}), known, self.log.last
        )

    @property
    def messages(self) -> list[Message]:
        return self.conversation.messages

    @property
    def prompt(self) -> Message:
        """The user's message that it answers."""
        return self.messages[self.start + self.prompts - 1]

    @property
    def agent(self) -> str:
        """The agent at work."""
        return self.conversation.agent

    @property
    def resume_state(self) -> ResumeState | None:
        """With which the step under way can be taken up; None if it cannot."""
        return self.step.resume_state if self.step else None

    def begin_step(self) -> None:
        """Count the next step, and add up what the last one used."""
        self.usage = self.total
        self.steps += 1
        self.step = self.answer = self.calls = None

    @property
    def total(self) -> Usage:
        """What the turn has used up to now."""
        return self.usage + self.step.usage if self.step else self.usage

    def complete_step(self, answer: Message) -> None:
        """Add the answer of a step to the conversation: from now on it stays, however the turn ends."""
        self.messages.append(answer)
        self.answer = answer
        self.completed += 1

    def cite(self, sources: Sequence[Annotation]) -> Message:
        """The answer of the last step, with the sources that results of its calls quote."""
        at = next(at for at in reversed(range(len(self.messages))) if self.messages[at].role == "assistant")
        answer = self.messages[at]
        if sources:
            answer = replace(answer, annotations=(*answer.annotations, *sources))
            self.messages[at] = self.answer = answer
        return answer

    def revert_step(self) -> None:
        """Remove the answer of the last step from the conversation."""
        self.messages.pop()
        self.answer = None
        self.completed -= 1

    def answer_calls(self) -> None:
        """Give every call of the last answer a result: the turn may have ended before its calls."""
        last = next((number for number, message in enumerate(reversed(self.messages)) if message.role != "tool"), 0)
        answered = {message.tool_call_id for message in self.messages[len(self.messages) - last :]}
        for call in self.messages[-1 - last].tool_calls:
            if call.id not in answered:
                self.messages.append(Message("tool", (Text(NOT_RUN),), tool_call_id=call.id))

    @property
    def partial(self) -> Message | None:
        """The message of the current step up to now; None if there is none or it is empty."""
        message = self.answer or (self.step.answer() if self.step else None)
        return message if message and message.parts else None

    @property
    def incomplete(self) -> Message | None:
        """What a step that has not been completed shows: its text and media. None if nothing."""
        partial = self.partial
        if partial is None or self.completed >= self.steps or not (partial.text or partial.media):
            return None
        return Message("assistant", (*([Text(partial.text)] if partial.text else []), *partial.media))

    def close(self) -> list[Event]:
        """Events to emit when the turn ends early: pending ones, ends of blocks and calls; sub-agents included."""
        events = [*self.outbox.take(), *(self.step.close() if self.step else ())]
        for child in self.children:
            events += child.mark(child.close())
        return [*events, *(self.calls.stop() if self.calls else ())]

    def mark(self, events: list[Event]) -> list[Event]:
        """Mark the events of a task with its agent and its call, unless a task inside it has done so."""
        for event in events:
            event.setdefault("agent", self.agent)
            event.setdefault("task", self.task)
        return events
