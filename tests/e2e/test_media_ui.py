"""Pictures and sources of an answer on our own page, under its content security policy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from sparewheel.testing.streams import sse
from tests.support.browser import Watch, shows
from tests.support.page import drawer, page_agent, use_agent
from tests.support.scripted import PIXEL

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await shows(page, "ready")
        yield page
        await context.close()
    assert [line for line in watch.console if not line.startswith(("[debug]", "[verbose]"))] == []


async def ask(page: Page, provider: ScriptedProvider, *replies: Reply) -> None:
    for model, reply in zip("ab", replies, strict=False):
        provider.script(model, reply)
    yaml = page_agent({"a": provider.url, "b": provider.url})
    await use_agent(page, f"{yaml}# {id(replies)}\n")
    await page.locator("#prompt").fill("Draw a dot")
    await page.locator("#prompt").press("Enter")
    await shows(page, "done")


async def test_a_picture_is_shown_and_sent_back(page: Page, provider: ScriptedProvider) -> None:
    await ask(page, provider, Reply(openai_chat(text="A dot:", images=[PIXEL])))
    picture = page.locator(".turn img")
    await expect(picture).to_have_attribute("alt", "Picture 1 of the answer")
    assert await picture.evaluate("async (img) => (await img.decode(), img.naturalWidth)") == 1
    assert (await picture.get_attribute("src") or "").startswith("blob:")
    await expect(page.locator(".turn figcaption")).to_have_text("Picture 1 of the answer, image/png, 1 kB")
    await expect(page.locator("#answer")).to_have_text("A dot:")
    provider.script("a", Reply(openai_chat(text="A dot.")))
    await page.locator("#prompt").fill("What is it?")
    await page.locator("#prompt").press("Enter")
    await expect(page.locator("#answer")).to_have_text("A dot.")
    sent = provider.requests[-1].json["messages"]
    assert {"type": "image_url", "image_url": {"url": PIXEL}} in sent[-2]["content"]
    assert "iVBOR" not in await page.locator("#log").inner_text()


async def test_files_with_scripts_are_not_shown(page: Page, provider: ScriptedProvider) -> None:
    hostile = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='document.title=1'/>"
    await ask(page, provider, Reply(openai_chat(images=[hostile, "https://img.example.test/a.png"])))
    links = page.locator(".turn .media a")
    await expect(links).to_have_count(2)
    await expect(links.first).to_have_text("Save File 1 of the answer, application/octet-stream, 1 kB")
    await expect(links.last).to_have_attribute("href", "https://img.example.test/a.png")
    await expect(page.locator(".turn img")).to_have_count(0)


async def test_sources_are_links(page: Page, provider: ScriptedProvider) -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "https://tides.example.test/a", "title": "<b>Tides</b>"}}
    noted = sse({"choices": [{"index": 0, "delta": {"annotations": [cited, cited]}}]})
    await ask(page, provider, Reply((*openai_chat(text="At six.", finish=None), noted, *openai_chat()[1:])))
    sources = page.locator(".turn .sources")
    await expect(sources.locator("summary")).to_have_text("Sources (1)")
    await sources.locator("summary").click()
    await expect(sources.get_by_role("link")).to_have_text("<b>Tides</b> (tides.example.test)")
    await expect(sources.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")


async def test_a_picture_of_a_broken_answer_goes(page: Page, provider: ScriptedProvider) -> None:
    broken = Reply(openai_chat(images=[PIXEL], finish=None), cut_at=9999)
    await ask(page, provider, broken, Reply(openai_chat(text="No picture.")))
    await expect(page.locator("#answer")).to_have_text("No picture.")
    await expect(page.locator(".turn .media")).to_have_count(0)


async def test_what_cannot_be_seen_is_escaped_in_the_log_and_in_the_sources(
    page: Page, provider: ScriptedProvider
) -> None:
    about = {"url": "https://a.test/", "title": "in\u202evoice", "start_index": 0, "end_index": 1}
    delta = {"annotations": [{"type": "url_citation", "url_citation": about}]}
    cited = sse({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    first, *others = openai_chat(text="a\u200bb \u2066c")
    await ask(page, provider, Reply((first, cited, *others)))
    await expect(page.locator(".sources li")).to_contain_text("in\\u202evoice")
    async with drawer(page, "Under the hood"):
        await expect(page.locator("#log > li").last).to_have_attribute("data-type", "finish")
        log = "".join(await page.locator("#log > li").all_text_contents())
    assert "a\\u200bb \\u2066c" in log
    assert "in\\u202evoice" in log
    assert not set(log) & set("\u200b\u202e\u2066")
