"""Recordings of the sessions of a Python program: made, or played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..chain.health import Health
from ..errors import ConfigError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from contextlib import ExitStack

    from ..recordings.player import Player
    from ..recordings.recorder import Recorder
    from ..session import Session
    from ..transports.router import RoutingTransport


@dataclass(frozen=True, slots=True)
class Tape:
    """What records the requests of sessions, or answers them. `health` is of their own: a replay is not the world."""

    recorder: Recorder | None
    player: Player | None
    health: Health | None

    def put_in(self, transport: RoutingTransport, session: Session) -> None:
        """Let the requests of `session` go through this."""
        tape = self.player or self.recorder
        if tape is not None:
            transport.tap = tape.tap(lambda: session.secrets.values)

    def env(self, env: Mapping[str, str]) -> Mapping[str, str]:
        """The env of a session: a replay has its own keys."""
        if self.recorder is not None:
            self.recorder.keys(env)
        return env if self.player is None else self.player.env(env)


NO_TAPE = Tape(None, None, None)


def tape_in(
    stack: ExitStack,
    record: str | os.PathLike[str] | None,
    replay: str | os.PathLike[str] | None,
    *,
    timed: bool,
) -> Tape:
    """The tape of the options `record` and `replay`, until `stack` is closed. Raises `ConfigError`."""
    if record is not None and replay is not None:
        raise ConfigError("record and replay cannot be combined", "A replay makes no requests that could be recorded.")
    if record is not None:
        from ..recordings.files import recorder_to

        return Tape(stack.enter_context(recorder_to(record)), None, None)
    if replay is not None:
        from ..recordings.files import load
        from ..recordings.player import Player

        return Tape(None, Player(load(replay), timed=timed), Health())
    return NO_TAPE
