"""What a driver speaks with: a runtime somewhere else, in a page or in a Node process.

Both ways carry the same texts, the worker's protocol: a command `{id, method, params}` goes there; `reply`, `events`,
`progress`, `ready` and `boot_failed` come back. A link that dies settles everything that still waits on it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import KINDS, ConfigError, ErrorInfo, SparewheelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack

    from ..errors import Kind

    Redact: TypeAlias = Callable[[str], str]

POST_LIMIT: Final = 20.0  # seconds to hand over one command; only a page that is stuck needs longer
LONGEST_MESSAGE: Final = 600  # characters


class Link(ABC):
    """One runtime, reached over texts. `console` holds what it wrote to its console, a line an entry."""

    def __init__(self, redact: Redact) -> None:
        self.console: list[str] = []
        self.on_events: Callable[[list[dict[str, Any]]], None] = _ignore
        self.on_progress: Callable[[dict[str, Any]], None] = _ignore
        self.on_console: Callable[[str], None] = _ignore
        self._redact = redact
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._dead: SparewheelError | None = None
        self._stage = "nothing yet"

    async def start(self, stack: AsyncExitStack, limit: float) -> None:
        """Boot the runtime within `limit` seconds; `stack` gets what closes it again.

        Raises:
            SparewheelError: it did not start; the message says at which stage, and what the console said.
        """
        boot = asyncio.ensure_future(self._boot(stack))
        try:
            async with asyncio.timeout(limit):
                await boot
                await self._ready
        except TimeoutError:
            said = " | ".join(self.console[-3:]) or "nothing"
            raise self.failure(
                f"the runtime did not start within {limit:g} s (last stage: {self._stage})", f"The console said: {said}"
            ) from None
        except SparewheelError:
            raise
        except Exception as error:  # Playwright's: a page that crashes while it loads, a browser that is gone
            raise self.failure(f"the runtime did not start: {error}") from error
        finally:
            boot.cancel()
            await asyncio.wait({boot})

    async def call(self, method: str, limit: float | None = None, /, **params: Any) -> Any:
        """Send one command and wait for its reply: `limit` seconds, or as long as it takes.

        Raises:
            SparewheelError: the runtime answered with an error, or is dead.
        """
        if self._dead:
            raise self._dead
        number = next(self._ids)
        reply = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            text = json.dumps({"id": number, "method": method, "params": params})
            async with asyncio.timeout(POST_LIMIT):
                await self._post(text)
        except TimeoutError:
            self.die(f"the runtime took no command for {POST_LIMIT:g} s")
        except Exception as error:  # Playwright's, a pipe's: whatever it is, nothing can be sent there any more
            self.die(f"the runtime cannot be reached: {error}")
        try:
            async with asyncio.timeout(limit):
                return await reply
        except TimeoutError:
            raise self.failure(f"no answer to {method} within {limit:g} s") from None
        finally:
            self._waiting.pop(number, None)

    def receive(self, text: str) -> None:
        """Take one message of the protocol."""
        message = json.loads(text)
        match message["type"]:
            case "events":
                self.on_events(message["events"])
            case "reply":
                self._settle(message)
            case "progress":
                self._stage = f"{message.get('stage')}: {message.get('message')}"
                self.on_progress(message)
            case "ready":
                if not self._ready.done():
                    self._ready.set_result(None)
            case "boot_failed":
                self.die(f"{message['reason']} (stage: {message['stage']})", message.get("hint") or "")

    def say(self, line: str) -> None:
        """Note a line of the runtime's console."""
        line = self._redact(line)
        self.console.append(line)
        self.on_console(line)

    def die(self, message: str, hint: str = "") -> None:
        """The runtime is gone: everything that waits for it, now or later, gets this error."""
        if self._dead:
            return
        self._dead = self.failure(message, hint)
        for future in (self._ready, *self._waiting.values()):
            if not future.done():
                future.set_exception(self._dead)
                future.exception()  # looked at, so that nobody is told it "was never retrieved"

    def failure(self, message: str, hint: str = "") -> SparewheelError:
        """An error of the machinery itself, in one line and without secrets."""
        line = " ".join(self._redact(message).split())
        if len(line) > LONGEST_MESSAGE:  # a traceback says why at its end
            line = f"{line[: LONGEST_MESSAGE // 3]} ... {line[-LONGEST_MESSAGE // 3 * 2 :]}"
        return SparewheelError(ErrorInfo("internal", line, self._redact(hint)))

    @abstractmethod
    async def _boot(self, stack: AsyncExitStack) -> None:
        """Bring the runtime up, so far that `ready` or `boot_failed` will come."""

    @abstractmethod
    async def _post(self, text: str) -> None:
        """Hand over one text."""

    def _settle(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message["id"])
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(_error(message["error"], self._redact))
            future.exception()
        else:
            future.set_result(message.get("result"))


def _error(facts: dict[str, Any], redact: Redact) -> SparewheelError:
    """The error that crossed the line, as an exception again."""
    message, hint = redact(str(facts.get("message"))), redact(facts.get("hint") or "")
    if facts.get("kind") == "config":
        return ConfigError(message, hint)
    kind: Kind = next((known for known in KINDS if known == facts.get("kind")), "internal")
    info = ErrorInfo(kind, message, hint, status=facts.get("status"))
    return SparewheelError(
        info, provider=facts.get("provider"), model=facts.get("model"), attempts=facts.get("attempts") or ()
    )


def _ignore(_: Any) -> None:
    pass
