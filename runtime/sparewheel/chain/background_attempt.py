"""An attempt whose response is generated in the background: it goes on over several connections."""

from __future__ import annotations

from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..errors import ErrorInfo, ProviderError, SparewheelError
from ..jsontext import write
from ..providers.assembly import Assembly
from ..providers.reader import BodyReader, explain
from ..providers.registry import wire_format
from .attempt import Attempt
from .background import Background
from .catchup import unseen
from .lasting import LastingTransport
from .runaway import Runaway

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from ..config.chains import BackoffConfig
    from ..config.schema import TimeoutsConfig
    from ..events import AttemptRecord, Event
    from ..providers.base import ModelRequest
    from ..transports.base import HttpRequest, Transport
    from .background import ResumeState
    from .health import Health
    from .question import Question


_NOT_WHOLE: Final = ErrorInfo(
    "stream_truncated", "The stream that was taken up lacks a part of the answer.", "Trying again usually helps."
)


class BackgroundAttempt(Attempt):
    """Like `Attempt`. When it ends early, for whatever reason, the response is cancelled."""

    def __init__(
        self, request: ModelRequest, record: AttemptRecord, background: Background, *, empty_is_fine: bool
    ) -> None:
        super().__init__(request, record, empty_is_fine=empty_is_fine)
        self._background = background
        self._next = background.first()  # the request of the coming connection; None for the first one
        self._decoder = wire_format(self.spec.api).decoder(self.assembly, self.spec)

    @property
    def resume_state(self) -> ResumeState | None:
        return self._background.state(self.number, self.assembly.chars)

    async def run(
        self, transport: Transport, limits: TimeoutsConfig, max_bytes: int = 0
    ) -> AsyncGenerator[list[Event], None]:
        """Yield the events of all connections. See `Attempt.run`."""
        background = self._background
        first = LastingTransport(transport, background.is_known, partial(background.left, transport))
        try:
            while True:
                connections = transport if self._next else first
                try:
                    async with aclosing(super().run(connections, limits, max_bytes)) as batches:
                        async for batch in batches:
                            yield batch
                    return
                except SparewheelError as error:
                    if not background.can_go_on(error):
                        raise
                    failure = error
                if batch := self.assembly.drain():
                    yield batch
                self._next = await background.reconnect(failure, self.assembly.size)
                if self._next is None:
                    break
            async with aclosing(self._document(transport, limits, max_bytes)) as batches:
                async for batch in batches:
                    yield batch
        finally:
            background.leave(transport)

    async def _document(
        self, transport: Transport, limits: TimeoutsConfig, max_bytes: int
    ) -> AsyncGenerator[list[Event], None]:
        """Wait for the whole response, and yield what is missing. Raises the attempt's error."""
        failure: SparewheelError | None = None
        try:
            stored = await self._background.poll(transport, limits)
            self.answering = True
            if batch := self.assembly.drain():
                yield batch
            if stored.is_good:
                yield self._background.resumed(self.number, "document")
            while stored.is_unfinished:
                stored = await self._background.poll(transport, limits)
                if batch := self.assembly.drain():
                    yield batch
            if batch := self._read(stored.body):
                yield batch
        except SparewheelError as error:
            failure = error
        self.assembly.close_all()
        if batch := self.assembly.drain():
            yield batch
        self._conclude(failure or Runaway(self.assembly, max_bytes).excess(batch))

    def _read(self, body: bytes) -> list[Event]:
        """The missing events, from the whole response. Raises why the stream broke if the page shows something else."""
        whole = self._decoded(body)
        batch = unseen(whole.drain(), self.assembly)
        if batch is None:
            raise self._background.cut
        self.assembly = whole
        return batch

    def _decoded(self, body: bytes) -> Assembly:
        """The answer in a whole response. Raises like `BodyReader`."""
        whole = Assembly(self.spec.ref, self.number)
        decoder = wire_format(self.spec.api).decoder(whole, self.spec)
        reader = BodyReader(decoder, whole, partial(explain, spec=self.spec))
        reader.feed(body)
        reader.finish()
        return whole

    @property
    def lost(self) -> bool:
        return self._background.lost

    def _judge(self) -> SparewheelError | None:
        """Like `Attempt._judge`. A stream that was taken up must have come to the text that its last event repeats."""
        if final := self._background.final:
            text = ""
            with suppress(SparewheelError):
                text = self._decoded(write(final).encode()).message().text
            if text not in ("", self.assembly.message().text):
                return ProviderError(_NOT_WHOLE)
        return super()._judge()

    def _request(self) -> HttpRequest:
        return self._next or super()._request()

    def _reader(self, told: Callable[[object], ErrorInfo]) -> BodyReader:
        return self._background.reader(self._decoder, self.assembly, told)

    def _opened(self) -> list[Event]:
        return self._background.resumed(self.number, "stream")

    def _can_go_on(self, failure: SparewheelError) -> bool:
        return self._background.can_go_on(failure)


def background_attempt(
    plain: Attempt,
    state: Mapping[str, Any] | None,
    backoff: BackoffConfig,
    random: Callable[[], float],
    health: Health,
    question: Question,
) -> Attempt:
    """The attempt `plain`, going on over several connections. `state` is that of a response to take up."""
    background = Background(plain.request.spec, backoff, random, health, question, state)
    return BackgroundAttempt(plain.request, plain.record, background, empty_is_fine=plain.empty_is_fine)
