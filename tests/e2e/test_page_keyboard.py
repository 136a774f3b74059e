"""The page without a mouse: the keyboard alone reaches everything, and the focus is never lost."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import shows
from tests.support.page import ask, drawer, use_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELLO = "agents: {root: {model: demo/hello, instruction: Hi}}"


async def focused(page: Page) -> str:
    """What has the focus. Fails if nothing has."""
    found = await page.evaluate("() => document.activeElement.outerHTML.slice(0, 100)")
    assert not found.startswith("<body"), "the focus is lost"
    return str(found)


async def press(page: Page, *keys: str) -> None:
    """Press keys; after each of them something has the focus."""
    for key in keys:
        await page.keyboard.press(key)
        await focused(page)


async def test_the_keyboard_alone_reaches_everything_and_comes_back(new_chat: Page) -> None:
    page = new_chat
    await use_agent(page, HELLO)
    await page.locator("#prompt").focus()
    await page.keyboard.type("Hello")
    await press(page, "Enter")
    await shows(page, "done")
    await expect(page.locator("#prompt")).to_be_focused()
    for title in ("Agents", "Keys", "Under the hood"):
        opener = page.locator("#rail").get_by_role("button", name=title)
        shown = page.get_by_role("dialog", name=title)
        await opener.focus()
        await press(page, "Enter")
        await expect(shown.locator(":focus")).to_have_count(1)
        await press(page, "Tab", "Tab", "Shift+Tab")
        await expect(shown.locator(":focus")).to_have_count(1)
        await press(page, "Escape")
        await expect(shown).to_be_hidden()
        await expect(opener).to_be_focused()
    for opener in (
        page.get_by_role("button", name="What if…"),
        page.get_by_role("button", name="Ask another model").last,
    ):
        await opener.focus()
        await press(page, "Enter")
        await expect(page.get_by_role("menuitem").first).to_be_focused()
        await press(page, "ArrowDown", "End", "Home", "Escape")
        await expect(opener).to_be_focused()
    link = page.locator("#chain button").first
    await link.focus()
    await press(page, "Enter", "Tab")
    await expect(page.locator(".link-popover:popover-open :focus")).to_have_count(1)
    await press(page, "Escape")
    await expect(link).to_be_focused()
    await press(page, "Enter")
    await page.get_by_role("button", name="Ask this first").focus()
    await press(page, "Enter")
    await expect(page.locator(".link-popover:popover-open")).to_have_count(0)
    await expect(link).to_be_focused()


async def test_the_keyboard_alone_uses_lists_and_the_rail_of_a_phone(new_chat: Page) -> None:
    page = new_chat
    await use_agent(page, HELLO)
    await ask(page)
    await shows(page, "done")
    more = page.get_by_role("button", name="More for").first
    await more.focus()
    await press(page, "Enter", "Tab")
    await expect(page.get_by_role("button", name="Rename")).to_be_focused()
    await press(page, "Enter", "Escape")  # no other title
    await more.focus()
    await press(page, "Enter")
    await page.locator(".chat-actions").get_by_role("button", name="Delete").focus()
    await press(page, "Enter")
    await expect(page.get_by_role("button", name="Undo")).to_be_focused()
    await press(page, "Enter")
    await expect(page.locator(".chat-row :focus")).to_have_count(1)
    async with drawer(page, "Keys") as shown:
        for _ in range(2):
            await shown.locator("#add-key").focus()
            await press(page, "Enter")
        for row in (shown.locator("#keys > li").last, shown.locator("#keys > li").last):
            await row.get_by_role("button", name="Remove").focus()
            await press(page, "Enter")
    await focused(page)
    await page.set_viewport_size({"width": 390, "height": 844})
    opener = page.locator("#open-rail")
    await opener.focus()
    await press(page, "Enter")
    await expect(page.locator("#rail :focus")).to_have_count(1)
    await press(page, "Tab", "Escape")
    await expect(opener).to_be_focused()
    await press(page, "Enter")
    keys = page.locator("#rail").get_by_role("button", name="Keys")
    await keys.focus()
    await press(page, "Enter")
    await expect(page.get_by_role("dialog", name="Keys").locator(":focus")).to_have_count(1)
    await press(page, "Tab", "Escape")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    await expect(opener).to_be_focused()
