"""What the kinds of connections to a server share."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..base import ToolError
from .exchange import Exchange
from .http import EVENTS, JSON
from .inquiries import Answerer
from .server import Server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from .http import Http
    from .inquiries import Inquiries
    from .rpc import Message
    from .sampling import Sampler

HEADERS: Final = {"Content-Type": JSON, "Accept": f"{JSON}, {EVENTS}"}
LISTS: Final = ("tools", "prompts", "resources")
ASIDE_TIMEOUT: Final = 10.0  # seconds for a message that no call waits for
MAX_REST: Final = 60.0  # seconds between two attempts to listen


class Link(ABC):
    """A connection to a server. `alive` ends when it cannot be used any more.

    `changed` names the lists that the server reports to have changed, `listens` tells whether it reports changes.
    """

    def __init__(self, http: Http, url: str, sampler: Sampler | None = None) -> None:
        self.server = Server()
        self.alive = True
        self.listens = False
        self.changed: set[str] = set()
        self.host = urlsplit(url).netloc
        self._answerer = Answerer(self.host, http.rules, sampler)
        self._http = http
        self._url = url
        self._numbers = count(1)
        self._running: list[Exchange] = []  # those that wait for an answer, in order
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def request(self, exchange: Exchange) -> Message:
        """The result of a request. Raises `RpcError` for the server's error, `ToolError`."""

    async def close(self) -> None:
        """End what runs beside the requests. The server is told so, if the connection is alive."""
        self.alive = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextmanager
    def _run(self, exchange: Exchange) -> Iterator[None]:
        self._running.append(exchange)
        try:
            yield
        finally:
            self._running.remove(exchange)

    def _aside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` in a task of its own; what it raises is of no interest to any call."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _receive(
        self, message: Message, inquiries: Inquiries | None, exchange: Exchange | None, token: int = 0
    ) -> None:
        """Take a message that is not an answer; `exchange` is the request to which it belongs, if that is known."""
        method, params = message.get("method"), message.get("params")
        params = params if isinstance(params, dict) else {}
        if not isinstance(method, str):
            return
        if "id" in message:
            if inquiries is not None:
                inquiries.begin(message, exchange or (self._running[-1] if self._running else _idle()))
        elif method == "notifications/progress":
            if exchange is not None and params.get("progressToken") == token:
                exchange.progress(params)
        elif method == "notifications/cancelled":
            if inquiries is not None:
                inquiries.cancel(params.get("requestId"))
        elif method.endswith("/list_changed"):
            self.changed.update(name for name in LISTS if f"/{name}/" in method)


def _idle() -> Exchange:
    """The place of a request for what a server asks between requests: pings are answered, questions are declined."""
    return Exchange("", {}, 0)


async def listening(listen: Callable[[], Awaitable[bool]]) -> None:
    """Call `listen` again whenever its stream has ended, until it returns false; after longer and longer rests."""
    rest, clock = 1.0, asyncio.get_running_loop().time
    while True:
        began = clock()
        with suppress(ToolError):
            if not await listen():
                return
        rest = 1.0 if clock() - began > MAX_REST else min(rest * 2, MAX_REST)
        await asyncio.sleep(rest)
