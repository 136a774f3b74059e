"""The link to a page: a browser, a server for the built files, and the public JS API in the page."""

from __future__ import annotations

import asyncio
from http.client import NOT_MODIFIED
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import ConfigError
from .link import POST_LIMIT, Link
from .remote import Remote
from .static import StaticServer

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextlib import AsyncExitStack

    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response

    from .browser import Launch
    from .profile import Profile

LAUNCH_LIMIT: Final = 60_000.0  # milliseconds
CLOSE_LIMIT: Final = 10.0  # seconds
PULSE: Final = 5.0  # seconds between two checks of the page
_HOST: Final = Path(__file__).with_name("page_host.js")


class BrowserLink(Link):
    """A page of a headless browser that has loaded `dist`. `page` is Playwright's, once started.

    With a `profile`, what the page stores stays.
    """

    def __init__(self, dist: Path, launch: Launch | Remote, profile: Profile | None = None) -> None:
        super().__init__()
        self._dist = dist
        self._launch = launch
        self._profile = profile
        self.page: Page | None = None

    async def _boot(self, stack: AsyncExitStack) -> None:
        server = stack.enter_context(self._serve())
        playwright = await _start_playwright(stack)
        context = await self._start_browser(playwright, server.url, stack)
        page = self.page = await self._open(context)
        remote = self._launch if isinstance(self._launch, Remote) else None
        url = f"{((remote and remote.assets) or server.url).rstrip('/')}/headless.html"
        response = await self._visit(page, url)
        kept = response is not None and response.status == NOT_MODIFIED  # in the cache of a profile
        if response is None or not (response.ok or kept):
            status = response.status if response else "nothing"
            raise ConfigError(f"{url} answered {status}", "Run `python3 build.py build`.")
        options = {"store": "indexeddb"} if self._profile else {}
        await page.evaluate("options => globalThis.sparewheelHost.boot(options)", {**options, **self.options})
        pulse = asyncio.ensure_future(self._watch(page))
        stack.push_async_callback(asyncio.wait, {pulse})
        stack.callback(pulse.cancel)

    async def _visit(self, page: Page, url: str) -> Response | None:
        from playwright.async_api import Error

        try:
            return await page.goto(url, wait_until="load", timeout=0)  # the boot as a whole has a limit
        except Error as error:
            hint = "A browser elsewhere needs an address of the built files that it can reach (assets)."
            raise self.failure(f"{url} cannot be loaded: {error.message}", hint) from None

    def _serve(self) -> StaticServer:
        if self._profile is None:
            return StaticServer(self._dist)
        try:
            return StaticServer(self._dist, self._profile.port)
        except OSError as error:
            problem = f"The port {self._profile.port} of the store is not free: {error}"
            raise ConfigError(problem, "Wait for the end of another run with this store.") from None

    async def _watch(self, page: Page) -> None:
        """Detect failures without an event: a page that hangs or was replaced, a driver that was killed."""
        alive = True
        try:
            while alive:
                await asyncio.sleep(PULSE)
                async with asyncio.timeout(POST_LIMIT):
                    alive = await page.evaluate("() => globalThis.sparewheelHost.started")
            self.die("the page was replaced")
        except TimeoutError:
            self.die(f"the page has not answered for {POST_LIMIT:g} s")
        except Exception as error:  # Playwright's, or its broken pipe's
            self.die(f"the page is gone: {error}")

    async def _start_browser(self, playwright: Playwright, url: str, stack: AsyncExitStack) -> BrowserContext:
        from playwright.async_api import Error

        kind = getattr(playwright, self._launch.engine)
        browser: Browser | BrowserContext
        context: BrowserContext
        try:
            if isinstance(self._launch, Remote):
                browser = remote = await self._launch.connect(kind, LAUNCH_LIMIT, urlsplit(url).netloc)
                context = await remote.new_context()
            elif self._profile is not None:
                browser = context = await kind.launch_persistent_context(
                    self._profile.data, **self._launch.arguments(), timeout=LAUNCH_LIMIT
                )
            else:
                browser = launched = await kind.launch(**self._launch.arguments(), timeout=LAUNCH_LIMIT)
                context = await launched.new_context()
        except Error as error:
            if isinstance(self._launch, Remote):
                message = error.message.replace(self._launch.url, self._launch.name).splitlines()[0]
                raise self.failure(f"no browser answers at {self._launch.name}: {message}") from None
            where = self._launch.executable or f"Playwright's {self._launch.engine}"
            hint = "If the sandbox cannot work here, set SPAREWHEEL_NO_SANDBOX=1." if "sandbox" in str(error) else ""
            raise self.failure(f"{where} did not start: {error.message}", hint) from None

        async def close() -> None:
            self.die("the runtime was closed")  # before the browser closes, so that pending calls get this error
            await _within_limit(browser.close())

        stack.push_async_callback(close)
        gone = "close" if self._profile is not None else "disconnected"
        browser.on(gone, lambda _: self.die("the browser is gone"))  # type: ignore[call-overload]  # each has its event
        return context

    async def _open(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("crash", lambda _: self.die("the page crashed", "It may have run out of memory."))
        page.on("close", lambda _: self.die("the page is gone", "It was closed, or its browser ended."))
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.say(f"[pageerror] {error}"))
        await page.expose_binding("sparewheelPush", self._on_push)
        await page.add_init_script(path=_HOST)
        return page

    async def _post(self, text: str) -> None:
        if self.page is not None:
            await self.page.evaluate("text => globalThis.sparewheelHost.dispatch(text)", text)

    def _on_push(self, _source: dict[str, Any], text: str) -> None:
        self.receive(text)

    def _on_console(self, message: ConsoleMessage) -> None:
        self.say(f"[{message.type}] {message.text}")


async def _start_playwright(stack: AsyncExitStack) -> Playwright:
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        hint = "Run `pip install 'sparewheel[headless]'`, or use the engine node."
        raise ConfigError("Playwright, which drives the browser, is not installed", hint) from None
    manager = async_playwright()
    # Its start cannot be cancelled without leaving a driver process. So the start is awaited first, then stopped.
    starting = asyncio.ensure_future(manager.__aenter__())

    async def stop() -> None:
        await starting
        await _within_limit(manager.__aexit__())

    stack.push_async_callback(stop)
    return await asyncio.shield(starting)


async def _within_limit(closing: Coroutine[Any, Any, None]) -> None:
    """Close something that may be closed already or hang; what hangs ends with this process."""
    done, late = await asyncio.wait({asyncio.ensure_future(closing)}, timeout=CLOSE_LIMIT)
    for task in done:
        task.exception()
    for task in late:
        task.cancel()
