"""The sessions of a worker that are open, by the names that the page gives them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..errors import ConfigError
from ..events import is_terminal
from ..tools.base import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..events import AbortReason, Event
    from ..page.code_messages import CodeSetup
    from ..page.commands import (
        Chat,
        Confirm,
        CreateSession,
        FillPrompt,
        OfSession,
        OpenSession,
        Resolve,
        Respond,
        SetUpCode,
    )
    from ..page.results import ChainState, FilePart, ServerPrompt, TextPart
    from ..session import Session
    from .following import Driver
    from .keep import Keep


@dataclass(slots=True, eq=False)
class Opened:
    """A session, what it was made of, and the tasks of the commands that run its turns."""

    name: str
    session: Session
    params: CreateSession | OpenSession | Chat
    keep: Keep | None = None  # where it is stored
    driver: Driver | None = None  # of a stored session
    mirrored: int = 0  # messages of the conversation that the page has
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    outcome: list[Event] | None = None  # kept for the end of a turn of which the page wants nothing else
    watch: Callable[[list[Event]], None] | None = None  # sees all events
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while the agent file or the keys change
    waiting: set[asyncio.Task[None]] = field(default_factory=set)  # commands whose turn begins after that

    def shown(self, batch: list[Event]) -> list[Event]:
        """What the page gets now that these events have come."""
        if self.watch is not None:
            self.watch(batch)
        if self.outcome is None:
            return batch
        self.outcome += [event for event in batch if event["type"] == "usage" or is_terminal(event)]
        return self.outcome if is_terminal(batch[-1]) else []

    async def stop(self, reason: AbortReason) -> None:
        """Abort the session's turn and wait for its terminal event."""
        self.abort(reason)
        await self.idle()

    @property
    def kept(self) -> Keep:
        """Where it is stored. Raises `ConfigError` for the session of a `chat`."""
        if self.keep is None:
            raise ConfigError("The session is not stored.")
        return self.keep

    async def changed(self) -> None:
        """Wait until the changes that were asked for before are made. An abort cancels the task."""
        if not self.changing.locked():
            return
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self.waiting.add(task)
        try:
            async with self.changing:
                pass
        finally:
            self.waiting.discard(task)

    def abort(self, reason: AbortReason) -> None:
        """Stop the session's turn, or those that wait to begin."""
        self.session.abort(reason)
        for task in self.waiting:
            task.cancel()

    async def idle(self) -> None:
        """Wait until no turn runs."""
        await asyncio.gather(*self.tasks, return_exceptions=True)


class OpenSessions(dict[str, Opened]):
    """Open sessions by name."""

    def check_free(self, name: str) -> None:
        """Raise `ConfigError` if the name is in use."""
        if name in self:
            raise ConfigError("session must be a name that is not in use")

    def find(self, params: OfSession) -> Opened:
        """The session that a command is about. Raises `ConfigError` if it is not open."""
        opened = self.get(params.session)
        if opened is None:
            raise ConfigError("session is closed")
        return opened

    async def export(self, params: OfSession) -> dict[str, Any]:
        """The conversation of a session as a document."""
        return self.find(params).session.export()

    async def chain(self, params: OfSession) -> ChainState:
        """The chains of a session, with the state of their models."""
        return self.find(params).session.runner.standing()

    async def prompts(self, params: OfSession) -> list[ServerPrompt]:
        """The prompts of the servers of the agent that answers."""
        if not (sources := self.driven(params).session.runner.prompting()):
            return []
        from ..agent.prompts import list_prompts  # few agents have servers

        return await list_prompts(sources)

    async def fill_prompt(self, params: FillPrompt) -> list[TextPart | FilePart]:
        """One of them, filled in. Raises `ConfigError`."""
        from ..agent.prompts import fill_prompt

        sources = self.driven(params).session.runner.prompting()
        return await fill_prompt(sources, params.server, params.name, params.arguments)

    async def code_setup(self, params: SetUpCode) -> CodeSetup | None:
        """What a run of the page is given by the code toolset of the agent that answers, or of the first other one."""
        for toolset in self.find(params).session.runner.coding():
            try:
                return await toolset.setup(params.code)
            except ToolError as error:
                raise ConfigError(str(error)) from None
        return None

    def driven(self, params: OfSession) -> Opened:
        """Like `find`, for what only the driver of the session can do. Raises `SparewheelError` (open_elsewhere)."""
        opened = self.find(params)
        if opened.driver is not None:
            opened.driver.check()
        return opened

    async def ready(self, params: OfSession) -> Opened:
        """Like `driven`, for a turn: waits until the changes of the session that were asked for before are made."""
        await self.driven(params).changed()
        return self.driven(params)

    def stored_as(self, name: str) -> Opened | None:
        """The session that the store keeps under this name, if it is open."""
        for opened in self.values():
            if (recorder := opened.session.recorder) is not None and recorder.session == name:
                return opened
        return None

    # What users decide ------------------------------------------------------------------------------------------

    async def confirm(self, params: Confirm) -> None:
        session = self.find(params).session
        session.confirm(
            params.decision,
            call_id=params.id,
            tool=params.tool_name,
            reason=params.reason,
            arguments=params.arguments,
        )

    async def respond(self, params: Respond) -> None:
        self.find(params).session.respond(params.id, params.action, params.content)

    async def resolve(self, params: Resolve) -> None:
        self.find(params).session.resolve(params.id, params.decision, params.result)
