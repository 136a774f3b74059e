"""Opens sessions: reads the agent file, makes the session, and gives it its place among the open ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ..config.loading import load_in_slices
from ..errors import ConfigError
from ..page.commands import Chat, CreateSession
from . import changes
from .factory import make_session, same_team
from .following import Driver
from .keep import known_session
from .opened import Opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..chain.health import Health
    from ..config.schema import AgentFile
    from ..config.specs import ResolvedTeam
    from ..messages import Message
    from ..page.calls import HostCalls
    from ..page.commands import OpenSession, Prefer, Skip, Update
    from ..page.results import ModelChoices, SessionCreated
    from ..page.writer import Writer
    from ..session import Session
    from ..transports.base import Transport
    from .keep import Keep
    from .opened import OpenSessions
    from .tape import Tape
    from .tracing import Tracing

_Params: TypeAlias = "CreateSession | OpenSession | Chat"


@dataclass(frozen=True, slots=True)
class Opener:
    """Makes sessions with what a worker has. `push` sends messages to the page."""

    sessions: OpenSessions
    transport: Transport
    health: Health
    calls: HostCalls
    writer: Writer
    push: Callable[[dict[str, Any]], None]
    tape: Tape
    tracing: Tracing

    async def open(self, params: _Params, history: list[Message], keep: Keep | None = None) -> Opened:
        """Open a session; `keep` is where it is stored, and is closed if that fails. Raises `ConfigError`."""
        name = params.session
        if isinstance(params, Chat) and params.events == "outcome" and params.interactive:
            raise ConfigError("chat: interactive needs all events: questions are events", "Leave one of them out.")
        try:
            file = await _file(params, keep)
            self.sessions.check_free(name)
            session = self._make(file, params, history, keep)
        except BaseException:
            if keep is not None:
                await keep.close()
            raise
        opened = Opened(name, session, params, keep, mirrored=len(session.history))
        if isinstance(params, Chat) and params.events == "outcome":
            opened.outcome = []
        self.tracing.watch(opened)
        if keep is not None and keep.failure is None:
            opened.driver = Driver(keep.store, opened, keep.name, self.push)
            session.runner.warnings += keep.warnings()
        self._hide(opened)
        self.sessions[name] = opened
        return opened

    async def renew(self, opened: Opened) -> None:
        """Make an open session again from what is stored by now."""
        assert opened.keep is not None
        keep = await known_session(opened.keep.store, opened.keep.name)
        keep.file = keep.file or opened.keep.file
        session = self._make(await _file(opened.params, keep), opened.params, [], keep)
        former, opened.session, opened.keep = opened.session, session, keep
        self._hide(opened)
        await former.runner.toolbox.close()

    # Changes, whose code few sessions need.

    async def update(self, params: Update) -> SessionCreated:
        """See `changes`."""
        return await changes.update(self, params)

    async def prefer(self, params: Prefer) -> ModelChoices:
        """See `changes`."""
        return await changes.prefer(self, params)

    async def skip(self, params: Skip) -> ModelChoices:
        """See `changes`."""
        return await changes.skip(self, params)

    def _make(self, file: AgentFile, params: _Params, history: list[Message], keep: Keep | None) -> Session:
        name = params.session
        # One that is there already can be looked at without a key, and gets one by `update`.
        needs_key = isinstance(params, Chat) or (isinstance(params, CreateSession) and not params.again)
        made = (name, file, self.tape.fit(params), history, self.transport, self.health, self.calls, keep)
        team = self._known_team(params) if isinstance(params, Chat) else None
        session = make_session(*made, needs_key=needs_key, team=team, check=self.tracing.check)
        if keep is not None:
            session.titles.publish = partial(self._titled, name)
        return session

    def _known_team(self, params: Chat) -> ResolvedTeam | None:
        """That of the chat which was opened last, if it has the same file and keys: of many prompts, most have."""
        last = next(reversed(self.sessions.values()), None)
        if last is None or not isinstance(last.params, Chat) or not same_team(last.params, params):
            return None
        return last.session.team

    def _hide(self, opened: Opened) -> None:
        opened.session.secrets.watch(partial(self.writer.hide, opened))

    def _titled(self, session: str, title: str) -> None:
        event = {"type": "title", "turn": None, "seq": None, "title": title}
        self.push({"type": "notice", "session": session, "event": event})


async def _file(params: _Params, keep: Keep | None) -> AgentFile:
    """The agent file of a session. Raises `ConfigError`."""
    return await load_in_slices(keep.file if keep else params.yaml)
