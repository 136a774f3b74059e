"""What axe finds in the main states of the page: nothing, by WCAG 2.2 A and AA and by its best practices."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from bundle.fetch import NODE_MODULES
from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import shows
from tests.support.page import ask, drawer, new_chat, page_agent, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN: Final = """async (runOnly) => {
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}: ${node.failureSummary}`));
}"""
ANSWER: Final = """\
## Tea

Both are *fine*[^1], see [the list](https://example.com/tea):

- [x] green
- [ ] black

| Tea | Minutes |
|---|---|
| green | 3 |

```python
def steep(minutes: int) -> None: ...
```

Then $x^2$ is left.

[^1]: As a drink.
"""
FORM: Final = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "title": "City", "description": "Where to"},
        "class": {"type": "string", "enum": ["first", "second"]},
        "window": {"type": "boolean"},
        "people": {"type": "integer", "minimum": 1},
    },
    "required": ["city"],
}


class Look:
    """Collects what axe finds: everything in the colours of the context, and the contrast in the dark ones."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.found: dict[str, list[str]] = {}

    async def __call__(self, state: str) -> None:
        await self._page.evaluate(
            "() => Promise.all(document.getAnimations().map((animation) => animation.finish?.()))"
        )
        await self._keep(state, {"type": "tag", "values": TAGS})
        await self._page.emulate_media(color_scheme="dark")
        await self._keep(f"{state}, dark", {"type": "rule", "values": ["color-contrast"]})
        await self._page.emulate_media(color_scheme="light")

    async def _keep(self, state: str, run_only: dict[str, Any]) -> None:
        if found := await self._page.evaluate(RUN, run_only):
            self.found[state] = found


def asking(provider: ScriptedProvider, toolset: str) -> str:
    """The agent file of a model with these tools."""
    yaml = page_agent({toolset: provider.url})
    return yaml.replace("    instruction:", f"    toolsets: [{{type: {toolset}}}]\n    instruction:")


async def converse(page: Page, provider: ScriptedProvider, look: Look) -> None:
    """Turns of every kind."""
    await look("first visit")
    await page.get_by_role("button", name="Run the demo").click()
    await shows(page, "done")
    await page.locator(".attempt summary").first.click()
    await look("failure survived")
    await page.locator("#chain button").first.click()
    await look("popover of a model")
    await page.keyboard.press("Escape")
    gate = Gate()
    provider.script("a", Reply(openai_chat(text=[ANSWER[:120], ANSWER[120:]]), gates={2: gate}))
    await use_agent(page, page_agent({"a": provider.url}))
    await ask(page, "About tea")
    await expect(page.locator("#answer")).to_contain_text("Both are")
    await look("streaming")
    gate.open()
    await shows(page, "done")
    await expect(page.locator("#answer math")).to_be_visible()
    await look("answer")
    await approve(page, provider, look)
    await fail(page, provider, look)


async def approve(page: Page, provider: ScriptedProvider, look: Look) -> None:
    remember = ToolCall("call_1", "add_memory", {"memory": "Likes tea"})
    provider.script("memory", Reply(openai_chat(tool_calls=[remember])), Reply(openai_chat(text="Done")))
    await use_agent(page, asking(provider, "memory"))
    await ask(page)
    await page.get_by_role("button", name="Edit the arguments").click()
    await look("approval")
    await page.get_by_role("button", name="Allow once").click()
    await shows(page, "done")
    prompt = ToolCall("call_1", "user_prompt", {"message": "Where to?", "schema": FORM})
    provider.script("user_prompt", Reply(openai_chat(tool_calls=[prompt])), Reply(openai_chat(text="Done")))
    await use_agent(page, asking(provider, "user_prompt"))
    await ask(page)
    await expect(page.get_by_label("City")).to_be_visible()
    await look("elicitation")
    await page.get_by_role("button", name="Stop").click()
    await shows(page, "stopped")


async def fail(page: Page, provider: ScriptedProvider, look: Look) -> None:
    await use_agent(page, page_agent({"b": provider.refused_url(), "c": provider.refused_url()}, retries=0))
    await ask(page)
    await shows(page, "error")
    await look("error")
    await use_agent(page, "agents: [")
    await expect(page.locator("#problem-note")).to_be_visible()
    await look("broken file")


async def look_around(page: Page, look: Look) -> None:
    """Drawers and menus."""
    async with drawer(page, "Agents") as shown:
        await expect(shown.get_by_role("button", name="Three vendors", exact=True)).to_be_visible()
        await look("agents")
        await shown.get_by_role("button", name="Three vendors", exact=True).click()
        await shown.get_by_role("button", name="Replace").click()
        await shown.get_by_role("button", name="Open the editor").click()
        await expect(page.locator(".cm-editor")).to_be_visible()
        await look("editor")
    async with drawer(page, "Keys") as shown:
        await shown.locator("#add-key").click()
        await look("keys")
    async with drawer(page, "Under the hood") as shown:
        await shown.locator("#log details, #log summary, #log button").first.click()
        await look("under the hood")
    await page.get_by_role("button", name="More for").first.click()
    await look("menu of a conversation")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="What if…").click()
    await look("what if")
    await page.keyboard.press("Escape")


async def test_axe_finds_nothing(browser: Browser, provider: ScriptedProvider) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    await context.add_init_script(path=NODE_MODULES / "axe-core" / "axe.min.js")
    page = await context.new_page()
    look = Look(page)
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await shows(page, "ready")
        await converse(page, provider, look)
        await look_around(page, look)
        await page.set_viewport_size({"width": 390, "height": 844})
        await look("phone")
        await page.locator("#open-rail").click()
        await look("phone, rail")
        await new_chat(page)
        async with drawer(page, "Keys"):
            await look("phone, keys")
        await context.close()
    if look.found:
        pytest.fail("\n".join(f"{state}: {line}" for state, lines in look.found.items() for line in lines))
