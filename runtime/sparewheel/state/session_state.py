"""The state of a session, which all its agents, tools and turns share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..redaction.learned import LearnedSecrets
from .answers import Answers
from .approvals import Approvals
from .choices import Choices
from .doubts import Doubts
from .results import LongResults

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from ..chain.chain import Chain
    from ..config.specs import ResolvedAgent
    from ..hooks.engine import Hook
    from ..messages import Message
    from ..usage import Usage
    from .journal.recorder import Recorder
    from .journal.turn_log import TurnLog


@dataclass(slots=True)
class Conversation:
    """`messages`, without the instruction, and the `agent` that answers. Models no longer see the first `left_out`."""

    messages: list[Message]
    agent: str
    left_out: int = 0


@dataclass(slots=True)
class SessionState:
    """`conversation` is that of the running turn while there is one. `hooks` are the caller's, beside the agent file's.

    `permissions` are patterns of tool names by rule: allow, ask, deny. `texts` are what tools have stored, by key.
    """

    conversation: Conversation
    approvals: Approvals = field(default_factory=lambda: Approvals(interactive=False))
    hooks: list[Hook] = field(default_factory=list)
    permissions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    results: LongResults = field(default_factory=LongResults)
    answers: Answers = field(default_factory=Answers)
    questions: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)  # open elicitations by id
    model: str | None = None  # picked by an agent that may choose its model
    recorder: Recorder | None = None  # where the session is stored
    log: TurnLog | None = None  # of the running turn
    doubts: Doubts = field(default_factory=Doubts)
    texts: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)  # what tools keep in memory, by key
    choices: Choices = field(default_factory=Choices)
    secrets: LearnedSecrets = field(default_factory=LearnedSecrets)  # that came while the session was open
    sign_ins: dict[Hashable, Any] = field(default_factory=dict)  # to servers, by what they are for
    spend: Callable[[Usage, float], None] = lambda *_: None  # counts what tools have models do: tokens, US dollars
    side_chain: Callable[[ResolvedAgent], Chain | None] = lambda _: None  # its models, for a request beside its turns
    trace: bool = False  # requests to models are reported as events

    def forget(self, agent: str) -> None:
        """Start a new conversation, answered by `agent`. Approvals of the user stay."""
        self.conversation = Conversation([], agent)
        self.model = None
        self.results = LongResults()

    def respond(self, question: object, action: object, content: object = None) -> None:
        """Answer an elicitation. `content` is what the user filled in; anything but a dict counts as empty.

        Raises:
            ConfigError: the action is unknown, or no elicitation with this id waits for an answer.
        """
        if action not in ("accept", "decline", "cancel"):
            raise ConfigError(f'unknown elicitation action "{action}" (accept, decline, cancel)'[:300])
        future = self.questions.get(question) if isinstance(question, str) else None
        if future is None or future.done():
            raise ConfigError("no such elicitation is pending", "It may have been answered or stopped.")
        future.set_result({"action": action, "content": content if isinstance(content, dict) else {}})
