"""The link to a page of WebKitGTK. It polls the page for messages, because WebDriver has no channel for them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .link import POST_LIMIT, Link
from .static import StaticServer
from .webkit import WebKit, open_webkit

if TYPE_CHECKING:
    from contextlib import AsyncExitStack


TAKE_LIMIT: Final = 20.0  # seconds that one poll waits for a message
_SCRIPTS: Final = [Path(__file__).with_name(name) for name in ("webkit_page.js", "page_host.js")]


class WebKitLink(Link):
    """A page of WebKitGTK that has loaded `dist`."""

    def __init__(self, dist: Path, executable: Path) -> None:
        super().__init__()
        self._dist = dist
        self._executable = executable
        self._webkit: WebKit | None = None

    async def _boot(self, stack: AsyncExitStack) -> None:
        server = stack.enter_context(StaticServer(self._dist))
        webkit = self._webkit = await open_webkit(self._executable, stack)
        stack.callback(self.die, "the runtime was closed")  # before the browser closes
        await webkit.goto(f"{server.url}headless.html")
        for script in _SCRIPTS:
            await webkit.evaluate(f"() => {{ {script.read_text(encoding='utf-8')} }}")
        taking = asyncio.ensure_future(self._take(webkit))
        stack.push_async_callback(asyncio.wait, {taking})
        stack.callback(taking.cancel)
        await webkit.evaluate("(options) => globalThis.sparewheelHost.boot(options)", self.options)

    async def _take(self, webkit: WebKit) -> None:
        """Poll the page for messages, endlessly; detects when it no longer answers."""
        try:
            while True:
                async with asyncio.timeout(TAKE_LIMIT + POST_LIMIT):
                    taken = await webkit.evaluate("(ms) => globalThis.sparewheelTake(ms)", TAKE_LIMIT * 1000)
                for kind, content in taken:
                    if kind == "line":
                        self.say(content)
                    else:
                        self.receive(content)
        except TimeoutError:
            self.die(f"the page has not answered for {POST_LIMIT:g} s")
        except Exception as error:  # selenium's, or the page was replaced
            self.die(f"the page is gone: {error}")

    async def _post(self, text: str) -> None:
        if self._webkit is not None:
            await self._webkit.evaluate("(text) => globalThis.sparewheelHost.dispatch(text)", text)
