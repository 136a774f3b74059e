"""How long the thread of a page was busy, by the trace of the browser."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

_CATEGORIES: Final = ["disabled-by-default-devtools.timeline", "toplevel"]


class Busy:
    """The longest task of the page's thread, in milliseconds of CPU: without the time in which others had the core."""

    longest = 0.0


@asynccontextmanager
async def watched(page: Page | None) -> AsyncIterator[Busy]:
    """Measure the thread of a page of Chromium. Other engines have no trace: there it is 0."""
    busy = Busy()
    browser = page.context.browser if page else None
    if browser is None or browser.browser_type.name != "chromium":
        yield busy
        return
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    try:
        yield busy
    finally:
        busy.longest = _longest(json.loads(await browser.stop_tracing())["traceEvents"])


def _longest(events: list[dict[str, Any]]) -> float:
    names = [event for event in events if event.get("name") == "thread_name"]
    main = {(each["pid"], each["tid"]) for each in names if each["args"]["name"] == "CrRendererMain"}
    events = [each for each in events if each.get("ph") == "X" and (each["pid"], each["tid"]) in main]
    # What the test sends to the page can have megabytes, and is no work of the page.
    ours = [each["ts"] for each in events if "DevToolsSession" in json.dumps(each.get("args"))]
    tasks = [each for each in events if "RunTask" in each["name"]]
    return max((each.get("tdur", 0) / 1000 for each in tasks if not any(_within(each, at) for at in ours)), default=0.0)


def _within(task: dict[str, Any], at: float) -> bool:
    """Whether a task of a trace was running at a time."""
    begin: float = task["ts"]
    return begin <= at <= begin + float(task["dur"])
