"""The frame of the page: the talk scrolls, prints and is read out, and a page that cannot run tells what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import ask, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

SENTENCES = [f"This is sentence number {number}. " for number in range(1, 481)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser, viewport={"width": 1280, "height": 800}) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def page(opened: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = opened
    watch.clear()
    await page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    assert [
        line for line in watch.console if not line.startswith(("[debug]", "[verbose]", "[error] Failed to load"))
    ] == []


async def answer(page: Page, provider: ScriptedProvider, text: list[str]) -> None:
    """A turn with this answer."""
    provider.script("a", Reply(openai_chat(text=text)))
    await use_agent(page, f"{page_agent({'a': provider.url})}# {id(text)}\n")
    await ask(page)
    await shows(page, "done")
    await expect(page.locator("#answer")).to_contain_text(text[-1].strip())  # it is drawn in steps


async def test_a_prompt_sent_while_scrolled_up_is_shown(page: Page, provider: ScriptedProvider) -> None:  # D3
    await answer(page, provider, SENTENCES)
    latest = page.get_by_role("button", name="latest")
    await expect(latest).to_be_hidden()
    await page.locator("#transcript").hover()
    await page.mouse.wheel(0, -900)
    await expect(latest).to_be_visible()
    await latest.click()
    await expect(latest).to_be_hidden()
    await page.mouse.wheel(0, -900)
    await expect(latest).to_be_visible()
    provider.script("a", Reply(openai_chat(text="Short")))
    await ask(page, "Where is it?")
    await expect(page.get_by_text("Where is it?", exact=True)).to_be_in_viewport()
    await shows(page, "done")
    await expect(page.locator("#answer")).to_be_in_viewport()


async def test_without_a_server_and_without_scripts_the_page_tells_what_to_do(browser: Browser) -> None:  # D21
    for scripts, address, told in (
        (True, f"file://{find_dist() / 'index.html'}", "build.py serve"),
        (False, None, "needs JavaScript"),
    ):
        context = await browser.new_context(java_script_enabled=scripts)
        page = await context.new_page()
        with StaticServer(find_dist()) as server:
            await page.goto(address or server.url)
            await expect(page.get_by_text(told)).to_be_visible()
            await expect(page.get_by_text("Starting")).to_be_hidden()
        await context.close()


async def test_print_has_the_whole_conversation(page: Page, provider: ScriptedProvider) -> None:  # D24
    await answer(page, provider, SENTENCES)
    await page.emulate_media(media="print")
    visible = page.locator("body > *:visible, main > *:visible")
    assert await visible.evaluate_all("parts => parts.map((part) => part.id)") == ["conversation", "transcript"]
    seen, all_of_it = await page.locator("#transcript").evaluate("box => [box.clientHeight, box.scrollHeight]")
    assert seen == all_of_it
    paper = await page.pdf()
    assert paper.count(b"/Type /Page\n") >= 3
    await page.emulate_media(media="null")


async def test_a_screen_reader_hears_the_answer_by_sentences(page: Page, provider: ScriptedProvider) -> None:  # D26
    gate = Gate()
    pieces = ["# Tea\n\nGreen **tea** is", " fine. Bla", "ck tea, too.\n\n```python\nx = 1\n```\n\nThat is all"]
    provider.script("a", Reply(openai_chat(text=pieces), gates={3: gate}))
    await use_agent(page, page_agent({"a": provider.url}))
    await page.evaluate(
        """() => { globalThis.heard = []; new MutationObserver((records) => {
            for (const { addedNodes } of records) for (const { textContent } of addedNodes) heard.push(textContent);
        }).observe(document.querySelector("[aria-live=polite]#spoken"), { childList: true }); }"""
    )
    await ask(page, "About tea")
    await page.wait_for_function("() => heard.length")
    assert (await page.evaluate("() => heard"))[0] in ("Tea Green tea is fine.", "Tea")
    gate.open()
    await shows(page, "done")
    assert (
        " ".join(await page.evaluate("() => heard"))
        == "Tea Green tea is fine. Black tea, too. Code: python. That is all"
    )
