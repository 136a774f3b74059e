"""The boundary: JSON commands in, JSON events and replies out. The only place that pushes.

`start(send)` is called once by `web/boot/boot.js`. After that the page's commands come through `dispatch(text)` and
everything for the page goes through `send(text)`; no other reference crosses the line, and nothing but text. Keys are
taken out of whatever is said here, so that no other place has to think of it; only of those that come in pieces
the session does, and in the requests themselves they stay where the page makes them.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..chain.health import Health
from ..config.loading import load_agent_file
from ..config.overview import list_agents, overview
from ..errors import ConfigError, ErrorInfo, SparewheelError, internal
from ..jsontext import read, write
from ..messages import parse_messages
from ..page.calls import HostCalls
from ..page.fetch import PageFetchTransport
from ..page.model import PageTransport
from ..page.writer import Writer
from ..redaction.redact import redact
from ..transports.demo import DemoTransport
from ..transports.router import RoutingTransport, network_transport
from .factory import make_session

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from ..events import AbortReason, Event
    from ..messages import Message
    from ..page.protocol import CallCancel, CallCredit, HostCall, Piece
    from ..session import Session
    from ..transports.base import Transport

Params = dict[str, Any]


@dataclass(slots=True, eq=False)
class _Open:
    """A session and who works on it."""

    name: str
    session: Session
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
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly
        self._methods: dict[str, Callable[[Params], Awaitable[Any]]] = {
            "parse_config": self._parse_config,
            "list_agents": self._list_agents,
            "create_session": self._create_session,
            "send": self._send_prompt,
            "chat": self._chat,
            "abort": self._abort,
            "restart": self._restart,
            "export": self._export,
            "close": self._close,
            "online": self._online,
            "health": self._merge_health,
            "known_health": self._known_health,
            "use_page_fetch": self._use_page_fetch,
            "confirm": self._confirm,
            "respond": self._respond,
        }

    def dispatch(self, text: str) -> None:
        """Take one text of the page: a command, which gets one reply, or a piece of a host call. Never raises."""
        try:
            command = read(text)
        except ValueError:
            command = None
        if not isinstance(command, dict):
            command = {}
        if command.get("type") == "piece":
            self._calls.deliver(cast("Piece", command))
            return
        task = asyncio.ensure_future(self._run(command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, command: dict[str, Any]) -> None:
        """One command, supervised: whatever happens, it ends in one reply."""
        reply: dict[str, Any] = {"type": "reply", "id": command.get("id")}
        try:
            reply["result"] = await self._call(command)
        except asyncio.CancelledError:
            reply["error"] = SparewheelError(ErrorInfo("aborted", "The turn was aborted.")).to_dict()
            raise
        except SparewheelError as error:
            reply["error"] = _readable(error)
        except Exception as error:  # a bug of ours must not leave a promise open
            reply["error"] = SparewheelError(internal(error)).to_dict()
        finally:
            self._push(reply)

    async def _call(self, command: dict[str, Any]) -> Any:
        method = self._methods.get(str(command.get("method")))
        params = command.get("params") or {}
        if method is None or not isinstance(params, dict):
            raise ConfigError("The runtime does not know this command.", "Page and runtime must be of one version.")
        return await method(params)

    # The commands -----------------------------------------------------------------------------------------------

    async def _parse_config(self, params: Params) -> Any:
        return overview(load_agent_file(params.get("yaml")))

    async def _list_agents(self, params: Params) -> Any:
        return list_agents(load_agent_file(params.get("yaml")))

    async def _create_session(self, params: Params) -> Any:
        history = parse_messages(params.pop("history", None) or [])
        opened = self._open_session(params, history)
        team = opened.session.agent.team
        root = team.agents[team.root]
        return {
            "agent": root.name,
            "models": [spec.ref for spec in root.chain],
            "agents": list(team.agents),
            "welcome_message": root.welcome_message,
            "commands": {name: command.model_dump(exclude_defaults=True) for name, command in root.commands.items()},
        }

    async def _send_prompt(self, params: Params) -> Any:
        opened = self._find(params)
        return await self._turn(opened, opened.session.turn(params.get("prompt")), params.get("interactive"))

    async def _chat(self, params: Params) -> Any:
        messages = parse_messages(params.pop("messages", None))
        if not messages or messages[-1].role != "user":
            raise ConfigError("chat: the last message must be from the user")
        opened = self._open_session(params, [])
        try:
            return await self._turn(opened, opened.session.answer(messages))
        finally:
            self._retire(opened)
            await opened.session.close()

    async def _confirm(self, params: Params) -> None:
        """The user's word on a tool call that waits for it."""
        call_id, tool = params.get("id"), params.get("toolName")
        self._find(params).session.confirm(
            params.get("decision"),
            call_id=call_id if isinstance(call_id, str) else None,
            tool=tool if isinstance(tool, str) else None,
            reason=str(params.get("reason") or ""),
        )

    async def _respond(self, params: Params) -> None:
        """The user's answer to a question that a tool has asked."""
        self._find(params).session.respond(params.get("id"), params.get("action"), params.get("content"))

    async def _abort(self, params: Params) -> None:
        """Stop the turn of one session, or of all when none is named. A session without a turn is left as it is."""
        name = params.get("session")
        reason: AbortReason = "consumer" if params.get("reason") == "consumer" else "user"
        for opened in list(self._open.values()):
            if name in (None, opened.name):
                opened.session.abort(reason)

    async def _restart(self, params: Params) -> None:
        opened = self._find(params)
        await self._stop(opened, "restart")
        opened.session.restart()

    async def _export(self, params: Params) -> Any:
        return self._find(params).session.export()

    async def _close(self, params: Params) -> None:
        """Idempotent: closing what is not open is no error."""
        opened = self._open.get(str(params.get("session")))
        if opened is not None:
            self._retire(opened)
            await self._stop(opened, "dispose")
            await opened.session.close()

    async def _online(self, params: Params) -> None:
        """The browser says that its network is back."""
        self._health.online()

    async def _merge_health(self, params: Params) -> None:
        """Another tab of this origin tells what it has learnt."""
        entry = params.get("entry")
        if isinstance(entry, dict):
            self._health.merge(entry)

    async def _known_health(self, params: Params) -> Any:
        """Another tab of this origin has been opened, and asks."""
        return self._health.entries()

    async def _use_page_fetch(self, params: Params) -> None:
        """From now on a function of the page makes the requests."""
        self._transport.network = PageFetchTransport(self._calls)

    # ------------------------------------------------------------------------------------------------------------

    def _open_session(self, params: Params, history: list[Message]) -> _Open:
        name = params.get("session")
        if not isinstance(name, str) or not name or name in self._open:
            raise ConfigError("session must be a name that is not in use")
        session = make_session(name, params, history, self._transport, self._health, self._calls)
        opened = _Open(name, session)
        self._writer.hide(opened, session.agent.team.secrets)
        self._open[name] = opened
        return opened

    def _retire(self, opened: _Open) -> None:
        """The session takes no more commands; its secrets stay hidden until the reply to this one is out."""
        self._open.pop(opened.name, None)
        _this_task().add_done_callback(lambda _: self._writer.forget(opened))

    def _find(self, params: Params) -> _Open:
        opened = self._open.get(str(params.get("session")))
        if opened is None:
            raise ConfigError("session is closed")
        return opened

    async def _turn(self, opened: _Open, events: AsyncGenerator[list[Event], None], interactive: object = None) -> Any:
        """Push a turn's events as they come; return its result. `interactive` holds from its start."""
        task = _this_task()
        opened.tasks.add(task)
        try:
            async with aclosing(events) as batches:
                async for batch in batches:
                    if isinstance(interactive, bool):  # not before: another turn may be under way
                        opened.session.interactive = interactive
                        interactive = None
                    self._push({"type": "events", "session": opened.name, "events": batch})
        finally:
            opened.tasks.discard(task)
        return opened.session.result

    async def _stop(self, opened: _Open, reason: AbortReason) -> None:
        """Abort the session's turn and wait for its terminal event."""
        opened.session.abort(reason)
        await asyncio.gather(*opened.tasks, return_exceptions=True)

    def _push(self, payload: dict[str, Any]) -> None:
        self._send(self._writer.write(payload))

    def _push_call(self, message: HostCall | CallCancel | CallCredit) -> None:
        """A request that the page makes leaves as it is: it needs its key, and only the page's `fetch` gets it."""
        if message["type"] == "call" and message["what"] == "fetch":
            self._send(write(message))
        else:
            self._push(cast("dict[str, Any]", message))


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise AssertionError("commands run in tasks")
    return task


def _readable(error: SparewheelError) -> dict[str, Any]:
    """What is wrong with an agent file may quote it, and a key may stand where its name should."""
    fields = error.to_dict()
    return fields | {name: redact(fields[name]) for name in ("message", "hint")}


def start(send: Callable[[str], object]) -> Callable[[str], None]:
    """Start the runtime; return `dispatch`."""
    if sys.platform == "emscripten":
        from .timers import mend  # exists only there

        mend(asyncio.get_running_loop())
    return Worker(send).dispatch
