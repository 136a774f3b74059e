"""What belongs to a session and is shared by all its agents and turns: approvals, questions, hooks, long results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ConfigError
from .approvals import Approvals
from .results import LongResults

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    from ..config.specs import ResolvedAgent
    from ..hooks.engine import Hook
    from ..tools.base import Toolset

OpenToolsets: TypeAlias = "Callable[[ResolvedAgent], Sequence[Toolset]]"


def _no_toolsets(_: ResolvedAgent) -> Sequence[Toolset]:
    return ()


@dataclass(slots=True)
class Context:
    """`open_toolsets` gives an agent's sources of tools, once; `ask_user` shows an `elicitation` and waits."""

    approvals: Approvals = field(default_factory=lambda: Approvals(interactive=False))
    open_toolsets: OpenToolsets = _no_toolsets
    hooks: list[Hook] = field(default_factory=list)  # the embedder's, beside those of the agent file
    results: LongResults = field(default_factory=LongResults)
    questions: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)  # open elicitations by id
    current: str | None = None  # who a handoff has left in charge, for the turns to come
    model: str | None = None  # the model that the agent has picked, if it may
    permissions: Mapping[str, Sequence[str]] = field(default_factory=dict)  # allow, ask, deny: patterns of tool names

    def forget(self) -> None:
        """A new conversation begins; what the user has granted stays."""
        self.current = self.model = None
        self.results = LongResults()

    def respond(self, question: object, action: object, content: object = None) -> None:
        """Answer an elicitation. `content` is what the user filled in; anything but a dict counts as nothing.

        Raises:
            ConfigError: the action is unknown, or no elicitation with this id waits for an answer.
        """
        if action not in ("accept", "decline", "cancel"):
            raise ConfigError(f'unknown elicitation action "{action}" (accept, decline, cancel)'[:300])
        future = self.questions.get(question) if isinstance(question, str) else None
        if future is None or future.done():
            raise ConfigError("no such elicitation is pending", "It may have been answered or stopped.")
        future.set_result({"action": action, "content": content if isinstance(content, dict) else {}})
