"""Visits of a page of docs/bundlers, in a browser: what it shows, how long it took, what was sent for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playwright.async_api import Error, TimeoutError

from tests.support.browser import BOOT_LIMIT, Watch

from .projects import Failed

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

    from .serving import Counter

ANSWER: Final = "An answer to the matrix"


@dataclass(frozen=True)
class Visit:
    """A page that has answered. `ready`: ms until its runtime was; `sent`: bytes; `mode`: of `runtime.boot`."""

    ready: int
    sent: int
    mode: str


async def visit(context: BrowserContext, url: str, counter: Counter, *, framed: bool = False) -> Visit:
    """Open the page, and wait for its answer. `framed`: it is in a frame of the page.

    Raises:
        Failed: it shows another answer, or an error, or was started plainly.
    """
    before = counter.bytes
    watch = Watch(context)
    page = await context.new_page()
    try:
        await page.goto(url)
        shown = page.frame_locator("iframe") if framed else page
        start = shown.locator("#start[data-state]")
        await start.wait_for(timeout=BOOT_LIMIT * 1000)
        text = await start.inner_text()
        if await start.get_attribute("data-state") != "answered":
            raise Failed(text)
        answer = await shown.locator("output").inner_text()
        if answer != ANSWER:
            raise Failed(f"the page shows another answer: {answer!r}")
    except TimeoutError:
        raise Failed(f"no answer within {BOOT_LIMIT:.0f} s; the console has {watch.console[-5:]}") from None
    except Error as error:
        raise Failed(error.message) from None
    finally:
        await page.close()
    report = json.loads(text)
    if report["mode"] != "snapshot":
        raise Failed(f"started plainly: {report['reason']}")
    return Visit(report["ready"], counter.bytes - before, report["mode"])
