"""What tests do with our own page: its drawers, the agent file, keys, prompts."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.agents import agent_file
from tests.support.browser import Watch, shows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from playwright.async_api import Browser, BrowserContext, Locator, Page

WENT_ON = "This turn was interrupted, and then went on."


def page_agent(models: Mapping[str, str], *, key: str = "", **options: Any) -> str:
    """An agent file as `agent_file` writes it, without a key by default, whose titles come from a demo model.

    The page keeps its sessions, and would ask the scripted models for titles otherwise.
    """
    yaml = agent_file(models, **options).replace(", token_key: TEST_KEY", f", token_key: {key}" if key else "")
    return yaml.replace("    instruction:", "    title_model: demo/hello\n    instruction:")


@asynccontextmanager
async def visit(browser: Browser, **options: Any) -> AsyncIterator[tuple[Page, Watch]]:
    """Our own page in a context with these options, ready for a prompt, and a record of what it says."""
    context = await browser.new_context(**options)
    watch = Watch(context)
    page = await context.new_page()
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await shows(page, "ready")
        yield page, watch
        await context.close()


@asynccontextmanager
async def drawer(page: Page, name: str) -> AsyncIterator[Locator]:
    """The drawer with this title, open. On a narrow page, its button is in the rail. Focus comes back afterwards."""
    shown = page.get_by_role("dialog", name=name)
    if not await shown.is_visible():
        rail = page.locator("#open-rail")
        if await rail.is_visible():
            await rail.click()
        await page.locator("#rail").get_by_role("button", name=name).click()
    await expect(shown).to_be_visible()
    yield shown
    await shown.get_by_role("button", name="Close").click()


async def agents_page(context: BrowserContext, url: str) -> tuple[Page, Locator]:
    """The page with the drawer of the agents open."""
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_role("button", name="Agents").click()
    agents = page.get_by_role("dialog", name="Agents")
    await expect(agents.get_by_role("button", name="Three vendors", exact=True)).to_be_visible()
    return page, agents


async def use_agent(page: Page, yaml: str) -> None:
    """Put this agent file into the box."""
    async with drawer(page, "Agents"):
        await page.locator("#agent-yaml").fill(yaml)


async def set_keys(page: Page, keys: dict[str, str]) -> None:
    """Fill in these keys, by name, in new rows."""
    async with drawer(page, "Keys"):
        for name, key in keys.items():
            await page.locator("#add-key").click()
            inputs = page.locator("#keys > li").last.locator("input")
            await inputs.first.fill(name)
            await inputs.last.fill(key)


_WATCH_LABEL = """(button) => {
    globalThis.labels = [];
    new MutationObserver(() => labels.push(button.textContent)).observe(button, { childList: true });
}"""


async def copied(page: Page, button: Locator) -> str:
    """Click on a button that copies; what it has copied. It says so for a moment, which a busy machine may miss."""
    await button.evaluate(_WATCH_LABEL)
    await button.click()
    await page.wait_for_function("() => labels.includes('Copied')")
    text: str = await page.evaluate("navigator.clipboard.readText()")
    return text


async def new_chat(page: Page) -> None:
    """Begin another conversation."""
    await page.get_by_role("button", name="New chat").click()


async def ask(page: Page, prompt: str = "Hello") -> None:
    """Send a prompt with Enter."""
    await page.locator("#prompt").fill(prompt)
    await page.locator("#prompt").press("Enter")
