"""One conversation in a runtime that a driver has started, and its turns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from ..config.reading import read_agent_file
from ..documents import document_texts
from ..errors import ConfigError
from ..events import TERMINAL

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from ..errors import Fault
    from ..events import AbortReason
    from .link import Link

Event: TypeAlias = dict[str, Any]
Prompt: TypeAlias = str | list[dict[str, Any]]
Decision: TypeAlias = Literal["done", "again", "skip"]

STOP_LIMIT: Final = 10.0  # seconds from an abort to the turn's end


class Turn:
    """A running turn of the session `name`. `events` ends with None when the reply has arrived."""

    def __init__(self, link: Link, method: str, name: str, **params: Any) -> None:
        self.events: asyncio.Queue[Event | None] = asyncio.Queue()
        self.ended = False  # whether its terminal event has arrived
        self.see: Callable[[list[Event]], object] | None = None
        self._link = link
        self._name = name
        link.listeners[name] = self._add
        self.reply = asyncio.ensure_future(link.call(method, session=name, **params))
        self.reply.add_done_callback(self._close)

    def _add(self, events: list[Event]) -> None:
        for event in events:
            if event["turn"] is not None:
                self.ended = self.ended or event["type"] in TERMINAL
                self.events.put_nowait(event)
        if self.see is not None:
            self.see(events)

    def taken(self) -> list[Event]:
        """Take the events that have come and were not read."""
        events = [self.events.get_nowait() for _ in range(self.events.qsize())]
        return [event for event in events if event is not None]

    def _close(self, reply: asyncio.Future[Any]) -> None:
        if not reply.cancelled():
            reply.exception()  # marks it as retrieved: asyncio logs exceptions that are not
        self._link.listeners.pop(self._name, None)
        self.events.put_nowait(None)

    async def finish(self) -> None:
        """Wait for the reply of a turn that has ended; stop one that has not, because its reader has left."""
        if not self.reply.done() and self.ended:
            await asyncio.wait({self.reply}, timeout=STOP_LIMIT)
        await self.stop("consumer")

    async def stop(self, reason: AbortReason) -> None:
        """Abort the turn, unless it has ended, and wait for its end. A runtime that does not stop it is given up."""
        if self.reply.done():
            return
        order = asyncio.ensure_future(self._link.call("abort", session=self._name, reason=reason))
        order.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait({self.reply}, timeout=STOP_LIMIT)
        if not self.reply.done():
            self._link.die(f"the turn did not stop within {STOP_LIMIT:g} s")
            order.cancel()
            await asyncio.wait({self.reply})


class Session:
    """A conversation, which keeps its history between turns. Made by `Runtime.session`; closed with the runtime.

    Every method but `abort` and `close` raises `SparewheelError` when the runtime has ended.
    """

    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name
        self._turn: Turn | None = None
        self._stopping: set[asyncio.Task[None]] = set()

    def stream(
        self, prompt: Prompt, *, model: str | None = None, fault: Fault | None = None
    ) -> AsyncGenerator[Event, None]:
        """Run a turn; yields its events as they arrive, the last one is terminal.

        Leaving the loop early or cancelling the task aborts the turn; so does starting the next one.

        Args:
            prompt: a text or a list of parts, as in the `content` of messages (`sparewheel.messages`).
            model: `provider/model` of the chain that is asked first in this turn.
            fault: a kind of failure that the first attempt simulates, to see what the chain does.

        Raises:
            SparewheelError: the turn could not begin, or the runtime ended. A turn that fails ends with an `error`
                event instead.
        """
        return self._events("send", prompt=prompt, model=model, fault=fault)

    def resume(self, *, model: str | None = None, fault: Fault | None = None) -> AsyncGenerator[Event, None]:
        """Go on with the last turn, which was interrupted or has failed. Takes, yields and raises like `stream`."""
        return self._events("resume", model=model, fault=fault)

    # One generator, not one in another: a loop that ends closes all of them at the same time.
    async def _events(self, method: str, **params: Any) -> AsyncGenerator[Event, None]:
        turn = await self._begin(method, **params)
        try:
            while (event := await turn.events.get()) is not None:
                yield event
                if event["type"] in TERMINAL:
                    return
            await turn.reply  # no terminal event will follow: the reply has the error
        finally:
            await turn.finish()

    async def send(self, prompt: Prompt, *, model: str | None = None, fault: Fault | None = None) -> dict[str, Any]:
        """Run a turn, as `stream`, and return its result: {message, usage, model, finish_reason, attempts}.

        Raises:
            SparewheelError: it failed; kind `aborted` if it was stopped.
        """
        turn = await self._begin("send", prompt=prompt, model=model, fault=fault)
        try:
            return cast("dict[str, Any]", await asyncio.shield(turn.reply))
        finally:
            await turn.finish()

    async def _begin(self, method: str, **params: Any) -> Turn:
        if "prompt" in params:
            check_prompt(params["prompt"])
        if self._turn is not None:
            await self._turn.finish()
        self._turn = Turn(self._link, method, self._name, **_given(**params))
        return self._turn

    async def resolve(self, call_id: str, decision: Decision, result: str | None = None) -> None:
        """Decide about a call that may have had its effect before its turn was interrupted, before `resume`.

        Args:
            call_id: the `id` of its `in_doubt` event.
            decision: `done`: it has had its effect; `again`: run it; `skip`: do not.
            result: what the model is told, for `done`.

        Raises:
            ConfigError: no such call is in doubt.
        """
        await self._call("resolve", id=call_id, decision=decision, **_given(result=result))

    def abort(self) -> asyncio.Task[None]:
        """Stop the running turn, if there is one. Await the returned task to wait for its end."""
        task = asyncio.ensure_future(self._stop("user"))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        return task

    async def _stop(self, reason: AbortReason) -> None:
        if self._turn is not None:
            await self._turn.stop(reason)

    async def restart(self) -> None:
        """Forget the conversation; a running turn is aborted first. What tools have stored and approvals stay."""
        await self._stop("restart")
        await self._call("restart")

    async def update(
        self,
        agent: str | os.PathLike[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        agent_name: str | None = None,
        allow_hosts: Sequence[str] | None = None,
        documents: Mapping[str, str | bytes] | None = None,
    ) -> None:
        """Go on with another agent file (a path, or YAML text), other keys or another agent, and keep the conversation.

        What is None stays as it is; `env` replaces the whole former one. A turn that runs ends first.

        Raises:
            ConfigError: the file cannot run, or an option is wrong; the session is as it was.
        """
        self._link.hide(env)
        await self._call(
            "update",
            **_given(
                yaml=None if agent is None else read_agent_file(agent),
                env=None if env is None else dict(env),
                agentName=agent_name,
                allowHosts=allow_hosts,
                documents=None if documents is None else document_texts(documents),
            ),
        )

    async def prefer(self, model: str | None) -> None:
        """Ask `model` (`provider/model`) first, from the next step on; None: the order of the agent file.

        Raises:
            ConfigError: no agent of the file has the model.
        """
        await self._call("prefer", **_given(model=model))

    async def skip(self, model: str, skip: bool = True) -> None:
        """Do not ask `model` from the next step on; `skip` False: ask it again.

        Raises:
            ConfigError: no agent of the file has the model, or it is the last one of an agent that can be asked.
        """
        await self._call("skip", model=model, skip=skip)

    async def messages(self) -> list[dict[str, Any]]:
        """The messages of the conversation after the last turn, without keys."""
        return cast("list[dict[str, Any]]", await self._call("messages"))

    async def close(self) -> None:
        """End the session; a running turn is aborted first. Closing it twice is no error."""
        await self._stop("dispose")
        await self._call("close")

    async def _call(self, method: str, **params: Any) -> Any:
        return await self._link.call(method, session=self._name, **params)


def check_prompt(prompt: object) -> Prompt:
    """`prompt` itself. Raises `ConfigError` if it has another type."""
    if not isinstance(prompt, str | list):
        raise ConfigError(f"a prompt is a str or a list of parts, not {type(prompt).__name__}")
    return prompt


def _given(**params: Any) -> dict[str, Any]:
    """The parameters that are not None."""
    return {name: value for name, value in params.items() if value is not None}
