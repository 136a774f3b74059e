"""One driver a session: the turns of a session that another tab drives are shown here, until this one takes it over."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..state.journal import StoreFailed
from ..state.journal.restore import restore
from ..state.journal.retelling import Retelling
from ..state.journal.shelf import open_elsewhere

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from ..config.specs import ResolvedTeam
    from ..events import Event
    from ..messages import Message
    from ..session import Session
    from ..state.journal import News, Store

_GONE: Final = "The tab that ran this turn is gone."


class Following:
    """Shows the turns of a session that another driver runs, from what it stores."""

    def __init__(self, store: Store, session: str, team: ResolvedTeam, show: Callable[[list[Event]], None]) -> None:
        models = {name: agent.chain[0].ref for name, agent in team.agents.items() if agent.chain}
        self._store = store
        self._session = session
        self._show = show
        self._retelling = Retelling(models)
        self._last = 0  # number of the last record that has been shown
        self._reading = asyncio.Lock()

    async def begin(self) -> None:
        """Show the turn that runs, if there is one, from its beginning."""
        async with self._reading:
            journal = await self._store.read(self._session)
            ended = {str(record.get("turn")) for record in journal.records if record["type"] == "end"}
            running = [record for record in journal.records if record.get("turn") not in {None, *ended}]
            self._retelling.leave_out(ended)
            self._last = journal.last
            self._show(self._retelling.take(running))

    async def catch_up(self) -> None:
        """Show what has been stored since the last time."""
        async with self._reading:
            journal = await self._store.read(self._session, self._last)
            self._last = max(self._last, journal.last)
            self._show(self._retelling.take(journal.records))

    def break_off(self) -> None:
        """End the turn that is shown: its driver is gone."""
        self._show(self._retelling.break_off(_GONE))

    async def history(self) -> list[Message]:
        """The messages of the conversation as they are stored."""
        return restore(await self._store.read(self._session)).history


class Driven(Protocol):
    """An open session, under the name that the page gives it."""

    name: str
    session: Session

    async def idle(self) -> None:
        """Wait until no turn runs."""


class Driver:
    """Whether this worker drives an open session, and what changes that. `push` sends messages to the page.

    Attributes:
        following: how the session is shown while another driver has it; None while this worker drives it.
    """

    def __init__(self, store: Store, opened: Driven, session: str, push: Callable[[dict[str, Any]], None]) -> None:
        self.following: Following | None = None
        self._store = store
        self._opened = opened
        self._session = session
        self._push = push
        self._tasks: set[asyncio.Task[Any]] = set()  # the event loop has only weak references
        self._taking: asyncio.Task[None] | None = None
        self._end_watch = store.watch(session, self._hear) if store.durable else None

    def check(self) -> None:
        """Raise `SparewheelError` (open_elsewhere) unless this worker drives the session."""
        if self.following is not None:
            raise open_elsewhere()

    def follow(self) -> None:
        """Show the other driver's turns from now on."""
        self.following = self._follow()
        self._run(self.following.begin())

    async def take_over(self, rebuild: Callable[[], Awaitable[None]], *, if_free: bool = False) -> bool:
        """Become the driver: returns when the other one has handed the session over, or is gone.

        `rebuild` makes the session from what is stored by then. With `if_free` the other one is not asked, and keeps
        the session if it is there. Returns whether this worker has become the driver.
        """
        if self.following is None:
            return False
        if if_free and (self._taking or not await self._store.claim(self._session)):
            return False
        if self._taking is None:
            self._taking = asyncio.ensure_future(self._take(self.following, rebuild))
            self._taking.add_done_callback(self._taken)
        await asyncio.shield(self._taking)
        return True

    async def _take(self, following: Following, rebuild: Callable[[], Awaitable[None]]) -> None:
        self._store.ask_for(self._session)
        await self._store.claim(self._session, wait=True)
        try:
            await following.catch_up()
            following.break_off()
            await rebuild()
        except BaseException:
            await self._store.release(self._session)
            raise
        self.following = None
        if await self._store.wanted(self._session):  # by a third one, which has asked the former driver
            self._run(self._hand_over())

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._taking = None
        if not task.cancelled():
            task.exception()  # the command reports it

    def close(self) -> None:
        if self._end_watch is not None:
            self._end_watch()
        for task in [*self._tasks, *([self._taking] if self._taking else ())]:
            task.cancel()

    def _hear(self, news: News) -> None:
        if news == "records" and self.following is not None:
            self._run(self.following.catch_up())
        elif news == "wanted" and self.following is None:
            self._run(self._hand_over())

    async def _hand_over(self) -> None:
        self.following = following = self._follow()  # from now on no turn begins
        await self._opened.idle()
        with contextlib.suppress(StoreFailed):
            await following.begin()  # before the other one can write: from here on its records are shown
        await self._store.release(self._session)
        event = {"type": "driver", "turn": None, "seq": None, "read_only": True}
        self._push({"type": "notice", "session": self._opened.name, "event": event})

    def _follow(self) -> Following:
        return Following(self._store, self._session, self._opened.session.team, self._show)

    def _show(self, events: list[Event]) -> None:
        if events:
            self._push({"type": "events", "session": self._opened.name, "events": events})

    def _run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something until the session is closed."""
        task = asyncio.ensure_future(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _quietly(work: Coroutine[Any, Any, Any]) -> None:
    """What cannot be read now is read with the next news."""
    with contextlib.suppress(StoreFailed):
        await work
