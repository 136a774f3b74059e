"""The way of a worker's requests: to the network, through the page, into a recording, or answered by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..errors import ConfigError
from ..page.fetch import PageFetchTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from ..messages import Message
    from ..page.calls import HostCalls
    from ..page.commands import Nothing, SetRecording, UseRecording
    from ..page.options import AgentOptions
    from ..page.writer import Writer
    from ..recordings.player import Player
    from ..recordings.recorder import Recorder
    from ..transports.router import RoutingTransport
    from .opened import OpenSessions

_Options = TypeVar("_Options", bound="AgentOptions")


class Tape:
    """Sets what `transport` does. What recordings need is imported when there is one."""

    def __init__(
        self,
        transport: RoutingTransport,
        sessions: OpenSessions,
        writer: Writer,
        calls: HostCalls,
        push: Callable[[dict[str, Any]], None],
    ) -> None:
        self._transport = transport
        self._sessions = sessions
        self._writer = writer
        self._calls = calls
        self._push = push
        self._recorder: Recorder | None = None
        self._player: Player | None = None

    @property
    def handlers(self) -> dict[str, Callable[[Any], Awaitable[Any]]]:
        """Of commands."""
        return {
            "use_page_fetch": self.use_page_fetch,
            "record": self.record,
            "replay": self.replay,
        }

    async def use_page_fetch(self, params: Nothing) -> None:
        """The command: the page makes the requests."""
        self._transport.network = PageFetchTransport(self._calls)

    async def record(self, params: SetRecording) -> None:
        """The command: send a line for each exchange of any session, or no longer. Raises `ConfigError`."""
        if self._player is not None:
            raise ConfigError("A replay makes no requests that could be recorded.")
        if not params.on:
            self._recorder = self._transport.tap = None
            return
        from ..recordings.recorder import Recorder

        self._recorder = Recorder(lambda line: self._push({"type": "recorded", "line": line}))
        self._transport.tap = self._recorder.tap(lambda: self._writer.secrets)
        for opened in self._sessions.values():
            self._recorder.keys(opened.params.env)

    async def replay(self, params: UseRecording) -> None:
        """The command: answer every request with a recording. Raises `ConfigError` if it is none."""
        from ..recordings.form import read_recording
        from ..recordings.player import Player

        self._recorder = None
        self._player = Player(read_recording(params.recording), timed=params.timed)
        self._transport.tap = self._player.tap(lambda: self._writer.secrets)

    def fit(self, options: _Options) -> _Options:
        """The options of a session, which in a replay has the keys of the recording."""
        if self._recorder is not None:
            self._recorder.keys(options.env)
        return options if self._player is None else options.model_copy(update={"env": self._player.env(options.env)})

    def turn(self, history: Sequence[Message], prompt: Message) -> None:
        """A turn begins."""
        if self._recorder is not None:
            self._recorder.turn([message.to_dict() for message in [*history, prompt]], self._writer.hidden)
