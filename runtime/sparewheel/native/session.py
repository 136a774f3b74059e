"""A session that a Python program holds: prompts in, events and results out."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, cast

from ..chain.cancelling import cancelled
from ..errors import ConfigError, SparewheelError
from .clean import Cleaner
from .turn import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from ..events import AbortReason, Event
    from ..page.protocol import TitleEvent
    from ..page.results import Result
    from ..session import Session
    from ..worker.keep import Keep
    from .turn import Batches

    # A function of the program's that takes the events of turns only is one as well.
    Listener = Callable[[Event], object] | Callable[[Event | TitleEvent], object]


class AgentSession:
    """One conversation with an agent; made by `open_agent`. Turns run one at a time, sessions run side by side.

    Every method raises `ConfigError` once the session is closed, except `abort` and `close`.

    Attributes:
        id: the name of the session, in the store if it is kept in one.
        agent: the agent's name.
        models: its chain as `provider/model`, primary first.
        agents: the names of the agents that can take part.
        welcome_message: what the agent file wants users to be greeted with; may be empty.
        warnings: keys of the agent file that have no effect, or not the usual one; the first turn reports them too.
        missing_keys: keys that env lacks, `{name, vendor, models}` each: these models are skipped.
        commands: the agent's commands by name, as the agent file has them.
        restored: the event `restored` if the session was opened from a store with a turn that has no end, else None.
    """

    def __init__(
        self,
        session: Session,
        on_event: Listener | None = None,
        interactive: bool | None = None,
        keep: Keep | None = None,
    ) -> None:
        team = session.team
        root = team.agents[team.root]
        self.id = keep.name if keep else secrets.token_hex(8)
        self.agent = root.name
        self.models = [spec.ref for spec in root.chain]
        self.agents = list(team.agents)
        self.welcome_message = root.welcome_message
        self.warnings = list(team.warnings)
        self.missing_keys = list(team.missing_keys)
        self.commands = {name: command.model_dump(exclude_defaults=True) for name, command in root.commands.items()}
        self._session = session
        self._clean = Cleaner(team.secrets)
        restored = keep.unfinished() if keep else None
        self.restored: dict[str, Any] | None = self._clean.result(restored) if restored else None
        self._on_event = on_event
        self._interactive = interactive
        self._turn: Turn | None = None
        self._closing: asyncio.Task[None] | None = None
        self._listener_failed = False
        session.titles.publish = self._titled

    @property
    def title(self) -> str | None:
        """The title of the conversation; None if there is none (yet). `on_event` gets a `title` event when it comes."""
        title: str | None = self._clean.result(self._session.titles.title)
        return title

    async def stream(self, prompt: str | list[dict[str, Any]]) -> AsyncGenerator[Event, None]:
        """Run a turn and yield its events as they arrive; the last one is `finish`, `error` or `aborted`.

            async for event in session.stream("Why is the sky blue?"):
                if event["type"] == "delta":
                    print(event.get("content", ""), end="")

        The turn starts with the iteration. Leaving the loop early aborts it. A turn that fails does not raise: its
        `error` event carries the facts.

        Args:
            prompt: a text, or parts: `{"type": "text", "text": …}` and `{"type": "file", "file": {"name": …,
                "data": …}}`, with the bytes of a picture, a PDF or a text as base64; 8 MiB together.

        Raises:
            ConfigError: the prompt cannot be sent, or another turn runs in this session.
            SparewheelError: the turn was aborted before its first event (kind `aborted`).
        """
        async with aclosing(self._events(self._session.turn(prompt))) as events:
            async for event in events:
                yield event

    async def resume(self) -> AsyncGenerator[Event, None]:
        """Go on with the last turn, which was interrupted or has failed; yields and raises like `stream`.

        No finished step is asked again, and no finished call runs again. A call that may have had its effect is told by
        `in_doubt`; without a decision (`resolve`) the turn ends with an `error` of kind `in_doubt`; it can still go on.
        """
        async with aclosing(self._events(self._session.resume())) as events:
            async for event in events:
                yield event

    async def resolve(
        self, call_id: str, decision: Literal["done", "again", "skip"], result: str | None = None
    ) -> None:
        """Decide about a call that may have had its effect before its turn was interrupted.

        Args:
            call_id: the `id` of its `in_doubt` event.
            decision: `done`: it has had its effect; `again`: run it, with the same idempotency key; `skip`: do not.
            result: what the model is told, for `done`; None: that it is not known.

        Raises:
            ConfigError: no such call is in doubt, or the decision is unknown.
        """
        self._check_open()
        self._session.resolve(call_id, decision, result)

    async def _events(self, batches: Batches) -> AsyncGenerator[Event, None]:
        arrived: asyncio.Queue[list[Event] | None] = asyncio.Queue()
        turn = await self._begin(batches, arrived.put_nowait, interactive=True)
        turn.on_done(lambda: arrived.put_nowait(None))
        try:
            while (batch := await arrived.get()) is not None:
                for event in batch:
                    yield event
            if not turn.ended:
                self._check(turn)
        finally:
            await self._stop(turn, "consumer")

    async def send(self, prompt: str | list[dict[str, Any]]) -> Result:
        """Run a turn and return its result; `prompt` as for `stream`. Cancelling the caller aborts the turn.

        Raises:
            ConfigError: the prompt cannot be sent, or another turn runs in this session.
            SparewheelError: the turn failed; of kind `aborted` if it was aborted.
        """
        turn = await self._begin(self._session.turn(prompt), interactive=self._on_event is not None)
        try:
            await turn.wait()
        finally:
            await self._stop(turn, "consumer")
        self._check(turn)
        result: Result = self._clean.result(self._session.result)
        return result

    async def confirm(
        self,
        decision: Literal["approve", "approve_tool", "approve_read_only", "approve_all", "reject"] | bool,
        *,
        id: str | None = None,
        tool_name: str | None = None,
        reason: str = "",
        arguments: Mapping[str, Any] | str | None = None,
    ) -> None:
        """Answer a `tool_confirmation`.

        Args:
            decision: True is `approve`, False is `reject`. `approve_tool` also approves later calls of the same tool,
                `approve_all` those of every tool.
            id: the `id` of the event; None: the call that has waited longest.
            tool_name: the tool for `approve_tool`; needed unless `id` names a call of it.
            reason: why a call is rejected; the model reads it.
            arguments: run the call with these instead of the model's: an object, or its JSON text.

        Raises:
            ConfigError: no call waits for approval, the decision is unknown, or the arguments do not match the schema
                of the tool.
        """
        self._check_open()
        self._session.confirm(decision, call_id=id, tool=tool_name, reason=reason, arguments=arguments)

    async def respond_to_elicitation(
        self, id: str, action: Literal["accept", "decline", "cancel"], content: Mapping[str, Any] | None = None
    ) -> None:
        """Answer an `elicitation`: `id` is that of the event, `content` what was filled in, in the shape of its schema.

        Raises:
            ConfigError: no such elicitation waits for an answer, or the action is unknown.
        """
        self._check_open()
        self._session.respond(id, action, dict(content or {}))

    def abort(self) -> None:
        """Abort the running turn, if there is one. Never raises and does not wait."""
        if self._turn is not None:
            self._turn.stop("user")

    async def restart(self) -> None:
        """Forget the conversation; a running turn is aborted first. Approvals and what tools have stored stay."""
        self._check_open()
        if self._turn is not None:
            await self._stop(self._turn, "restart")
        self._session.restart()

    async def messages(self) -> list[dict[str, Any]]:
        """The messages of the conversation after the last turn, without keys."""
        self._check_open()
        messages: list[dict[str, Any]] = self._clean.result([message.to_dict() for message in self._session.history])
        return messages

    async def rename(self, title: str) -> None:
        """Give the session another title in its store. Raises `ConfigError` if it is kept in none."""
        self._check_open()
        if (recorder := self._session.recorder) is None:
            raise ConfigError("The session is kept in no store.")
        recorder.rename(title)
        self._session.titles.give(title)

    async def export(self) -> dict[str, Any]:
        """The conversation as a JSON document, without keys; its `messages` are a `history` for `open_agent`."""
        self._check_open()
        document: dict[str, Any] = self._clean.result(self._session.export())
        return document

    async def close(self) -> None:
        """End the session: abort its turn, wait for it, close its tools. Closing twice is fine."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        if self._turn is not None:
            await self._stop(self._turn, "dispose")
        await self._session.close()
        await cancelled()  # the program may end now

    async def _begin(
        self, batches: Batches, reader: Callable[[list[Event]], object] | None = None, *, interactive: bool
    ) -> Turn:
        await self._let_go()
        self._check_open()
        if self._turn is not None and not self._turn.done:
            raise ConfigError("a run is already active", "Wait for its end, or abort it first.")

        def deliver(batch: list[Event]) -> None:
            events = self._clean.events(batch)
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
