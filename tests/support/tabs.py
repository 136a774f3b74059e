"""A page in any engine, for the tests that run in all of them: Playwright's, or WebKitGTK's by selenium."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from playwright.async_api import Page, async_playwright

from sparewheel.headless.browser import Launch
from sparewheel.headless.webkit import WebKit, open_webkit
from tests.support.browser import LIMIT, Watch, within

# Resolves to true once an element that matches takes up space on the page and reads as it should, else later to false.
_SHOWN = """
([selector, text, patience]) => new Promise((resolve) => {
  const visible = (element) => element.getClientRects().length > 0;
  const reads = (element) => text === null || element.innerText.trim() === text;
  const found = () => [...document.querySelectorAll(selector)].some((element) => visible(element) && reads(element));
  const end = (isShown) => {
    observer.disconnect();
    clearTimeout(timer);
    resolve(isShown);
  };
  const observer = new MutationObserver(() => found() && end(true));
  observer.observe(document, { attributes: true, childList: true, characterData: true, subtree: true });
  const timer = setTimeout(() => end(found()), patience);
  if (found()) end(true);
})
"""
_PATIENCE = 2.0  # seconds; then the page is asked anew, in case it has been replaced meanwhile
_STUCK = 15.0  # seconds that such a question may take; one to a page that is gone is not answered
_READS = "() => [location.href, document.readyState, document.body.innerText].join(`\\n`)"
_TEXTS = "(selector) => [...document.querySelectorAll(selector)].map((element) => element.innerText.trim())"
_FILL = """
([selector, text]) => {
  const field = document.querySelector(selector);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
"""
_REPLACED = "() => globalThis.isLeft === undefined && document.readyState === `complete`"
_COLLECT_FAULTS = """
() => {
  globalThis.pageFaults = [];
  addEventListener("error", ({ message }) => pageFaults.push(message));
  addEventListener("unhandledrejection", ({ reason }) => pageFaults.push(String(reason)));
}
"""


class Tab(ABC):
    """A page. Selectors are CSS; what a visitor does goes through the browser, not through the page's scripts."""

    @abstractmethod
    async def goto(self, url: str) -> None:
        """Load a page; returns after its `load` event."""

    @abstractmethod
    async def reload(self) -> None:
        """Load the page anew; returns after its `load` event."""

    @abstractmethod
    async def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a function of JavaScript in the page and await what it returns; both sides are JSON."""

    @abstractmethod
    async def click(self, selector: str) -> None:
        """Click on the only element that matches."""

    @abstractmethod
    async def fill(self, selector: str, text: str) -> None:
        """Replace the text of a field."""

    @abstractmethod
    async def faults(self) -> list[str]:
        """Uncaught errors since the last time, and errors on the console where they can be seen."""

    @property
    def origins(self) -> set[str]:
        """The hosts that were asked since the last look at `faults`, where they can be seen."""
        return set()

    async def shows(self, selector: str, text: str | None = None, *, limit: float = LIMIT) -> None:
        """Wait until an element that matches is to be seen, with this text if there is one, within `limit` seconds."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + limit
        while loop.time() < ends:
            if await self.confirms(_SHOWN, [selector, text, _PATIENCE * 1000]):
                return
        page = await within(self.evaluate(_READS))
        raise AssertionError(f"{selector} is not shown with {text!r} within {limit:g} s; the page reads: {page[:3000]}")

    async def confirms(self, function: str, argument: Any = None) -> bool:
        """Whether a function in the page gives true; false too if the page is replaced before it has answered."""
        try:
            return bool(await within(self.evaluate(function, argument), _STUCK))
        except TimeoutError:
            return False

    async def texts(self, selector: str) -> list[str]:
        """The visible text of each element that matches."""
        found: list[str] = await within(self.evaluate(_TEXTS, selector))
        return found


class PlaywrightTab(Tab):
    def __init__(self, page: Page) -> None:
        self.page = page
        self._watch = Watch(page.context)
        page.on("dialog", lambda dialog: dialog.accept())  # whether to leave; WebKit's driver does not ask

    async def goto(self, url: str) -> None:
        known = list(self._watch.faults)
        await self.page.goto("about:blank")
        self._watch.faults[:] = known  # the page that is left may report what that has cut
        await self.page.goto(url, wait_until="load")

    async def reload(self) -> None:
        await self.page.reload(wait_until="load")

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        return await self.page.evaluate(function, argument)

    async def click(self, selector: str) -> None:
        await self.page.locator(selector).click()

    async def fill(self, selector: str, text: str) -> None:
        await self.page.locator(selector).fill(text)

    @property
    def origins(self) -> set[str]:
        return {origin.partition("//")[2] for origin in self._watch.origins}

    async def faults(self) -> list[str]:
        found = list(self._watch.faults)
        self._watch.clear()
        return found


class WebKitTab(Tab):
    """Neither its console nor its workers can be seen, only uncaught errors of the page once it is loaded."""

    def __init__(self, webkit: WebKit) -> None:
        self._webkit = webkit

    async def goto(self, url: str) -> None:
        await self._webkit.goto(url)
        await self.evaluate(_COLLECT_FAULTS)

    async def reload(self) -> None:
        await self.evaluate("() => void (globalThis.isLeft = true)")
        await self._webkit.run(lambda driver: driver.refresh())
        while not await self.confirms(_REPLACED):
            pass  # the driver may return before
        await self.evaluate(_COLLECT_FAULTS)

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        return await self._webkit.evaluate(function, argument)

    async def click(self, selector: str) -> None:
        await self._webkit.run(lambda driver: driver.find_element("css selector", selector).click())

    async def fill(self, selector: str, text: str) -> None:
        await self.evaluate(_FILL, [selector, text])  # WebKitGTK's driver does not type line breaks

    async def faults(self) -> list[str]:
        found: list[str] = await self.evaluate("() => globalThis.pageFaults?.splice(0) ?? []")
        return found


@asynccontextmanager
async def open_tab(launch: Launch) -> AsyncIterator[Tab]:
    """A browser with one empty page, closed with it."""
    if launch.engine == "webkit" and launch.executable is not None:
        async with AsyncExitStack() as stack:
            yield WebKitTab(await open_webkit(launch.executable, stack))
        return
    async with async_playwright() as playwright:
        browser = await getattr(playwright, launch.engine).launch(**launch.arguments())
        yield PlaywrightTab(await browser.new_page())
        await browser.close()
