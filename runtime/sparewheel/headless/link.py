"""The connection of a driver to a runtime, in a page or in a Node process.

Both carry texts with lists of messages of the worker's protocol: commands `{id, method, params}` to the runtime;
`reply`, `events`, `progress`, `ready` and `boot_failed` back. While one text is on its way, messages wait for the next
one: Playwright takes milliseconds for each text. When a link fails, every pending call gets the error.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from ..errors import KINDS, ConfigError, ErrorInfo, SparewheelError
from ..redaction.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AsyncExitStack

    from ..errors import Kind

POST_LIMIT: Final = 20.0  # seconds to deliver one command; only a page that hangs takes longer
MAX_MESSAGE: Final = 600  # characters
MAX_CONSOLE: Final = 1000  # lines that are kept; at times twice as many


class Link(ABC):
    """The link to one runtime. `console` holds the last lines that it wrote to its console.

    `listeners` take the events of sessions, by the names of the sessions. `cooldowns` are those of models and accounts.
    `options` are those of the runtime (`boot` in page_host.js), to be set before the start.
    """

    def __init__(self) -> None:
        self.console: list[str] = []
        self.listeners: dict[str, Callable[[list[dict[str, Any]]], None]] = {}
        self.cooldowns: dict[str, tuple[float, dict[str, Any]]] = {}  # by name, with the time at which they came
        self.on_progress: Callable[[dict[str, Any]], None] = _ignore
        self.on_console: Callable[[str], None] = _ignore
        self.on_recorded: Callable[[str], None] = _ignore
        self.options: dict[str, Any] = {}
        self._secrets: set[str] = set()
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._unsent: list[str] = []
        self._sending = asyncio.Lock()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._dead: SparewheelError | None = None
        self._stage = "nothing yet"

    @property
    def ended(self) -> SparewheelError | None:
        """Why nothing can be sent any more."""
        return self._dead

    def hide(self, env: Mapping[str, str] | None) -> None:
        """Keep the values of an `env` out of the console and of errors, except addresses."""
        self._secrets.update(value for value in (env or {}).values() if "://" not in value)

    def _redact(self, text: str) -> str:
        return redact(text, self._secrets)

    async def start(self, stack: AsyncExitStack, limit: float) -> None:
        """Boot the runtime within `limit` seconds; `stack` gets the callbacks that close it.

        Raises:
            SparewheelError: it did not start; the message has the stage, the hint the last lines of the console.
        """
        boot = asyncio.ensure_future(self._boot(stack))
        try:
            async with asyncio.timeout(limit):
                await boot
                await self._ready
        except TimeoutError:
            lines = " | ".join(self.console[-3:]) or "nothing"
            raise self.failure(
                f"the runtime did not start within {limit:g} s (last stage: {self._stage})",
                f"Last lines of the console: {lines}",
            ) from None
        except SparewheelError:
            raise
        except Exception as error:  # Playwright's: the page crashed while loading, the browser was closed
            raise self.failure(f"the runtime did not start: {error}") from error
        finally:
            boot.cancel()
            await asyncio.wait({boot})

    async def call(self, method: str, limit: float | None = None, /, **params: Any) -> Any:
        """Send one command and wait for its reply, for `limit` seconds (None: without a limit).

        Raises:
            SparewheelError: the runtime answered with an error, or the link has failed.
        """
        if self._dead:
            raise self._dead
        number = next(self._ids)
        reply = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            text = json.dumps({"id": number, "method": method, "params": params})
            async with asyncio.timeout(POST_LIMIT):
                await self._send(text)
        except TimeoutError:
            self.die(f"the runtime took no command for {POST_LIMIT:g} s")
        except Exception as error:  # Playwright's or a pipe's: nothing can be sent any more
            self.die(f"the runtime cannot be reached: {error}")
        try:
            async with asyncio.timeout(limit):
                return await reply
        except TimeoutError:
            raise self.failure(f"no answer to {method} within {limit:g} s") from None
        finally:
            self._waiting.pop(number, None)

    async def _send(self, text: str) -> None:
        self._unsent.append(text)
        async with self._sending:
            await asyncio.sleep(0)  # calls that are made at once go together
            if texts := self._unsent:  # else they went with those of another call
                self._unsent = []
                await self._post(f"[{','.join(texts)}]")

    def receive(self, text: str) -> None:
        """Handle a list of messages of the protocol."""
        for message in json.loads(text):
            try:
                self._receive(message)
            except Exception as error:  # of a caller's function: the other messages are not lost
                self.say(f"[error] a message of type {message.get('type')} failed: {error}")

    def _receive(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "events":
                if listener := self.listeners.get(message["session"]):
                    listener(message["events"])
            case "reply":
                self._settle(message)
            case "health":
                self._note_health(message["entry"])
            case "recorded":
                self.on_recorded(message["line"])
            case "progress":
                self._stage = f"{message.get('stage')}: {message.get('message')}"
                self.on_progress(message)
            case "ready":
                if not self._ready.done():
                    self._ready.set_result(None)
            case "boot_failed":
                self.die(f"{message['reason']} (stage: {message['stage']})", message.get("hint") or "")

    def _note_health(self, entry: dict[str, Any]) -> None:
        name = str(entry.get("name"))
        if entry.get("seconds"):
            self.cooldowns[name] = asyncio.get_running_loop().time(), entry
        else:
            self.cooldowns.pop(name, None)

    def say(self, line: str) -> None:
        """Record a line of the runtime's console."""
        line = self._redact(line)
        if len(self.console) >= 2 * MAX_CONSOLE:
            del self.console[:MAX_CONSOLE]
        self.console.append(line)
        self.on_console(line)

    def die(self, message: str, hint: str = "") -> None:
        """Mark the runtime as ended: every pending and later call gets this error."""
        if self._dead:
            return
        self._dead = self.failure(message, hint)
        for future in (self._ready, *self._waiting.values()):
            if not future.done():
                future.set_exception(self._dead)
                future.exception()  # marks it as retrieved: asyncio logs exceptions that are not

    def failure(self, message: str, hint: str = "") -> SparewheelError:
        """An internal error, in one line and without secrets."""
        line = " ".join(self._redact(message).split())
        if len(line) > MAX_MESSAGE:  # the end of a traceback has the reason
            line = f"{line[: MAX_MESSAGE // 3]} ... {line[-MAX_MESSAGE // 3 * 2 :]}"
        return SparewheelError(ErrorInfo("internal", line, self._redact(hint)))

    @abstractmethod
    async def _boot(self, stack: AsyncExitStack) -> None:
        """Start the runtime; it then sends `ready` or `boot_failed`."""

    @abstractmethod
    async def _post(self, text: str) -> None:
        """Send one text."""

    def _settle(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message["id"])
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(_error(message["error"], self._redact))
            future.exception()
        else:
            future.set_result(message.get("result"))


def _error(facts: dict[str, Any], clean: Callable[[str], str]) -> SparewheelError:
    """The exception for an error of the protocol."""
    message, hint = clean(str(facts.get("message"))), clean(facts.get("hint") or "")
    if facts.get("kind") == "config":
        return ConfigError(message, hint)
    kind: Kind = next((known for known in KINDS if known == facts.get("kind")), "internal")
    info = ErrorInfo(kind, message, hint, status=facts.get("status"))
    return SparewheelError(
        info, provider=facts.get("provider"), model=facts.get("model"), attempts=facts.get("attempts") or ()
    )


def _ignore(_: Any) -> None:
    pass
