"""Records one session: its facts, its row in lists, and its turns."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...titles import first_words
from .backend import StoreFailed
from .headers import Header, tidy_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ...events import Event
    from ...messages import Message
    from .records import Record, RecordType
    from .store import Store


_MAX_READ: Final = 10_000  # characters of a prompt, of which fewer become a title


class Hiding(Protocol):
    """Removes the secrets of a session, as from the events of a page."""

    def write(self, payload: Record) -> str:
        """The JSON text of a record."""

    def hidden(self, text: str) -> str:
        """A text."""

    def hide(self, owner: str, secrets: Iterable[str]) -> None:
        """The secrets of `owner` are these from now on."""


class Previous(Protocol):
    """A turn that is over, or was interrupted.

    Attributes:
        numbers: ranges of the numbers of its records.
        spent: the usage of each attempt.
    """

    numbers: list[tuple[int, int]]
    spent: list[dict[str, Any]]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """How it went (`course`)."""

    def shown(self) -> dict[int, tuple[str, str]]:
        """The text and the reasoning of the step that has not ended, by attempt; 0 stands for the last one."""

    def compacted(self) -> list[Record]:
        """The one record that replaces the others. Empty if it would be too large, or there is only that one."""


@dataclass(slots=True)
class Facts:
    """What is known of a session beside its turns: values by key, and the number of the record that has each.

    Keys: `origin` (`{agent, created}`), `file` (text of the agent file), `state` (approvals, budgets, the agent that
    answers and its model), and `text/NAME` for each text that tools have stored.
    """

    values: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)


class Recorder:
    """Writes the journal of one session. Nothing here blocks or raises; `settled` waits.

    Attributes:
        session: the name of the session in the store.
        header: the row of the session in lists.
        failure: why nothing is recorded any more.
        previous: the last turn, whose records are not compacted yet.
    """

    def __init__(
        self,
        store: Store,
        header: Header,
        hiding: Hiding,
        now: Callable[[], datetime],
        *,
        facts: Facts | None = None,
        state: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.store = store
        self.session = header["id"]
        self.header = header
        self.failure: StoreFailed | None = None
        self._reported = False
        self._hiding = hiding
        self._now = now
        self.previous: Previous | None = None
        self._facts = facts or Facts()
        self._state = state

    @property
    def durable(self) -> bool:
        return self.store.durable

    # Facts of the session ---------------------------------------------------------------------------------------

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Record a new session."""
        known = {key: value for key, value in facts.items() if value is not None}
        self.append(*(self._fact(key, value) for key, value in known.items()), header=self._touched())

    def set_fact(self, key: str, value: Any) -> None:
        """Record a fact of the session, if it is new. None removes it."""
        if self._facts.values.get(key) != value:
            self.append(self._fact(key, value))

    def hide(self, secrets: Iterable[str]) -> None:
        """Mask these secrets in what is recorded from now on, instead of those before."""
        self._hiding.hide("session", secrets)

    async def change(self, file: str | None, agent: str) -> None:
        """The session goes on with another agent file, whose text may not be stored (None).

        Returns when that is durable. A failure of the storage is reported by the next turn.
        """
        self.header = self.header | {"agent": agent}
        self.set_fact("file", file)
        self.append(*self.sync_state(), header=self._touched())
        await self._flush()

    async def save_state(self) -> None:
        """Record the session's state now. A failure of the storage is reported by the next turn."""
        self.append(*self.sync_state())
        await self._flush()

    async def _flush(self) -> None:
        if self.failure is None and self.durable:
            with suppress(StoreFailed):
                await self.store.flush(self.session)

    def rename(self, title: str) -> None:
        """Give the session another title."""
        self.header = self.header | {"title": self.clean_title(title)}
        self.append(header=self._touched())

    def clean_title(self, title: str) -> str:
        return tidy_title(self._hiding.hidden(title))

    def sync_state(self) -> list[Record]:
        """The record of the session's state, if it has changed."""
        state = dict(self._state())
        return [] if self._facts.values.get("state") == state else [self._fact("state", state)]

    # Turns ------------------------------------------------------------------------------------------------------

    def begin_turn(self, prompt: Record, messages: Sequence[Message]) -> int:
        """Record a prompt; the records of the turn before are replaced by one. Returns the number of the record."""
        if not self.header["title"]:
            self.header = self.header | {
                "title": tidy_title(first_words(self._hiding.hidden(_beginning(messages[-1]))))
            }
        self.header = self.header | {"state": "running"}
        before, self.previous = self.previous, None
        compacted = before.compacted() if before else []
        drop = before.numbers if before and compacted else []
        return self.append(*compacted, prompt, header=self._touched(), drop=drop)

    def go_on(self, prompt: Record, *, ended: bool) -> tuple[int, list[tuple[int, int]]]:
        """Record that the last turn goes on; its records stay. Returns the number of the record and those of the turn.

        `ended`: the turn had an end, and counts already.
        """
        before, self.previous = self.previous, None
        self.header = self.header | {"state": "running", "turns": self.header["turns"] - ended}
        return self.append(prompt, header=self._touched()), list(before.numbers) if before else []

    def end_turn(self, turn: Previous, records: Sequence[Record]) -> None:
        """Record the last records of a turn, and that the session is idle."""
        self.previous = turn
        in_doubt = records[-1].get("error", {}).get("kind") == "in_doubt"
        self.header = self.header | {"turns": self.header["turns"] + 1, "state": "in_doubt" if in_doubt else "idle"}
        last = self.append(*records, header=self._touched())
        turn.numbers.append((last - len(records) + 1, last))
        self.append(*self.sync_state())

    def forget_turns(self) -> None:
        """The conversation starts anew: drop the records of all turns."""
        self.previous = None
        self.header = self.header | {"turns": 0}
        kept = sorted(self._facts.numbers.values())
        gaps = zip([0, *kept], [*kept, self.store.last(self.session) + 1], strict=True)
        drop = [(low + 1, high - 1) for low, high in gaps if high - low > 1]
        self.append(*self.sync_state(), header=self._touched(), drop=drop)

    # ------------------------------------------------------------------------------------------------------------

    def make(self, kind: RecordType, **fields: Any) -> Record:
        """A record of now."""
        return {"type": kind, "at": self._at(), **fields}

    def append(self, *records: Record, header: Header | None = None, drop: Sequence[tuple[int, int]] = ()) -> int:
        """Queue records without secrets. Facts replace their former records. Returns the number of the last one."""
        self.failure = self.failure or self.store.lost.get(self.session)
        if self.failure is not None or not self.store.drives(self.session):
            return 0  # what a tool has left running may still change something after the session was closed
        outdated = [self._facts.numbers.get(record.get("key", "")) for record in records]
        replaced = [(seq, seq) for seq in outdated if seq is not None]
        last = self.store.append(self.session, records, header, [*drop, *replaced], write=self._hiding.write)
        for seq, record in enumerate(records, last - len(records) + 1):
            if record["type"] == "session":
                self._facts.numbers[record["key"]] = seq
        return last

    async def settled(self, batch: list[Event]) -> list[Event]:
        """`batch`, when everything is durable; with a warning before it, once, if the storage has failed."""
        warning = await self._settle()
        return batch if warning is None else [{"type": "warning", "message": warning}, *batch]

    async def settled_at_last(self, batch: list[Event]) -> tuple[list[Event], asyncio.CancelledError | None]:
        """Like `settled`, even if the task is cancelled meanwhile: that error is returned, for after the batch."""
        if not self.durable:
            return await self.settled(batch), None
        settling = asyncio.ensure_future(self.settled(batch))
        cancelled: asyncio.CancelledError | None = None
        while not settling.done():
            try:
                await asyncio.wait({settling})
            except asyncio.CancelledError as error:
                cancelled = error
        return settling.result(), cancelled

    async def close(self) -> None:
        """Let another driver have the session."""
        await self.store.release(self.session)

    async def _settle(self) -> str | None:
        failure = self.failure
        if failure is None and self.durable:
            try:
                await self.store.flush(self.session)
            except StoreFailed as error:
                failure = error
        if (failure is not None) is self._reported:
            return None
        self._reported = failure is not None
        if failure is None:
            return "This session is stored again, with everything since the storage failed."
        return f"This session is not stored any more: {failure.info.message} {failure.info.hint}"

    def _fact(self, key: str, value: Any) -> Record:
        if value is None:
            self._facts.values.pop(key, None)
        else:
            self._facts.values[key] = value
        return self.make("session", key=key, value=value)

    def _touched(self) -> Header:
        self.header = self.header | {"updated": self._at()}
        return self.header

    def _at(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")


def _beginning(prompt: Message) -> str:
    """The beginning of a prompt; of one without text, the names of its files."""
    return prompt.text[:_MAX_READ] or ", ".join(file.label for file in prompt.files)


def new_header(session: str, title: str, now: datetime) -> Header:
    """The row of a session that is created now, whose agent is not known yet."""
    at = now.astimezone(UTC).isoformat(timespec="milliseconds")
    return {"id": session, "title": title, "agent": "", "created": at, "updated": at, "turns": 0, "state": "idle"}
