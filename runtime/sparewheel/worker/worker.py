"""The boundary to the page: JSON commands in, JSON events and replies out. The only place that pushes.

`start(send)` is called once by `web/boot/boot.js`. After that, the page's texts come through `dispatch(text)` and every
message to the page goes through `send(text)`. Keys are masked here, in one place, with two exceptions: a key that a
model repeats in pieces is masked by the session, and the requests that the page makes keep theirs.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..chain.health import Health
from ..config.loading import load_in_slices
from ..config.overview import list_agents, overview
from ..errors import ConfigError, ErrorInfo, SparewheelError, internal
from ..jsontext import write
from ..page.calls import HostCalls
from ..page.commands import (
    COMMANDS,
    Abort,
    AgentFile,
    Chat,
    Confirm,
    CreateSession,
    MergeHealth,
    Nothing,
    OfSession,
    Params,
    Respond,
    Send,
)
from ..page.fetch import PageFetchTransport
from ..page.model import PageTransport
from ..page.writer import Writer
from ..redaction.redact import redact
from ..tools.python.blocking import on_blocking
from ..transports.demo import DemoTransport
from ..transports.router import RoutingTransport, network_transport
from .factory import make_session
from .inbox import read_message
from .options import read_params, secrets_in

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from ..events import AbortReason, Event
    from ..messages import Message
    from ..page.call_messages import CallCancel, CallCredit, HostCall, Piece
    from ..page.results import AgentCommand, AgentSummary, HealthEntry, ParsedConfig, Result, SessionCreated
    from ..session import Session
    from ..transports.base import Transport

_P = TypeVar("_P", bound=Params)


@dataclass(slots=True, eq=False)
class _Open:
    """A session and the tasks of the commands that run its turns."""

    name: str
    session: Session
    mirrored: int = 0  # messages of the conversation that the page has
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Worker:
    """Dispatches commands; owns the sessions and every task that runs for them.

    `send` takes one JSON text and must not raise. `transport` takes the network's place in tests.
    """

    def __init__(self, send: Callable[[str], object], transport: Transport | None = None) -> None:
        self._send = send
        self._writer = Writer()
        self._calls = HostCalls(self._push_call)
        special: dict[str, Transport] = {"demo": DemoTransport(), "page": PageTransport(self._calls)}
        self._transport = RoutingTransport(transport or network_transport(), special)
        self._health = Health(lambda entry: self._push({"type": "health", "entry": entry}))
        self._open: dict[str, _Open] = {}
        self._opening: dict[str, asyncio.Task[Any]] = {}  # commands `chat` whose agent file is being read
        on_blocking(lambda seconds: self._push({"type": "blocking", "seconds": seconds}))
        self._tasks: set[asyncio.Task[None]] = set()  # the event loop has only weak references
        self._handlers = dict(
            (
                _handle("parse_config", AgentFile, self._parse_config),
                _handle("list_agents", AgentFile, self._list_agents),
                _handle("create_session", CreateSession, self._create_session),
                _handle("send", Send, self._send_prompt),
                _handle("chat", Chat, self._chat),
                _handle("abort", Abort, self._abort),
                _handle("restart", OfSession, self._restart),
                _handle("export", OfSession, self._export),
                _handle("close", OfSession, self._close),
                _handle("confirm", Confirm, self._confirm),
                _handle("respond", Respond, self._respond),
                _handle("online", Nothing, self._online),
                _handle("offline", Nothing, self._offline),
                _handle("health", MergeHealth, self._merge_health),
                _handle("known_health", Nothing, self._known_health),
                _handle("use_page_fetch", Nothing, self._use_page_fetch),
            )
        )

    def dispatch(self, text: str) -> None:
        """Take one text of the page: a command, which gets one reply, or a piece of a host call. Never raises."""
        message, problem = read_message(text)
        if message.get("type") == "piece":
            self._calls.deliver(cast("Piece", message))
            return
        task = asyncio.ensure_future(self._run(message, problem))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, command: dict[str, Any], problem: ConfigError | None = None) -> None:
        """Run one command, unless it has a problem. It ends in exactly one reply, whatever fails."""
        reply: dict[str, Any] = {"type": "reply", "id": command.get("id")}
        self._hide_early(command)
        try:
            if problem is not None:
                raise problem
            reply["result"] = await self._call(command)
        except asyncio.CancelledError:
            reply["error"] = SparewheelError(ErrorInfo("aborted", "The turn was aborted.")).to_dict()
            raise
        except SparewheelError as error:
            reply["error"] = _readable(error)
        except Exception as error:  # a defect must not leave the page's promise open
            reply["error"] = SparewheelError(internal(error)).to_dict()
        finally:
            self._push(reply)

    async def _call(self, command: dict[str, Any]) -> Any:
        method = str(command.get("method"))
        params = read_params(method, command.get("params") or {})
        return await self._handlers[method](params)

    # The commands -----------------------------------------------------------------------------------------------

    async def _parse_config(self, params: AgentFile) -> ParsedConfig:
        return overview(await load_in_slices(params.yaml))

    async def _list_agents(self, params: AgentFile) -> list[AgentSummary]:
        return list_agents(await load_in_slices(params.yaml))

    async def _create_session(self, params: CreateSession) -> SessionCreated:
        opened = await self._open_session(params, params.history)
        team = opened.session.team
        root = team.agents[team.root]
        return {
            "agent": root.name,
            "models": [spec.ref for spec in root.chain],
            "agents": list(team.agents),
            "welcome_message": root.welcome_message,
            "warnings": list(team.warnings),
            "commands": {
                name: cast("AgentCommand", command.model_dump(exclude_defaults=True))
                for name, command in root.commands.items()
            },
        }

    async def _send_prompt(self, params: Send) -> Result:
        opened = self._find(params)
        try:
            return await self._turn(opened, opened.session.turn(params.prompt), params.interactive)
        finally:
            self._mirror(opened)

    async def _chat(self, params: Chat) -> Result:
        if not params.messages or params.messages[-1].role != "user":
            raise ConfigError("chat: the last message must be from the user")
        self._opening[params.session] = _this_task()
        try:
            opened = await self._open_session(params, [])
        finally:
            del self._opening[params.session]
        try:
            return await self._turn(opened, opened.session.answer(params.messages))
        finally:
            self._retire(opened)
            await opened.session.close()

    async def _confirm(self, params: Confirm) -> None:
        session = self._find(params).session
        session.confirm(params.decision, call_id=params.id, tool=params.tool_name, reason=params.reason)

    async def _respond(self, params: Respond) -> None:
        self._find(params).session.respond(params.id, params.action, params.content)

    async def _abort(self, params: Abort) -> None:
        """A session without a turn is left as it is."""
        for name, task in self._opening.items():
            if params.session in (None, name):
                task.cancel()
        for opened in list(self._open.values()):
            if params.session in (None, opened.name):
                opened.session.abort(params.reason)

    async def _restart(self, params: OfSession) -> None:
        opened = self._find(params)
        await self._stop(opened, "restart")
        opened.session.restart()
        self._mirror(opened)

    async def _export(self, params: OfSession) -> dict[str, Any]:
        return self._find(params).session.export()

    async def _close(self, params: OfSession) -> None:
        """Idempotent: closing a session that is not open is no error."""
        opened = self._open.get(params.session)
        if opened is not None:
            self._retire(opened)
            await self._stop(opened, "dispose")
            await opened.session.close()

    async def _online(self, params: Nothing) -> None:
        self._health.online()

    async def _offline(self, params: Nothing) -> None:
        self._health.went_offline()

    async def _merge_health(self, params: MergeHealth) -> None:
        if isinstance(params.entry, dict):
            self._health.merge(params.entry)

    async def _known_health(self, params: Nothing) -> list[HealthEntry]:
        return cast("list[HealthEntry]", self._health.entries())

    async def _use_page_fetch(self, params: Nothing) -> None:
        self._transport.network = PageFetchTransport(self._calls)

    # ------------------------------------------------------------------------------------------------------------

    async def _open_session(self, params: CreateSession | Chat, history: list[Message]) -> _Open:
        name = params.session
        file = await load_in_slices(params.yaml)
        if name in self._open:
            raise ConfigError("session must be a name that is not in use")
        session = make_session(name, file, params, history, self._transport, self._health, self._calls)
        opened = _Open(name, session, mirrored=len(history))
        self._writer.hide(opened, session.team.secrets)
        self._open[name] = opened
        return opened

    def _hide_early(self, command: dict[str, Any]) -> None:
        """Mask the secrets of a command until its reply is sent, also if it is not valid."""
        if secrets := secrets_in(command):
            owner = object()
            self._writer.hide(owner, secrets)
            _this_task().add_done_callback(lambda _: self._writer.forget(owner))

    def _mirror(self, opened: _Open) -> None:
        """Give the page what the conversation has gained: it creates the session again if this worker dies."""
        messages = opened.session.history
        start = opened.mirrored if opened.mirrored <= len(messages) else 0
        opened.mirrored = len(messages)
        added = [message.to_dict() for message in messages[start:]]
        self._push({"type": "conversation", "session": opened.name, "start": start, "messages": added})

    def _retire(self, opened: _Open) -> None:
        """Take no more commands for the session. Its secrets are masked until the reply to this command is sent."""
        self._open.pop(opened.name, None)
        _this_task().add_done_callback(lambda _: self._writer.forget(opened))

    def _find(self, params: OfSession) -> _Open:
        opened = self._open.get(params.session)
        if opened is None:
            raise ConfigError("session is closed")
        return opened

    async def _turn(
        self, opened: _Open, events: AsyncGenerator[list[Event], None], interactive: bool | None = None
    ) -> Result:
        """Push a turn's events as they come and return its result. `interactive` is set when the turn starts."""
        task = _this_task()
        opened.tasks.add(task)
        try:
            async with aclosing(events) as batches:
                async for batch in batches:
                    if interactive is not None:  # not before: another turn may be under way
                        opened.session.interactive = interactive
                        interactive = None
                    self._push({"type": "events", "session": opened.name, "events": batch})
        finally:
            opened.tasks.discard(task)
        return cast("Result", opened.session.result)

    async def _stop(self, opened: _Open, reason: AbortReason) -> None:
        """Abort the session's turn and wait for its terminal event."""
        opened.session.abort(reason)
        await asyncio.gather(*opened.tasks, return_exceptions=True)

    def clean(self, text: str) -> str:
        """`text`, which goes to the console, without the secrets of the sessions."""
        return self._writer.hidden(text)

    def _push(self, payload: dict[str, Any]) -> None:
        self._send(self._writer.write(payload))

    def _push_call(self, message: HostCall | CallCancel | CallCredit) -> None:
        """A request that the page makes leaves as it is: it needs its key, and only the page's `fetch` gets it."""
        if message["type"] == "call" and message["what"] == "fetch":
            self._send(write(message))
        else:
            self._push(cast("dict[str, Any]", message))


def _handle(
    method: str, model: type[_P], handler: Callable[[_P], Awaitable[Any]]
) -> tuple[str, Callable[[Any], Awaitable[Any]]]:
    """An entry of the table of handlers; `model` must be the one of the protocol."""
    if COMMANDS[method] is not model:
        raise TypeError(f"{method} has the parameters {COMMANDS[method].__name__}")
    return method, handler


def _this_task() -> asyncio.Task[Any]:
    return cast("asyncio.Task[Any]", asyncio.current_task())  # every command runs in a task


def _readable(error: SparewheelError) -> dict[str, Any]:
    """An error of an agent file may quote the file, where a key may stand in place of its name."""
    fields = error.to_dict()
    return fields | {name: redact(fields[name]) for name in ("message", "hint")}
