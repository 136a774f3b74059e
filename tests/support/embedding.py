"""A foreign page with a runtime in a browser of its own, for rings that are not tests of pytest."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import async_playwright

from sparewheel.headless import find, find_dist
from tests.support.browser import Site, Theirs, Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sparewheel.headless.browser import Engine

_PAGE: Final = Path(__file__).resolve().parents[1] / "e2e" / "theirs"


@asynccontextmanager
async def embedding(engine: Engine = "chromium", *, boot: bool = True, **options: Any) -> AsyncIterator[Theirs]:
    """The page, with a runtime called "main" that was created with `options`, unless it is not to `boot`.

    Raises `BrowserNotFound`.
    """
    launch = await asyncio.to_thread(find, engine)
    with Site({"/some/deep/path/spare/": find_dist(), "/theirs/": _PAGE}) as site:
        async with async_playwright() as playwright:
            browser = await getattr(playwright, launch.engine).launch(**launch.arguments())
            try:
                context = await browser.new_context()
                watch = Watch(context)
                page = await context.new_page()
                await page.goto(f"{site.origin}/theirs/", wait_until="load")
                theirs = Theirs(page, watch)
                if boot:
                    await theirs.boot(**options)
                yield theirs
            finally:
                await browser.close()
