"""The scripted provider: a model API on 127.0.0.1 that answers with the replies that a test scripted.

It runs in a thread of its own, so sync and async tests use it alike:

    with ScriptedProvider() as server:
        server.script("gpt-x", errors.openai_rate_limit(retry_after=1), Reply(openai_chat(text=["Hel", "lo"])))
        ...                                  # let the agent call server.url + "/v1"
        assert [each.model for each in server.requests] == ["gpt-x", "gpt-x"]

Leaving the `with` block without an exception calls `check()`: the test fails if a request had no scripted reply.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from . import errors, strict
from .background import Background, BackgroundResponse, BackgroundStore
from .connection import Connection
from .record import Record, Request
from .script import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    Scripted: TypeAlias = Reply | Background | Callable[[Request], Reply | Background]


class ScriptError(AssertionError):
    """Requests that did not fit the script; one line for each problem."""


class ScriptedProvider:
    """A model API that plays scripted replies, one queue per model name.

    models:  replies by model name, consumed in order. A function from a request to a reply answers all further requests
    default: replies for every model without a queue of its own
    strict:  check each request as the vendor would; a violation gets the vendor's 400 and is reported by `check`
    cors:    False: an API that does not allow browsers; preflights get no Access-Control headers either
    keep_alive: several requests on one connection. Off, because browsers silently repeat a request whose reused
             connection breaks before an answer, which would use up a scripted reply
    host, port: where to listen; port 0 takes a free one
    """

    def __init__(
        self,
        models: Mapping[str, Iterable[Scripted]] | None = None,
        *,
        default: Iterable[Scripted] = (),
        strict: bool = False,
        cors: bool = True,
        keep_alive: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.record = Record()
        self._background = BackgroundStore(time.monotonic)
        self.strict = strict
        self.cors = cors
        self.keep_alive = keep_alive
        self._host, self._port = host, port
        self._queues: dict[str | None, deque[Scripted]] = {}
        self._problems: list[str] = []
        self._connections: set[Connection] = set()
        self._started: threading.Event = threading.Event()
        self._failure: BaseException | None = None
        self._refused: list[socket.socket] = []
        self.default(*default)
        for model, replies in (models or {}).items():
            self.script(model, *replies)

    # scripting

    def script(self, model: str, *replies: Scripted) -> None:
        """Append replies to the queue of a model. `ValueError` after a function or a reply that repeats."""
        self._append(model, replies)

    def default(self, *replies: Scripted) -> None:
        """Append replies for the models that have no queue."""
        self._append(None, replies)

    def _append(self, model: str | None, replies: Iterable[Scripted]) -> None:
        for reply in replies:
            queue = self._queues.setdefault(model, deque())
            if queue and _repeats(queue[-1]):
                raise ValueError(f"a reply after one that repeats would never be sent (model {model!r})")
            queue.append(reply)

    # requests so far

    @property
    def requests(self) -> list[Request]:
        """Every request except preflights, in the order of arrival."""
        return self.record.requests

    @property
    def preflights(self) -> list[Request]:
        """Every OPTIONS request."""
        return self.record.preflights

    @property
    def responses(self) -> list[BackgroundResponse]:
        """Every response in the background, in the order in which they were asked for."""
        return self._background.responses

    def wait_for_request(self, n: int = 1, timeout: float | None = 30.0) -> Request:
        """Block until the n-th request (from 1) has arrived. From async code: `await asyncio.to_thread(...)`."""
        return self.wait_for(lambda request: True, n, timeout, what="request")

    def wait_for_disconnect(self, n: int = 1, timeout: float | None = 30.0) -> Request:
        """Block until n clients have disconnected before the end of their answer; returns the n-th request."""
        return self.wait_for(lambda request: request.disconnected, n, timeout, what="disconnect")

    def wait_for_finish(self, n: int = 1, timeout: float | None = 30.0) -> Request:
        """Block until n answers have ended: complete, cut, or with the client disconnected."""
        return self.wait_for(lambda request: request.finished, n, timeout, what="finished answer")

    def wait_for(
        self, test: Callable[[Request], bool], n: int = 1, timeout: float | None = 30.0, *, what: str = "match"
    ) -> Request:
        """Block until `test` is true for n requests; returns the n-th. Raises TimeoutError after `timeout` seconds."""

        def found() -> Request | None:
            matches = [request for request in self.record.requests if test(request)]
            return matches[n - 1] if len(matches) >= n else None

        return self.record.wait_for(found, f"{what} number {n}", timeout)

    def check(self, *, unused: bool = False) -> None:
        """Raise `ScriptError` for the problems since the last call: requests without a reply, strict violations.

        With `unused`, replies that were never requested are problems as well.
        """
        problems, self._problems = self._problems, []
        if unused:
            for model, queue in self._queues.items():
                if left := sum(1 for reply in queue if not _repeats(reply)):
                    problems.append(f"{_name(model)}: {left} scripted replies were never requested")
        if problems:
            raise ScriptError("\n".join(problems))

    # called by the connections

    def reply_to(self, request: Request) -> Reply:
        """The next scripted answer for a request, or an error with the reason why there is none."""
        if (stored := self._background.reply_to(request)) is not None:
            return stored if request.headers.get("authorization") or not self.strict else errors.openai_missing_key()
        if request.format is None:
            return self._unscripted(404, f"no endpoint {request.method} {request.path}")
        if self.strict and (violation := strict.violation(request)):
            request.violation = violation.message
            self._problems.append(f"strict, {request.path}: {violation.message}")
            return violation.reply
        queue = self._queues.get(request.model, self._queues.get(None))
        if not queue:
            state = "no reply was scripted" if queue is None else "the script is exhausted"
            return self._unscripted(500, f"{state} for {_name(request.model)} (request {len(self.requests)})")
        scripted = queue[0]
        if not _repeats(scripted):
            queue.popleft()
        try:
            reply = scripted if isinstance(scripted, Reply | Background) else scripted(request)
            return reply if isinstance(reply, Reply) else self._background.create(reply, request)
        except Exception as error:
            return self._unscripted(500, f"the function scripted for {_name(request.model)} failed: {error!r}")

    def _unscripted(self, status: int, problem: str) -> Reply:
        self._problems.append(problem)
        message = f"sparewheel.testing: {problem}"
        return Reply.json(status, {"error": {"message": message, "type": "script_error", "code": "script_error"}})

    def preflight_headers(self, request: Request) -> dict[str, str]:
        """Allow every requested method and header, as model APIs that support browsers do."""
        asked = request.headers
        if not self.cors:
            return {}
        allowed = {
            "access-control-allow-origin": asked.get("origin", "*"),
            "access-control-allow-methods": asked.get("access-control-request-method", "POST"),
            "vary": "Origin",
        }
        if names := asked.get("access-control-request-headers"):
            allowed["access-control-allow-headers"] = names
        if asked.get("access-control-request-private-network") == "true":
            allowed["access-control-allow-private-network"] = "true"
        return allowed

    def cors_headers(self, request: Request, reply: Reply) -> dict[str, str]:
        """The Access-Control headers of an answer; none without an Origin or if they are switched off."""
        if not (self.cors and reply.cors and "origin" in request.headers):
            return {}
        exposed = {"access-control-expose-headers": ", ".join(reply.expose)} if reply.expose else {}
        return {"access-control-allow-origin": request.headers["origin"], "vary": "Origin", **exposed}

    def opened(self, connection: Connection) -> None:
        """Register a connection, to close it with the server."""
        self._connections.add(connection)

    def closed(self, connection: Connection, error: BaseException | None) -> None:
        """Unregister a connection; its error (no HTTP, or a defect in the server) is a problem for `check`."""
        self._connections.discard(connection)
        if error is not None:
            self._problems.append(f"the scripted provider failed: {error!r}")

    # running

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash. Any path prefix works: only the end of the path counts."""
        return f"http://{self._host}:{self._port}"

    def refused_url(self) -> str:
        """A URL without a listener: connections are refused for as long as this server runs."""
        held = socket.socket()
        held.bind((self._host, 0))
        self._refused.append(held)
        return f"http://{self._host}:{held.getsockname()[1]}"

    def start(self) -> Self:
        """Listen, from a background thread. `OSError` when the port is taken."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="scripted-provider", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def close(self) -> None:
        """Stop listening and drop every connection. Closing twice does nothing."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        for held in self._refused:
            held.close()

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(lambda: Connection(self), self._host, self._port)
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self._port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        # A connection that was accepted a moment ago is not registered; asyncio leaks it if the server closes first.
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for connection in self._connections:
                connection.task.cancel()
            await asyncio.wait(tasks)
        server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.check()


def _repeats(scripted: Scripted) -> bool:
    return scripted.repeat if isinstance(scripted, Reply | Background) else True


def _name(model: str | None) -> str:
    return "a request without a model" if model is None else f"model {model!r}"
