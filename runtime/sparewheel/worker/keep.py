"""Ties a session to its journal: a new one is recorded, a stored one gets back what it was."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError
from ..jsontext import whole
from ..page.writer import Writer
from ..redaction.redact import redact
from ..state.journal import StoreFailed
from ..state.journal.headers import MAX_NAME, tidy_title
from ..state.journal.recorder import Recorder, new_header
from ..state.journal.restore import restore
from ..state.journal.shelf import missing, open_elsewhere, take
from ..state.journal.turn_log import given_history
from ..state.saved import dump_state, load_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..agent import Runner
    from ..config.specs import ResolvedTeam
    from ..messages import Message
    from ..page.results import Restored as RestoredEvent
    from ..state.journal import Header, Store
    from ..state.journal.restore import Restored
    from ..state.session_state import SessionState

_UNGUARDED: Final = (
    "This page is not in a secure context (https), so two tabs can use a stored session at the same time: "
    "open each session in one tab only."
)
_MAX_FILE: Final = 200_000  # characters
_TEXT: Final = "text/"  # before the key of a text that a tool has stored


@dataclass(slots=True)
class Keep:
    """Where a session is kept: its row in lists, the text of its agent file, and what is stored of it already."""

    store: Store
    header: Header
    file: str
    restored: Restored | None = None
    failure: StoreFailed | None = None  # why the session is not kept
    followed: bool = False  # another driver has the session

    @property
    def name(self) -> str:
        return self.header["id"]

    async def close(self) -> None:
        """Let another driver have the session."""
        await self.store.release(self.name)

    def recorder(self, team: ResolvedTeam, state: SessionState, runner: Callable[[], Runner]) -> Recorder:
        """The recorder of the session. Raises `ConfigError` if its name or title has a secret of `team`."""
        hiding = Writer()
        hiding.hide("session", team.secrets)
        if hiding.hidden(self.header["id"]) != self.header["id"]:
            raise ConfigError("The id of a session must not contain a key.")
        self.header["title"] = hiding.hidden(self.header["title"])
        self.header["agent"] = self.header["agent"] or team.root
        recorder = Recorder(
            self.store,
            self.header,
            hiding,
            _now,
            facts=self.restored.facts if self.restored else None,
            state=lambda: dump_state(state, runner().budgets),
        )
        recorder.failure = self.failure
        return recorder

    def texts(self) -> dict[str, str]:
        """The texts that tools have stored, by key."""
        facts = self.restored.facts.values if self.restored else {}
        found = {key.removeprefix(_TEXT): value for key, value in facts.items() if key.startswith(_TEXT)}
        return {key: value for key, value in found.items() if isinstance(value, str)}

    def unfinished(self) -> RestoredEvent | None:
        """The event that tells of a turn that was interrupted, or has ended in doubt about a call."""
        turn = self.restored.turns[-1] if self.restored and self.restored.turns else None
        if (
            turn is None
            or not turn.prompts
            or not (turn.end is None or turn.end.get("error", {}).get("kind") == "in_doubt")
        ):
            return None
        return {
            "type": "restored",
            "turn": None,
            "seq": None,
            "interrupted": turn.id,
            "partial": turn.text(),
            "state": "in_doubt" if turn.in_doubt else "interrupted",
        }

    def warnings(self) -> list[str]:
        """What the user of the session has to know."""
        return [] if getattr(self.store.backend, "guarded", True) else [_UNGUARDED]

    def begin(self, recorder: Recorder, team: ResolvedTeam, runner: Runner, history: list[Message]) -> None:
        """Record a new session, or give the stored one its state back."""
        if self.restored is None:
            recorder.begin({"origin": {"agent": team.root}, "file": storable(self.file)})
            self.store.write_now()
            if history:
                recorder.append(given_history(recorder, team.root, history))
            return
        if not self.followed:
            recorder.set_fact("file", storable(self.file))
        load_state(self.restored.facts.values.get("state"), runner.state, runner.budgets, team.agents)
        runner.state.choices.fit(team)
        recorder.previous = self.restored.turns[-1] if self.restored.turns else None
        if self.restored.lost:
            runner.warnings.append(f"{self.restored.lost} records of the stored session could not be read.")


def storable(file: str) -> str | None:
    """The text of an agent file, unless something in it looks like a key, or it is too long to be searched."""
    return file if len(file) <= _MAX_FILE and redact(file) == file else None


def text_changed(recorder: Recorder | None) -> Callable[[str, str | None], None]:
    """Records a text that a tool has stored, or deleted."""
    return lambda key, text: recorder.set_fact(_TEXT + key, text) if recorder else None


def check_name(name: str) -> None:
    """Raise `ConfigError` for what cannot be the name of a stored session."""
    if not 0 < len(name) <= MAX_NAME or whole(name) != name:
        raise ConfigError(f"id must have 1 to {MAX_NAME} characters")


async def new_session(store: Store, file: str, name: str | None = None, title: str = "") -> Keep:
    """Where a new session is kept, after this store has become its driver. If the storage fails, it is not kept.

    Raises:
        ConfigError: the name cannot be one, or is taken.
        SparewheelError: kind `open_elsewhere`: another tab or process has a session of this name.
    """
    if name is not None:
        check_name(name)
    keep = Keep(store, new_header(name or secrets.token_hex(8), tidy_title(title), _now()), file)
    if store.drives(keep.name):
        raise ConfigError(f"There is a session {name!r} already.", "Choose another id.")
    try:
        if not await store.claim(keep.name):
            raise open_elsewhere()
        if name and await store.header(name) is not None:
            await store.release(name)
            raise ConfigError(f"There is a stored session {name!r} already.", "Open it, or choose another id.")
    except StoreFailed as error:
        keep.failure = error
    return keep


async def stored_session(store: Store, name: str) -> Keep:
    """Where a stored session is kept, after this store has become its driver.

    Raises:
        ConfigError: there is no such session.
        SparewheelError: kind `open_elsewhere`: another tab or process drives it; kind `storage`.
    """
    await take(store, name)
    try:
        return await known_session(store, name)
    except BaseException:
        await store.release(name)
        raise


async def known_session(store: Store, name: str) -> Keep:
    """Like `stored_session`, for a session that this store drives already, or does not want to drive."""
    if (header := await store.header(name)) is None:
        raise missing(name)
    restored = restore(await store.read(name))
    if restored.future:
        raise StoreFailed("future", "A newer version has written this session; it is left as it is.")
    file = restored.facts.values.get("file")
    return Keep(store, header, file if isinstance(file, str) else "", restored)


def _now() -> datetime:
    return datetime.now(UTC)
