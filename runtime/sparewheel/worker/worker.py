"""The boundary to the page: JSON commands in, JSON events and replies out. The only place that pushes.

`start` makes one `Worker(send)`. After that, the page's texts come through `dispatch(text)` and every message to the
page goes through `send(text)`. Keys are masked here, in one place, with two exceptions: a key that a model repeats in
pieces is masked by the session, and the requests that the page makes keep theirs.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..chain.health import Health
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
    ExportSession,
    FillPrompt,
    ForkSession,
    ImportSession,
    MergeHealth,
    Nothing,
    OfSession,
    OpenSession,
    Prefer,
    RenameSession,
    Resolve,
    Respond,
    Resume,
    Send,
    SetUpCode,
    Skip,
    StoredSession,
    TakeOver,
    Update,
    UseStore,
)
from ..page.model import PageTransport
from ..page.options import Params
from ..page.writer import Writer
from ..redaction.redact import redact
from ..tools.python.blocking import on_blocking
from ..transports.demo import DemoTransport
from ..transports.router import RoutingTransport, network_transport
from .factory import describe
from .files import agents_of, parse_config
from .inbox import read_message
from .network import NetworkCommands
from .opened import Opened, OpenSessions
from .opener import Opener
from .options import read_params, secrets_in
from .sessions import StoredSessions
from .tape import Tape
from .tracing import Tracing
from .turns import Turns, this_task

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..page.call_messages import CallCancel, CallCredit, HostCall, Piece
    from ..page.results import Result, SessionCreated
    from ..transports.base import Transport

_P = TypeVar("_P", bound=Params)


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
        self._open = OpenSessions()
        self._turns = Turns(self._push)
        self._opening: dict[str, asyncio.Task[Any]] = {}  # commands `chat` whose agent file is being read
        on_blocking(lambda seconds: self._push({"type": "blocking", "seconds": seconds}))
        self._stored = StoredSessions(self._open, self._close)
        network = NetworkCommands(self._health)
        self._tape = Tape(self._transport, self._open, self._writer, self._calls, self._push)
        tracing = Tracing(self._writer)
        made = (self._open, self._transport, self._health, self._calls, self._writer, self._push, self._tape, tracing)
        self._opener = Opener(*made)
        self._tasks: set[asyncio.Task[None]] = set()  # the event loop has only weak references
        self._handlers = dict(
            (
                _handle("parse_config", AgentFile, parse_config),
                _handle("list_agents", AgentFile, agents_of),
                _handle("create_session", CreateSession, self._create_session),
                _handle("send", Send, self._send_prompt),
                _handle("resume", Resume, self._resume),
                _handle("resolve", Resolve, self._open.resolve),
                _handle("chat", Chat, self._chat),
                _handle("abort", Abort, self._abort),
                _handle("restart", OfSession, self._restart),
                _handle("update", Update, self._opener.update),
                _handle("prefer", Prefer, self._opener.prefer),
                _handle("skip", Skip, self._opener.skip),
                _handle("export", OfSession, self._open.export),
                _handle("chain", OfSession, self._open.chain),
                _handle("prompts", OfSession, self._open.prompts),
                _handle("fill_prompt", FillPrompt, self._open.fill_prompt),
                _handle("code_setup", SetUpCode, self._open.code_setup),
                _handle("close", OfSession, self._close),
                _handle("confirm", Confirm, self._open.confirm),
                _handle("respond", Respond, self._open.respond),
                _handle("online", Nothing, network.online),
                _handle("offline", Nothing, network.offline),
                _handle("health", MergeHealth, network.merge),
                _handle("known_health", Nothing, network.known),
                _handle("use_store", UseStore, self._stored.use),
                _handle("list_sessions", Nothing, self._stored.rows),
                _handle("open_session", OpenSession, self._open_stored),
                _handle("rename_session", RenameSession, self._stored.rename),
                _handle("delete_session", StoredSession, self._stored.delete),
                _handle("export_session", ExportSession, self._stored.export),
                _handle("import_session", ImportSession, self._stored.import_),
                _handle("fork_session", ForkSession, self._stored.fork),
                _handle("messages", OfSession, self._stored.messages),
                _handle("take_over", TakeOver, self._take_over),
                _handle("flush", Nothing, self._stored.flush),
            )
        )
        self._handlers |= self._tape.handlers | tracing.handlers

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

    async def _create_session(self, params: CreateSession) -> SessionCreated:
        self._open.check_free(params.session)
        keep = await self._stored.new(params)
        opened = await self._opener.open(params, params.history, keep)
        return describe(opened.session, keep)

    async def _open_stored(self, params: OpenSession) -> SessionCreated:
        self._open.check_free(params.session)
        keep = await self._stored.stored(params)
        opened = await self._opener.open(params, [], keep)
        if keep.followed and opened.driver:
            opened.driver.follow()  # after the reply
        return describe(opened.session, keep)

    async def _take_over(self, params: TakeOver) -> SessionCreated:
        opened = self._open.find(params)
        if opened.driver is None:
            raise ConfigError("The session is not stored.")
        taken = await opened.driver.take_over(lambda: self._opener.renew(opened), if_free=bool(params.if_free))
        created = describe(opened.session, opened.kept)
        if opened.driver.following is not None:
            created["read_only"] = True
        if taken:
            self._turns.mirror(opened)
        else:
            created.pop("restored", None)  # the page has it
        return created

    async def _send_prompt(self, params: Send) -> Result:
        opened = await self._open.ready(params)
        self._tape.turn(opened.session.history, params.prompt)
        answer = opened.session.answer([params.prompt], **params.wishes)
        return await self._turns.run_mirrored(opened, answer, params.interactive)

    async def _resume(self, params: Resume) -> Result:
        opened = await self._open.ready(params)
        return await self._turns.run_mirrored(opened, opened.session.resume(**params.wishes), params.interactive)

    async def _chat(self, params: Chat) -> Result:
        if not params.messages or params.messages[-1].role != "user":
            raise ConfigError("chat: the last message must be from the user")
        self._opening[params.session] = this_task()
        try:
            opened = await self._opener.open(params, [])
        finally:
            del self._opening[params.session]
        try:
            return await self._turns.run(opened, opened.session.answer(params.messages))
        finally:
            self._retire(opened)
            await opened.session.close()

    async def _abort(self, params: Abort) -> None:
        """A session without a turn is left as it is."""
        for name, task in self._opening.items():
            if params.session in (None, name):
                task.cancel()
        for opened in list(self._open.values()):
            if params.session in (None, opened.name):
                opened.abort(params.reason)

    async def _restart(self, params: OfSession) -> None:
        opened = self._open.driven(params)
        await opened.stop("restart")
        opened.session.restart()
        self._turns.mirror(opened)

    async def _close(self, params: OfSession) -> None:
        """Idempotent: closing a session that is not open is no error."""
        opened = self._open.get(params.session)
        if opened is not None:
            self._retire(opened)
            if opened.driver is not None:
                opened.driver.close()
            await opened.stop("dispose")
            await opened.session.close()

    # ------------------------------------------------------------------------------------------------------------

    def _hide_early(self, command: dict[str, Any]) -> None:
        """Mask the secrets of a command until its reply is sent, also if it is not valid."""
        if secrets := secrets_in(command):
            owner = object()
            self._writer.hide(owner, secrets)
            this_task().add_done_callback(lambda _: self._writer.forget(owner))

    def _retire(self, opened: Opened) -> None:
        """Take no more commands for the session. Its secrets are masked until the reply to this command is sent."""
        self._open.pop(opened.name, None)
        this_task().add_done_callback(lambda _: self._writer.forget(opened))

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


def _readable(error: SparewheelError) -> dict[str, Any]:
    """An error of an agent file may quote the file, where a key may stand in place of its name."""
    fields = error.to_dict()
    return fields | {name: redact(fields[name]) for name in ("message", "hint")}
