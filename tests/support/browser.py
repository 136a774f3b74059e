"""Shared by the tests in a browser: a host for pages, a record of console and requests, a page to embed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, WebError, expect

from sparewheel.headless.static import CONTENT_TYPES
from tests.support.localserver import Handler, LocalServer
from tests.support.scripted import check_rules

T = TypeVar("T")
LIMIT = 50.0  # seconds until a wait fails; test machines can be slow
BOOT_LIMIT = 90.0
_BROWSERS_OWN = "Failed to load resource"  # how Chromium notes every status from 400 and every refused connection
_TRIED_OUT = "https://sandbox.invalid/"  # what the code sandbox asks for, so that its policy refuses it


async def within(work: Awaitable[T], limit: float = LIMIT) -> T:
    """A page whose worker is stuck would be waited for without an end."""
    return await asyncio.wait_for(work, limit)


async def shows(page: Page, state: str) -> None:
    """Wait until #status of our own page says so; the end of a turn, once the page takes another prompt.

    A turn that ends is told a moment before that, and until the next one is asked, its end is what #status says. The
    rest of the page is drawn in the frame after that.
    """
    if state in ("done", "error", "stopped"):
        await expect(page.locator("#stop")).to_be_hidden(timeout=BOOT_LIMIT * 1000)
    try:
        await expect(page.locator("#status")).to_have_attribute("data-state", state, timeout=BOOT_LIMIT * 1000)
    except AssertionError as error:
        shown = await page.locator("#transcript").inner_text()
        raise AssertionError(f"{error}\nThe transcript ends with: {shown[-1000:]}") from None
    await within(page.evaluate("() => new Promise((drawn) => void requestAnimationFrame(() => drawn()))"))


@dataclass
class Change:
    """A deviation in how a host serves a file. `body` None: the file's own."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Site(LocalServer):
    """A plain static host on a port of its own: folders under paths, right MIME types, no policy, no redirects.

    `changes` is by file name and may be edited at any time; `headers` are sent with every answer. `asked`: all paths.
    """

    def __init__(self, mounts: Mapping[str, Path], headers: Mapping[str, str] | None = None) -> None:
        self.mounts = mounts
        self.headers = dict(headers or {})
        self.changes: dict[str, Change] = {}
        self.asked: list[str] = []
        site = self

        class SiteHandler(Handler):
            def do_GET(self) -> None:
                site.answer(self)

        super().__init__(SiteHandler)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        path = urlsplit(request.path).path
        file = self._file(path)
        body = file.read_bytes() if file else b"not found\n"
        kind = CONTENT_TYPES.get(file.suffix, "application/octet-stream") if file else "text/plain"
        changed = self.changes.get(path.rpartition("/")[2]) or (None if file else self.changes.get(""))
        change = changed or Change(200 if file else 404)
        body = body if change.body is None else change.body
        request.send_response(change.status)
        own = {"Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in {**own, **self.headers, **change.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def _file(self, path: str) -> Path | None:
        for prefix, folder in self.mounts.items():
            name = path.removeprefix(prefix)
            if name != path and (folder / (name or "index.html")).is_file():
                return folder / (name or "index.html")
        return None


class Watch:
    """Records the console output, errors and requests of the pages and workers of a context."""

    def __init__(self, context: BrowserContext) -> None:
        self.console: list[str] = []
        self.faults: list[str] = []  # errors on the console that are not the browser's own, and uncaught exceptions
        self.urls: list[str] = []
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"[{message.type}] {message.text}")
        if message.type == "error" and not message.text.startswith(_BROWSERS_OWN) and _TRIED_OUT not in message.text:
            self.faults.append(message.text)

    def _on_error(self, error: WebError) -> None:
        self.console.append(f"[uncaught] {error.error}")
        self.faults.append(str(error.error))

    def _on_request(self, request: Request) -> None:
        self.urls.append(request.url)

    @property
    def origins(self) -> set[str]:
        """The origins of all requests."""
        parts = [urlsplit(url) for url in self.urls]
        return {f"{part.scheme}://{part.netloc}" for part in parts if part.scheme not in ("data", "blob")}

    def clear(self) -> None:
        for kept in (self.console, self.faults, self.urls):
            kept.clear()


@dataclass(frozen=True)
class Turn:
    """The outcome of one turn, as the page saw it."""

    events: list[dict[str, Any]]
    text: str  # folded with the reducer that ships with the shim
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def outcome(self) -> str:
        """The terminal event that goes with what the promise settled with."""
        if self.error is None:
            return "finish"
        return "aborted" if self.error["kind"] == "aborted" else "error"

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


class Evaluates(Protocol):
    """A page in which a function of JavaScript can be called: Playwright's, or a `Tab`."""

    async def evaluate(self, function: str, argument: Any = None, /) -> Any: ...


class Embedding:
    """A foreign page with an embedded runtime; its side is theirs/theirs.js."""

    def __init__(self, page: Evaluates) -> None:
        self._page = page

    async def call(self, method: str, *args: Any, limit: float = LIMIT) -> Any:
        """Call a function of theirs.js."""
        code = "([method, args]) => theirs[method](...args)"
        return await within(self._page.evaluate(code, [method, list(args)]), limit)

    async def boot(self, name: str = "main", **options: Any) -> None:
        """Start a runtime under `name`; checks that it reports every stage."""
        stages = await self.call("boot", name, options, limit=BOOT_LIMIT)
        assert list(dict.fromkeys(stages)) == ["check", "snapshot", "runtime"]

    async def fails(self, method: str, *args: Any) -> dict[str, Any]:
        """Call a function of theirs.js that must reject; returns what it rejected with."""
        code = "([method, args]) => theirs.settled((async () => theirs[method](...args))())"
        outcome = await within(self._page.evaluate(code, [method, list(args)]))
        assert "error" in outcome, f"{method} did not fail: {outcome}"
        error: dict[str, Any] = outcome["error"]
        assert error["name"] == "SparewheelError", error
        return error

    async def open(self, name: str, yaml: Any, env: Mapping[str, str], **options: Any) -> Any:
        """Create a session under `name`."""
        return await self.call("open", name, {"yaml": yaml, "env": dict(env), **options})

    async def begin(self, name: str, prompt: Any = "Hello", **options: Any) -> None:
        """Start a turn without waiting for its end. `options` are those of `send`."""
        await self.call("begin", name, prompt, options)

    async def seen(self, name: str, kind: str, n: int = 1) -> list[dict[str, Any]]:
        """The events of the turn so far, as soon as the n-th of a type is among them."""
        events: list[dict[str, Any]] = await self.call("seen", name, kind, n)
        return events

    async def end(self, name: str) -> Turn:
        """Wait for the turn, and check what must hold for every turn that began."""
        turn = Turn(**await self.call("end", name))
        if turn.events:
            check_rules(turn.events)
            assert turn.types[-1] == turn.outcome
        if turn.result:
            assert turn.text == turn.result["message"]["content"]
        return turn

    async def take_turn(self, name: str, prompt: Any = "Hello", **options: Any) -> Turn:
        await self.begin(name, prompt, **options)
        return await self.end(name)


class Theirs(Embedding):
    """Such a page of Playwright's, with an eye on what it says and asks for."""

    def __init__(self, page: Page, watch: Watch) -> None:
        super().__init__(page)
        self.page = page
        self.watch = watch
