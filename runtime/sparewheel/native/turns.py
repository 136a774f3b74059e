"""Runs the turns of a session that a Python program holds, one at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

from ..errors import ConfigError, Fault, SparewheelError
from ..messages import parse_prompt
from .clean import Cleaner
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence

    from ..events import AbortReason, Event
    from ..page.protocol import TitleEvent
    from ..page.results import Result
    from ..recordings.recorder import Recorder
    from ..session import Session
    from .turn import Batches

    # A function of the program's that takes the events of turns only is one as well.
    Listener = Callable[[Event], object] | Callable[[Event | TitleEvent], object]

Prompt: TypeAlias = str | list[dict[str, Any]]


class Turns:
    """The turns of `session`: prompts in, events and results out, without secrets."""

    def __init__(self, session: Session, on_event: Listener | None, interactive: bool | None) -> None:
        self._session = session
        self._clean = Cleaner(session)
        self._on_event = on_event
        self._interactive = interactive
        self._turn: Turn | None = None
        self._closing: asyncio.Task[None] | None = None
        self._listener_failed = False
        self._recorder: Recorder | None = None
        self._traced: Callable[[Iterable[Mapping[str, Any]]], None] | None = None
        session.titles.publish = self._titled

    def stream(
        self, prompt: Prompt, *, model: str | None = None, fault: Fault | None = None
    ) -> AsyncGenerator[Event, None]:
        """Run a turn and yield its events as they arrive; the last one is `finish`, `error` or `aborted`.

            async for event in session.stream("Why is the sky blue?"):
                if event["type"] == "delta":
                    print(event.get("content", ""), end="")

        The turn starts with the iteration. Leaving the loop early aborts it. A turn that fails does not raise: its
        `error` event carries the facts.

        Args:
            prompt: a text, or parts: `{"type": "text", "text": …}` and `{"type": "file", "file": {"name": …,
                "data": …}}`, with the bytes of a picture, a PDF or a text as base64; 8 MiB together.
            model: `provider/model` of the chain that is asked first in this turn.
            fault: a kind of failure that the first attempt simulates, to see what the chain does.

        Raises:
            ConfigError: the prompt cannot be sent, or another turn runs in this session.
            SparewheelError: the turn was aborted before its first event (kind `aborted`).
        """
        return self._events(lambda: self._ask(prompt, model, fault))

    def resume(self, *, model: str | None = None, fault: Fault | None = None) -> AsyncGenerator[Event, None]:
        """Go on with the last turn, which was interrupted or has failed; takes, yields and raises like `stream`.

        No finished step is asked again, and no finished call runs again. A call that may have had its effect is told by
        `in_doubt`; without a decision (`resolve`) the turn ends with an `error` of kind `in_doubt`; it can still go on.
        """
        return self._events(lambda: self._session.resume(model=model, fault=fault))

    # One generator, not one in another: a loop that ends closes all of them at the same time.
    async def _events(self, batches: Callable[[], Batches]) -> AsyncGenerator[Event, None]:
        arrived: asyncio.Queue[list[Event] | None] = asyncio.Queue()
        turn = await self._begin(batches(), arrived.put_nowait, interactive=True)
        turn.on_done(lambda: arrived.put_nowait(None))
        try:
            while (batch := await arrived.get()) is not None:
                for event in batch:
                    yield event
            if not turn.ended:
                self._check(turn)
        finally:
            await self._stop(turn, "consumer")

    async def send(self, prompt: Prompt, *, model: str | None = None, fault: Fault | None = None) -> Result:
        """Run a turn and return its result; takes what `stream` takes. Cancelling the caller aborts the turn.

        Raises:
            ConfigError: the prompt cannot be sent, or another turn runs in this session.
            SparewheelError: the turn failed; of kind `aborted` if it was aborted.
        """
        turn = await self._begin(self._ask(prompt, model, fault), interactive=self._on_event is not None)
        try:
            await turn.wait()
        finally:
            await self._stop(turn, "consumer")
        self._check(turn)
        result: Result = self._clean.result(self._session.result)
        return result

    def _ask(self, prompt: Prompt, model: str | None, fault: Fault | None) -> Batches:
        if fault is not None and fault not in get_args(Fault):
            raise ConfigError(f"fault: {fault!r} is unknown"[:200], f"There are: {', '.join(get_args(Fault))}.")
        message = parse_prompt(prompt)
        if self._recorder is not None:
            messages = [*self._session.history, message]
            self._recorder.turn([each.to_dict() for each in messages], self._session.secrets.sought.hidden)
        return self._session.answer([message], model=model, fault=fault)

    def abort(self) -> None:
        """Abort the running turn, if there is one. Never raises and does not wait."""
        if self._turn is not None:
            self._turn.stop("user")

    async def _begin(
        self, batches: Batches, reader: Callable[[list[Event]], object] | None = None, *, interactive: bool
    ) -> Turn:
        await self._let_go()
        self._check_open()
        if self._turn is not None and not self._turn.done:
            raise ConfigError("a run is already active", "Wait for its end, or abort it first.")

        def deliver(batch: list[Event]) -> None:
            events = self._clean.events(batch)
            if self._traced is not None:
                self._traced(events)
            if reader is not None:
                reader(events)
            if self._on_event is not None:
                self._tell(self._on_event, events)

        self._session.interactive = interactive if self._interactive is None else self._interactive
        self._turn = Turn(self._session, batches, deliver)
        return self._turn

    async def _let_go(self) -> None:
        """Wait for the end of a turn that has been left or stopped.

        Python closes an iterator that a loop has left in a task of its own, which runs after two passes of the event
        loop at the latest.
        """
        for _ in range(2):
            if self._turn is not None and not self._turn.ending:
                await asyncio.sleep(0)
        if self._turn is not None and self._turn.ending:
            await self._turn.wait()

    async def _stop(self, turn: Turn, reason: AbortReason) -> None:
        turn.stop(reason)
        await turn.wait()

    def _check(self, turn: Turn) -> None:
        failure = turn.failure
        if failure is not None:
            raise self._clean.error(failure) if isinstance(failure, SparewheelError) else failure

    def _titled(self, title: str) -> None:
        if self._on_event is not None:
            event: TitleEvent = {"type": "title", "turn": None, "seq": None, "title": self._clean.result(title)}
            self._tell(self._on_event, [event])

    def _check_open(self) -> None:
        if self._closing is not None:
            raise ConfigError("session is closed")

    def _tell(self, listener: Listener, events: Sequence[Event | TitleEvent]) -> None:
        """The first exception of a listener is reported; it stops neither the turn nor the listener."""
        for event in events:
            try:
                cast("Callable[[Any], object]", listener)(event)
            except Exception as error:
                if not self._listener_failed:
                    self._listener_failed = True
                    report = {"message": "an event listener of a session raised", "exception": error}
                    asyncio.get_running_loop().call_exception_handler(report)
