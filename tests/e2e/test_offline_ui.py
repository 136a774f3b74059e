"""Our own page in a browser that goes offline."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import shows
from tests.support.page import use_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

YAML = """
agents: {root: {model: far, instruction: x, fallback: {models: [demo/hello], retries: -1}}}
models: {far: {provider: openai, model: m, base_url: "http://far.example.test/v1"}}
"""


async def test_a_turn_waits_until_the_network_is_back(browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await shows(page, "ready")
        await use_agent(page, YAML)
        await context.set_offline(True)
        await page.locator("#prompt").fill("Hello")
        await page.locator("#prompt").press("Enter")
        await expect(page.locator("#status")).to_contain_text("You are offline; waiting for the network")
        await expect(page.locator(".turn .notes")).to_contain_text("You are offline")
        await context.set_offline(False)
        await shows(page, "done")
        await expect(page.locator(".turn .outcome")).to_contain_text("hello")
    await context.close()
