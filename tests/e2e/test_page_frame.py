"""The frame of the page: the talk scrolls, prints and is read out, and a page that cannot run tells what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, openai_chat
from sparewheel.transports.demo import ANSWER
from tests.support.browser import Watch, shows
from tests.support.page import ask, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

HELLO = "agents: {root: {model: demo/hello, instruction: Hi}}"
STALLS = "agents: {root: {model: demo/stalls, instruction: Hi}}"
KEYLESS = "agents: {root: {model: openai/gpt-5-mini, instruction: Hi}}"
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
    box = await latest.bounding_box()
    assert box and box["width"] < 150  # it lies above the talk
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
    turn = page.locator(".turn").last
    await expect(turn.get_by_role("heading", name="You: About tea")).to_be_attached()
    await expect(turn.get_by_role("heading", name="Answer by a", exact=True)).to_be_attached()


@pytest.mark.parametrize("way", ["button", "Enter"])
async def test_a_prompt_sent_before_the_page_has_loaded_is_kept_and_sent(way: str, browser: Browser) -> None:  # D5
    context = await browser.new_context()
    page = await context.new_page()
    loading = asyncio.Event()

    async def hold(route: Route) -> None:
        await loading.wait()
        await route.continue_()

    for module in ("main.js", "start.js"):
        await page.route(f"**/app/{module}", hold)
    with StaticServer(find_dist()) as server:
        await page.goto(server.url, wait_until="commit")
        prompt = page.locator("#prompt")
        await prompt.fill("Typed early")
        if way == "button":
            await page.get_by_role("button", name="Send").click()
        else:
            await prompt.press("Enter")
        await expect(prompt).to_have_value("Typed early")
        assert page.url == server.url
        loading.set()
        await expect(page.locator(".said")).to_have_text("Typed early")
        await expect(page.locator("#answer")).to_have_text(ANSWER)
        await expect(page.locator(".turn")).to_have_count(1)
        await context.close()


async def test_what_is_shown_is_what_would_run_now(page: Page) -> None:  # D13, D14
    status, chain = page.locator("#status"), page.locator("#chain")
    note = page.get_by_role("button", name="This agent cannot run")
    await use_agent(page, HELLO)
    await ask(page)
    await shows(page, "done")
    await expect(status).to_have_text("Answered by demo/hello")
    await use_agent(page, "agents: [")
    await expect(status).to_have_text("This agent cannot run")
    await expect(chain).to_be_hidden()
    await note.click()
    await expect(page.locator("#agent-problem")).to_be_visible()
    await page.keyboard.press("Escape")
    await use_agent(page, STALLS)
    await expect(status).to_have_text("Ready")
    await expect(note).to_be_hidden()
    await expect(chain).to_contain_text("stalls")
    await ask(page)
    await expect(page.locator("#answer")).not_to_be_empty()
    await use_agent(page, "agents: [")  # while the turn runs
    await expect(chain).to_be_visible()
    await page.locator("#stop").click()
    await expect(status).to_have_text("This agent cannot run")
    await use_agent(page, HELLO)
    await expect(status).to_have_text("Ready")
    await expect(chain).to_contain_text("hello")


async def test_a_missing_key_leads_to_where_it_goes(browser: Browser) -> None:
    async with visit(browser) as (page, _):
        await use_agent(page, KEYLESS)
        await expect(page.locator("#status")).to_have_text("This agent needs a key")
        await ask(page)
        await shows(page, "error")
        keys = page.get_by_role("dialog", name="Keys")
        for way in ("This agent needs a key: add one", "Add a key"):
            await page.get_by_role("button", name=way).click()
            await expect(keys.locator("input:focus")).to_have_count(1)
            await keys.get_by_role("button", name="Close").click()
            await expect(keys).to_be_hidden()
        await use_agent(page, HELLO)
        await expect(page.locator("#status")).to_have_text("Ready")
        await expect(page.locator("#problem-note")).to_be_hidden()


REACHABLE = """() => {
    const { scrollingElement: root } = document;
    const scrolls = (box) =>
        /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight + 1;
    const nested = [...document.querySelectorAll("#transcript *, #foot *")].filter(
        (box) => box.checkVisibility() && box.id !== "prompt" && scrolls(box));
    return { page: [root.scrollWidth, root.scrollHeight], nested: nested.map((box) => box.outerHTML.slice(0, 80)) };
}"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400), (320, 480), (320, 256)])
async def test_the_talk_is_the_only_scroller_and_keeps_most_of_the_height(
    width: int, height: int, page: Page, provider: ScriptedProvider
) -> None:  # D23
    await page.set_viewport_size({"width": width, "height": height})
    models = {f"model-with-a-long-name-{number}": provider.url for number in range(8)}
    for model in models:
        provider.script(model, Reply(openai_chat(text=[*SENTENCES[:60], "\n\n```\n", "code\n" * 60, "```\n"])))
    await use_agent(page, f"{page_agent(models)}# {width} {height}\n")
    await ask(page)
    await shows(page, "done")
    boxes = {name: await page.locator(name).bounding_box() for name in ("header", "#transcript", "#composer", "#send")}
    sizes = {name: box for name, box in boxes.items() if box}
    assert sizes["header"]["height"] <= 56
    assert sizes["#transcript"]["height"] >= 0.4 * height, sizes
    assert sizes["#composer"]["y"] + sizes["#composer"]["height"] <= height
    assert sizes["#send"]["x"] + sizes["#send"]["width"] <= width
    assert await page.evaluate(REACHABLE) == {"page": [width, height], "nested": []}
    await page.locator("#transcript").press("Home")
    await expect(page.locator(".said").last).to_be_attached()


async def test_the_states_of_the_chain_differ_in_form(page: Page) -> None:  # D29
    await page.emulate_media(forced_colors="active")
    forms = await page.evaluate(
        """() => {
            const row = document.querySelector("#chain > li").cloneNode(true);
            document.querySelector("#chain").append(row);
            const form = (state) => {
                row.dataset.state = state;
                const wheel = row.querySelector(".wheel");
                const hub = getComputedStyle(wheel, "::before");
                const { borderTopStyle, clipPath } = getComputedStyle(wheel);
                return [borderTopStyle, clipPath, hub.display, hub.borderTopWidth].join(" ");
            };
            const states = ["ready", "spare", "no_key", "answering", "pausing", "failed", "answered"];
            const forms = states.map(form);
            row.remove();
            return forms;
        }"""
    )
    await page.emulate_media(forced_colors="none")
    assert len(set(forms)) == 7, forms


async def test_a_server_that_cannot_be_reached_is_told_in_two_lines(
    page: Page, provider: ScriptedProvider
) -> None:  # D30
    url = provider.refused_url()
    await use_agent(page, page_agent({"a": url}))
    await ask(page)
    await shows(page, "error")
    failure = page.locator(".turn").last.get_by_role("alert")
    host = url.removeprefix("http://").removesuffix("/v1")
    await expect(failure.locator("p").first).to_have_text(f"Your browser could not reach {host}.")
    assert len((await failure.inner_text()).splitlines()) <= 5
    await failure.get_by_text("Details").click()
    await expect(failure).to_contain_text("Failed to fetch")


GROUND = "() => getComputedStyle(document.body).backgroundColor"


async def test_the_choice_of_colours_stays_and_the_page_can_be_installed(browser: Browser) -> None:
    async with visit(browser, color_scheme="light") as (page, watch):
        light = await page.evaluate(GROUND)
        await page.get_by_label("Colours").select_option("Dark")
        dark = await page.evaluate(GROUND)
        assert dark != light
        other = await page.context.new_page()
        await other.goto(page.url)
        await page.route("**/app/main.js", lambda route: route.abort())  # the first paint does not wait for it
        await page.reload()
        assert await page.evaluate(GROUND) == dark
        await expect(other.get_by_label("Colours")).to_have_value("dark")
        await other.get_by_label("Colours").select_option("As the system")
        assert await other.evaluate(GROUND) == light
        cdp = await page.context.new_cdp_session(other)
        assert (await cdp.send("Page.getAppManifest"))["errors"] == []
        errors = (await cdp.send("Page.getInstallabilityErrors"))["installabilityErrors"]
        assert [error["errorId"] for error in errors] in ([], ["in-incognito"])  # the browser's, not the page's
        assert not any("Content Security Policy" in line for line in watch.console)
