"""Texts that take a careless page seconds, and how long the page's thread was busy with them."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.support.tabs import PlaywrightTab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.tabs import Tab

LIMIT_MS: Final = 200

TEXTS: Final = {
    "nested quotes": "> " * 3000 + "x",
    "emphasis": "*a_" * 20_000,
    "a paragraph": "word and word, " * 17_000,
    "a word": "a" * 250_000,
    "a long link": f"[{'a' * 5900}](https://evil.test)\n\n" * 30,
    "links": "[a.test](https://b.test/x) " * 5000,
    "brackets": "[" * 1_000_000,
    "open pictures": "![](" * 50_000,
    "nested lists": "".join(f"{' ' * at}- x\n" for at in range(0, 600, 2)) * 5,
    "a wide table": "|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + ("|" + "b|" * 2000 + "\n") * 20,
    "reordering marks": "\u202e" * 250_000,
    "letters that look like others": "a\u0430." * 80_000,
    "joiners": "\U0001f469\u200d" * 80_000,
    "accents": "a" + "\u0301" * 250_000,
    "dollars": "$a" * 60_000,
    "backticks": "".join("`" * at + " " for at in range(1, 600)),
    "entities": "&#x41;&" * 40_000,
    "tags": "<a href='x'>" * 20_000,
    "footnotes": "[^a]" * 30_000,
    "lines": "\n" * 200_000 + "x",
}


class Busy:
    """The longest task of the page's thread, in milliseconds of CPU."""

    longest = 0.0


@asynccontextmanager
async def watched(tab: Tab) -> AsyncIterator[Busy]:
    """Measure the page's thread by the trace of the browser. Engines without one are not measured."""
    busy = Busy()
    if not isinstance(tab, PlaywrightTab) or tab.page.context.browser is None:
        yield busy
        return
    browser = tab.page.context.browser
    if browser.browser_type.name != "chromium":
        yield busy
        return
    await browser.start_tracing(page=tab.page, categories=["disabled-by-default-devtools.timeline", "toplevel"])
    try:
        yield busy
    finally:
        events = json.loads(await browser.stop_tracing())["traceEvents"]
        names = [event for event in events if event.get("name") == "thread_name"]
        main = {(each["pid"], each["tid"]) for each in names if each["args"]["name"] == "CrRendererMain"}
        events = [each for each in events if each.get("ph") == "X" and (each["pid"], each["tid"]) in main]
        # What the test sends to the page can have megabytes, and is no work of the page.
        ours = [each["ts"] for each in events if "DevToolsSession" in json.dumps(each.get("args"))]
        tasks = [each for each in events if "RunTask" in each["name"]]
        spent = [each.get("tdur", 0) / 1000 for each in tasks if not any(within(each, at) for at in ours)]
        busy.longest = max(spent, default=0.0)


def within(task: dict[str, Any], at: float) -> bool:
    """Whether a task of a trace was running at a time."""
    begin: float = task["ts"]
    return begin <= at <= begin + float(task["dur"])
