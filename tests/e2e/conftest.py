"""One browser for all tests; a page with a runtime in it for each module; a fresh provider for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from sparewheel.headless import find, find_dist
from sparewheel.headless.browser import Engine
from sparewheel.headless.static import StaticServer
from sparewheel.testing import ScriptedProvider
from tests.support.agents import KEY
from tests.support.browser import BOOT_LIMIT, LIMIT, Site, Theirs, Watch, within
from tests.support.compat import PAGE as COMPAT_PAGE
from tests.support.engines import launch_of
from tests.support.page import visit

THEIRS = Path(__file__).parent / "theirs"

expect.set_options(timeout=LIMIT * 1000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    launch = await asyncio.to_thread(find, "chromium")
    async with async_playwright() as playwright:
        browser = await getattr(playwright, launch.engine).launch(**launch.arguments())
        yield browser
        await browser.close()


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[ScriptedProvider]:
    """A strict one; for tests that are marked `keyless`, one that wants no key."""
    with ScriptedProvider(strict=request.node.get_closest_marker("keyless") is None) as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[StaticServer]:
    """The host of our own page."""
    with StaticServer(find_dist()) as server:
        yield server


@pytest.fixture
def refused(provider: ScriptedProvider) -> str:
    """A URL on which nobody listens."""
    return provider.refused_url()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The host of a page that is not ours, which has put our files into a folder of its own."""
    with Site({"/some/deep/path/spare/": find_dist(), "/theirs/": THEIRS}) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def foreign_page(browser: Browser, site: Site) -> AsyncIterator[Theirs]:
    """Their page, with nothing started."""
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    await page.goto(f"{site.origin}/theirs/", wait_until="load")
    yield Theirs(page, watch)
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(browser: Browser, site: Site) -> AsyncIterator[Theirs]:
    """Their page in a browser context of its own, with nothing started."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site.origin}/theirs/", wait_until="load")
    yield Theirs(page, Watch(context))
    site.changes.clear()
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def embedded(foreign_page: Theirs) -> Theirs:
    """Their page, with a runtime called "main"."""
    await foreign_page.boot()
    return foreign_page


@pytest_asyncio.fixture(loop_scope="session")
async def theirs(embedded: Theirs, site: Site, provider: ScriptedProvider, refused: str) -> AsyncIterator[Theirs]:
    """The module's page; afterwards checks what it said on the console and whom it asked."""
    yield embedded
    watch = embedded.watch
    assert watch.faults == []
    assert not any("CANARY" in text for text in [*watch.console, *watch.urls]), KEY
    assert watch.origins <= {site.origin, provider.url, refused}
    watch.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loaded_compat(foreign_page: Theirs) -> Theirs:
    names = await within(foreign_page.page.evaluate(COMPAT_PAGE), BOOT_LIMIT)
    assert names == ["abort", "chat", "createSession", "listAgents", "parseConfig"]
    return foreign_page


@pytest_asyncio.fixture(loop_scope="session")
async def compat(loaded_compat: Theirs) -> AsyncIterator[Theirs]:
    """Their page, with `dockerAgent`; afterwards checks that it made no errors and showed no key."""
    yield loaded_compat
    watch = loaded_compat.watch
    assert watch.faults == []
    assert not any("CANARY" in text for text in [*watch.console, *watch.urls]), KEY
    watch.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["chromium", "firefox"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """A browser of each engine that Playwright drives here."""
    name: Engine = request.param
    launch = await asyncio.to_thread(launch_of, name)
    async with async_playwright() as playwright:
        browser = await getattr(playwright, launch.engine).launch(**launch.arguments())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_page(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser) as visited:
        yield visited


@pytest_asyncio.fixture(loop_scope="session")
async def new_chat(own_page: tuple[Page, Watch]) -> AsyncIterator[Page]:
    """The module's page with a new conversation; afterwards no policy was violated and nothing was thrown."""
    page, watch = own_page
    watch.clear()
    await page.get_by_role("button", name="New chat", exact=True).first.click()
    yield page
    wrong = ("[error]", "[pageerror]")
    assert [line for line in watch.console if line.startswith(wrong)] == []
