"""A turn that was interrupted or has failed, so that it can go on: what is done in it is not done again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..providers.history import NOT_RUN, STOPPED
from ..tools.base import ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..messages import Message
    from ..state.effects import Effect
    from ..state.session_state import Conversation


@dataclass(slots=True)
class Unfinished:
    """What there is of the turn.

    Attributes:
        name: its id.
        before: the conversation without the turn.
        now: the conversation with what is done of the turn; from number `start` on its messages are the turn's.
        prompts: how many of these are its prompt.
        results: those of calls of the last step that have run, by the id of the call.
        effects: the calls that change something.
        attempts: how many attempts it has made: the next one has the number after that.
        ended: the turn has failed: a terminal event was shown.
        reattach: the `resume_state` of the step under way.
    """

    name: str
    before: Conversation
    now: Conversation
    start: int
    prompts: int
    results: dict[str, ToolResult] = field(default_factory=dict)
    effects: Sequence[Effect] = ()
    attempts: int = 0
    ended: bool = True
    reattach: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Take the results of the last step out of its messages: those of calls that have not run are none."""
        messages = self.now.messages
        while len(messages) > self.start and messages[-1].role == "tool":
            result = messages.pop()
            self.results.setdefault(result.tool_call_id or "", ToolResult(result.text, media=result.media))
        ran = {call: result for call, result in self.results.items() if result.output not in (NOT_RUN, STOPPED)}
        self.results = ran

    @property
    def doubts(self) -> list[str]:
        """Ids of the calls of which it is not known whether they have had their effect."""
        return [effect.call for effect in self.effects if effect.state == "intended"]

    @property
    def messages(self) -> list[Message]:
        """Those of the turn."""
        return self.now.messages[self.start :]
