"""The page asks before a file sends a vendor's key to a host that is not the vendor's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Request, Route, expect

from sparewheel.headless.static import StaticServer
from sparewheel.testing import openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import ask, set_keys, use_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOST = "models.example.test"
OPENAI, ANTHROPIC = "sk-proj-CANARY0123456789", "sk-ant-CANARY0123456789"
FILE = """
agents: {root: {model: m, instruction: %s, title_model: demo/hello}}
models: {m: {provider: openai, model: a, base_url: "https://models.example.test/v1", token_key: %s}}
"""


class Visit:
    """A page with two keys, and what it asks of the foreign host."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[Request] = []

    async def answer(self, route: Route) -> None:
        self.asked.append(route.request)
        headers = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        body = b"" if route.request.method == "OPTIONS" else b"".join(openai_chat(text=f"Heard {OPENAI}."))
        await route.fulfill(headers={**headers, "content-type": "text/event-stream"}, body=body)

    def question(self, name: str) -> Locator:
        return self.page.get_by_role("group", name=f"This file sends {name} to {HOST}.")

    async def use(self, key: str, instruction: str = "Hi") -> None:
        await use_agent(self.page, FILE % (instruction, key))

    async def ask(self) -> None:
        await ask(self.page)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, server: StaticServer) -> AsyncIterator[Visit]:
    context = await browser.new_context(color_scheme="light")
    watch = Watch(context)
    page = await context.new_page()
    visit = Visit(page)
    await context.route(f"https://{HOST}/**", visit.answer)
    await page.goto(server.url)
    await shows(page, "ready")
    await set_keys(page, {"OPENAI_API_KEY": OPENAI, "ANTHROPIC_API_KEY": ANTHROPIC})
    yield visit
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    assert "CANARY" not in await page.evaluate(stored)
    assert "CANARY" not in await page.locator("body").inner_text()
    assert "CANARY" not in "\n".join(watch.console)
    await context.close()


async def test_a_key_goes_elsewhere_only_when_it_is_allowed_and_the_answer_is_kept(visit: Visit) -> None:
    page, question = visit.page, visit.question("OPENAI_API_KEY")
    await visit.use("OPENAI_API_KEY")
    await expect(question).to_be_visible()
    assert visit.asked == []
    await expect(question).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(question.get_by_role("button", name="Allow", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(question).to_have_count(0)
    await expect(page.locator("#prompt")).to_be_focused()
    await visit.ask()
    await shows(page, "done")
    await expect(page.locator("#transcript")).to_contain_text("Heard [redacted].")
    assert (await visit.asked[-1].all_headers())["authorization"] == f"Bearer {OPENAI}"
    await visit.use("OPENAI_API_KEY", "Another")
    await visit.ask()
    await expect(page.get_by_text("Heard [redacted].")).to_have_count(2)
    await expect(question).to_have_count(0)


async def test_a_key_that_is_not_allowed_stays_until_the_user_changes_their_mind(visit: Visit) -> None:
    page, question = visit.page, visit.question("ANTHROPIC_API_KEY")
    await visit.use("ANTHROPIC_API_KEY")
    await question.get_by_role("button", name="Do not allow").click()
    await expect(page.locator("#agent-problem")).to_contain_text("would send ANTHROPIC_API_KEY")
    await visit.use("ANTHROPIC_API_KEY", "Again")
    await expect(page.locator("#agent-problem")).to_contain_text("would send ANTHROPIC_API_KEY")
    await expect(question).to_have_count(0)
    await visit.ask()
    await expect(question).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(question).to_be_visible()  # Esc answers nothing
    await page.get_by_role("button", name="Stop").click()
    await shows(page, "stopped")
    await visit.use("OPENAI_API_KEY", "Withdrawn")
    await expect(visit.question("OPENAI_API_KEY")).to_be_visible()
    await expect(question).to_have_count(0)
    assert visit.asked == []
