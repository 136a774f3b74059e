"""Pictures of the page's main states, in `docs/screenshots`: to be looked at after a change, and for the README."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import async_playwright, expect

from sparewheel.headless import find, find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import shows
from tests.support.page import ask, drawer, new_chat, page_agent, use_agent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
_WIDE: Final = {"viewport": {"width": 1280, "height": 800}}
_PHONE: Final = {"viewport": {"width": 390, "height": 844}}
_ANSWER: Final = """\
### Sorting, compared

Both need **O(n log n)** on average; they differ in the worst case.

| Algorithm | Best | Worst | Stable |
|---|---|---|---|
| Merge sort | n log n | n log n | yes |
| Quick sort | n log n | n² | no |

```python
def quick(xs):
    if len(xs) < 2: return xs
    p, *rest = xs
    return quick([x for x in rest if x < p]) + [p] + quick([x for x in rest if x >= p])
```

The second one is shorter, the first one is safe.
"""
_TOOL: Final = """\
    toolsets:
      - type: python
        source: |
          def pay(amount: int, to: str) -> str:
              "Pay someone."
              return "paid"
"""


def main() -> int:
    asyncio.run(take_all())
    return 0


async def take_all() -> None:
    """Take the pictures in Chromium."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    launch = await asyncio.to_thread(find, "chromium")
    with StaticServer(find_dist()) as server, ScriptedProvider() as provider:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**launch.arguments())
            async for page in pages(browser, server.url, _WIDE):
                await walk(page, provider)
            async for page in pages(browser, server.url, {**_WIDE, "color_scheme": "dark"}):
                await survive(page, "dark")
            async for page in pages(browser, server.url, _PHONE):
                await survive(page, "phone")
            for name, options in (("", _WIDE), ("-dark", {**_WIDE, "color_scheme": "dark"}), ("-phone", _PHONE)):
                async for page in pages(browser, server.url, options):
                    await compute(page, f"code{name}")
            await browser.close()


async def pages(browser: Browser, url: str, options: dict[str, Any]) -> AsyncIterator[Page]:
    """A page that is ready."""
    context = await browser.new_context(**options, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(url)
    await shows(page, "ready")
    yield page
    await context.close()


async def survive(page: Page, name: str) -> None:
    await page.get_by_role("button", name="Run the demo").click()
    await shows(page, "done")
    await picture(page, name)


async def compute(page: Page, name: str) -> None:
    """An answer with a chart, with the code that has drawn it."""
    async with drawer(page, "Agents"):
        await page.get_by_role("button", name="Answers computed from a file").click()
    await page.get_by_role("button", name="Ask about bicycles.csv").click()
    await shows(page, "done")
    chart = page.locator(".turn").last.get_by_role("img", name="plot 1")
    await chart.evaluate("(chart) => chart.decode()")
    await chart.scroll_into_view_if_needed()
    await picture(page, name)
    card = page.locator(".turn").last.locator(".tool")
    await card.locator("summary").click()
    await expect(card.locator(".hljs-keyword").first).to_be_visible()
    await card.scroll_into_view_if_needed()
    await picture(page, f"{name}-open")


async def walk(page: Page, provider: ScriptedProvider) -> None:
    """One state after the other."""
    await picture(page, "first-visit")
    await survive(page, "failure-survived")
    text = [_ANSWER[at : at + 40] for at in range(0, len(_ANSWER), 40)]
    gate = Gate()
    provider.script("claude-sonnet-4-6", Reply(openai_chat(text=text[:4], finish=None)))
    provider.script("gpt-5.6", Reply(openai_chat(text=text), gates={len(text) - 2: gate}))
    models = {"claude-sonnet-4-6": provider.url, "gpt-5.6": provider.url, "gemini-3.8-flash": provider.url}
    await new_chat(page)
    await use_agent(page, page_agent(models, retries=-1))
    await ask(page, "How do the usual sorting algorithms compare?")
    await expect(page.locator("#answer table")).to_be_visible()
    await expect(page.locator("#answer pre")).to_be_visible()
    await picture(page, "streaming")
    gate.open()
    await shows(page, "done")
    await picture(page, "conversations")
    await approval(page, provider)
    await new_chat(page)
    await use_agent(page, page_agent({"local": provider.refused_url()}, retries=-1))
    await ask(page, "Is anyone there?")
    await shows(page, "error")
    await picture(page, "error")
    async with drawer(page, "Agents"):
        await picture(page, "agents")
        await page.get_by_role("button", name="Open the editor").click()
        await expect(page.locator(".cm-editor")).to_be_visible()
        await picture(page, "editor")
    async with drawer(page, "Keys"):
        await picture(page, "keys")
    async with drawer(page, "Under the hood"):
        await picture(page, "under-the-hood")


async def approval(page: Page, provider: ScriptedProvider) -> None:
    call = ToolCall("call_1", "pay", {"amount": 12, "to": "the baker"})
    provider.script("bank", Reply(openai_chat(tool_calls=[call])), Reply(openai_chat(text="Paid.")))
    await new_chat(page)
    yaml = page_agent({"bank": provider.url})
    await use_agent(page, yaml.replace("    instruction:", f"{_TOOL}    instruction:", 1))
    await ask(page, "Pay the baker 12 euros.")
    await expect(page.get_by_role("button", name="Allow once")).to_be_visible()
    await picture(page, "approval")
    await page.get_by_role("button", name="Allow once").click()
    await shows(page, "done")


async def picture(page: Page, name: str) -> None:
    await page.evaluate("() => document.fonts.ready")
    await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    sys.stdout.write(f"docs/screenshots/{name}.png\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
