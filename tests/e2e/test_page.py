"""The page itself, as a visitor uses it, under the strict policy that our server sends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Worker, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import CONTENT_SECURITY_POLICY, StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, openai_chat
from sparewheel.transports.demo import ANSWER
from tests.support.agents import KEY
from tests.support.browser import Change, Site, Watch, shows
from tests.support.page import ask, drawer, page_agent, set_keys, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

DEMO = (find_dist() / "examples" / "demo.yaml").read_text()
HELLO = "agents: {root: {model: demo/hello, instruction: Hi}}"


class Visit:
    """A visitor's page and what it says."""

    def __init__(self, page: Page, watch: Watch, url: str) -> None:
        self.page = page
        self.watch = watch
        self.url = url

    async def shows(self, state: str) -> None:
        await shows(self.page, state)

    async def use(self, yaml: str) -> None:
        await use_agent(self.page, yaml)

    async def ask(self, prompt: str = "Hello") -> None:
        await ask(self.page, prompt)


def complaints(watch: Watch) -> list[str]:
    """What was said on the console but for whoever debugs: a violated policy, a missing file, an exception."""
    return [line for line in watch.console if not line.startswith(("[debug]", "[verbose]"))]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(browser: Browser, server: StaticServer) -> AsyncIterator[Visit]:
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    response = await page.goto(server.url)
    assert response
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    visit = Visit(page, watch, server.url.rstrip("/"))
    await visit.shows("ready")
    yield visit
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(opened: Visit, provider: ScriptedProvider) -> AsyncIterator[Visit]:
    """The module's page, ready for a turn; afterwards it has complained of nothing and asked nobody else."""
    opened.watch.clear()
    await opened.use(DEMO)
    yield opened
    assert complaints(opened.watch) == []
    assert opened.watch.origins <= {opened.url, provider.url}


async def test_a_first_visit(browser: Browser, server: StaticServer) -> None:
    """Nothing but Enter: the demo agent fails over in front of the visitor's eyes."""
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    await page.goto(server.url)
    visit = Visit(page, watch, server.url.rstrip("/"))
    await visit.ask("Hello")  # before Python is there
    await expect(page.locator("#agent-yaml")).to_have_value(DEMO)
    await visit.shows("done")
    await expect(page.locator("#answer")).to_have_text(ANSWER)
    links = page.locator("#chain > li")
    await expect(links).to_have_count(3)
    for link, model in zip(await links.all(), ("drops-midway", "overloaded", "hello"), strict=True):
        await expect(link).to_contain_text(model)
    for link, state in zip(await links.all(), ("failed", "failed", "answered"), strict=True):
        await expect(link).to_have_attribute("data-state", state)
    assert await page.locator("#log > li").count() == 0  # nobody looks at it
    await page.get_by_role("button", name="Under the hood").click()
    await expect(page.locator("#log > li").last).to_have_attribute("data-type", "finish")
    told = await page.locator("#log > li").evaluate_all("lines => lines.map(line => line.dataset.type)")
    assert {"start", "delta", "discard", "retry", "fallback", "usage", "finish"} <= set(told)
    assert (told[0], told[-1], told.count("finish")) == ("start", "finish", 1)
    assert complaints(watch) == []
    assert watch.origins == {visit.url}
    await context.close()


async def test_the_answer_grows_and_the_next_model_starts_over(visit: Visit, provider: ScriptedProvider) -> None:
    gates = {2: Gate(), 3: Gate()}
    provider.script("a", Reply(openai_chat(text=["One", " two"], finish=None), gates=gates))
    provider.script("b", Reply(openai_chat(text="Three")))
    await visit.use(page_agent({"a": provider.url, "b": provider.url}))
    await visit.ask()
    answer = visit.page.locator("#answer")
    await expect(answer).to_have_text("One")
    gates[2].open()
    await expect(answer).to_have_text("One two")
    await visit.shows("running")
    gates[3].open()
    await visit.shows("done")
    await expect(answer).to_have_text("Three")
    assert provider.url in visit.watch.origins


@pytest.mark.parametrize("way", ["button", "Escape"])
async def test_stop(way: str, visit: Visit, provider: ScriptedProvider) -> None:
    provider.script("a", Reply(openai_chat(text=["One", " two"]), silent_after=2))
    await visit.use(page_agent({"a": provider.url}))
    stop = visit.page.locator("#stop")
    await expect(stop).to_be_hidden()
    await visit.ask()
    await expect(visit.page.locator("#answer")).to_have_text("One")
    if way == "button":
        await stop.click()
    else:
        await visit.page.keyboard.press(way)
    await visit.shows("stopped")
    await asyncio.to_thread(provider.wait_for_disconnect)
    await expect(visit.page.locator("#answer")).to_have_text("One")
    await expect(stop).to_be_hidden()
    await visit.use(HELLO)
    await visit.ask()
    await visit.shows("done")


async def test_a_broken_agent_file_is_told_beside_it(visit: Visit) -> None:
    await visit.use("agents: [")
    problem = visit.page.locator("#agent-problem")
    async with drawer(visit.page, "Agents"):
        await expect(problem).to_be_visible()  # while typing: nothing was sent
        await expect(problem).to_contain_text("line")
    await visit.ask()
    await visit.shows("error")
    await visit.use(HELLO)
    await visit.ask()
    await visit.shows("done")
    await expect(problem).to_be_hidden()


async def test_a_key_is_sent_and_shown_nowhere(visit: Visit, provider: ScriptedProvider) -> None:
    refusal = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}
    provider.script("a", Reply.json(401, refusal))
    await visit.use(page_agent({"a": provider.url}, key="TEST_KEY"))
    page = visit.page
    await set_keys(page, {"TEST_KEY": KEY})
    await expect(page.locator("#keys > li").last.locator("input").last).to_have_attribute("type", "password")
    await visit.ask()
    await visit.shows("error")
    assert provider.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "CANARY" not in await page.locator("html").inner_html()
    assert not any("CANARY" in text for text in [*visit.watch.console, *visit.watch.urls, page.url])
    kept = await page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "CANARY" not in kept


FOCUS = "() => document.activeElement.id || document.activeElement.tagName"


async def test_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    await visit.use("agents: {root: {model: demo/stalls, instruction: Hi}}")
    await page.evaluate("() => document.activeElement.blur()")
    met: list[str] = []
    while met.count("prompt") < 1 and len(met) < 40:
        await page.keyboard.press("Tab")
        met.append(await page.evaluate(FOCUS))
    assert met[-1] == "prompt", met
    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("Two")
    assert await page.locator("#prompt").input_value() == "One\nTwo"
    await page.keyboard.press("Enter")
    await expect(page.locator("#answer")).not_to_be_empty()
    await expect(page.locator("#prompt")).to_have_value("")
    met.clear()
    while met.count("stop") < 1 and len(met) < 40:
        await page.keyboard.press("Tab")
        met.append(await page.evaluate(FOCUS))
    assert met[-1] == "stop", met
    outline = await page.locator("#stop").evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline != "none"  # who tabs sees where
    await page.keyboard.press("Enter")
    await visit.shows("stopped")
    assert await page.evaluate(FOCUS) == "prompt"
    met.clear()
    while len(met) < 40 and "prompt" not in met:
        await page.keyboard.press("Tab")
        met.append(await page.evaluate(FOCUS))
    assert {"send", "new-chat", "open-agents", "open-keys", "open-hood", "agent"} <= set(met), met
    for name, inside in (("Agents", "agent-yaml"), ("Keys", "add-key"), ("Under the hood", "log")):
        button = page.get_by_role("button", name=name, exact=True)
        await button.focus()
        await page.keyboard.press("Enter")
        met.clear()
        while len(met) < 20 and inside not in met:
            await page.keyboard.press("Tab")
            met.append(await page.evaluate(FOCUS))
        assert met[-1] == inside, met
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name=name)).to_be_hidden()
        await expect(button).to_be_focused()


async def test_a_narrow_screen_does_not_scroll_sideways(visit: Visit) -> None:
    page = visit.page
    size = page.viewport_size
    assert size
    await page.set_viewport_size({"width": 360, "height": 740})
    await visit.ask("Supercalifragilistic" * 10)
    await visit.shows("done")
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= 360
    # Whoever wants to press it must be able to: its far corner is on the screen, and nothing lies over it.
    covered = """(box) => [...box.querySelectorAll("button, textarea, input")].filter((element) => {
        element.scrollIntoView({ block: "center" });
        const { left, right, top, bottom, width } = element.getBoundingClientRect();
        const shown = (x, y) => element.contains(document.elementFromPoint(x, y));
        return width > 0 && !(shown(left + 6, (top + bottom) / 2) && shown(right - 6, (top + bottom) / 2));
    }).map((element) => element.outerHTML)"""
    assert await page.locator("#conversation").evaluate(covered) == []
    for name in ("Agents", "Keys", "Under the hood"):
        async with drawer(page, name) as shown:
            assert await shown.evaluate(covered) == []
            assert await page.evaluate("() => document.documentElement.scrollWidth") <= 360
    await page.set_viewport_size(size)


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(r, g, b)`, as WCAG 2 defines it."""
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_light_and_dark(scheme: str, visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await visit.ask()
    await visit.shows("done")
    colours = await visit.page.evaluate(
        "() => { const { color, backgroundColor } = getComputedStyle(document.body); return [color, backgroundColor]; }"
    )
    text, ground = map(luminance, colours)
    assert (ground > text) == (scheme == "light")
    assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= 4.5
    await visit.page.emulate_media(color_scheme=None)


async def test_from_a_sub_path_of_a_plain_host(browser: Browser) -> None:
    with Site({"/any/folder/": find_dist()}) as site:
        context = await browser.new_context()
        watch = Watch(context)
        page = await context.new_page()
        await page.goto(f"{site.origin}/any/folder/")
        visit = Visit(page, watch, site.origin)
        await visit.shows("ready")
        await visit.ask()
        await visit.shows("done")
        await expect(page.locator("#answer")).to_have_text(ANSWER)
        assert watch.faults == []
        assert watch.origins == {site.origin}
        await context.close()


async def test_python_is_started_before_the_page_and_once(browser: Browser) -> None:
    with Site({"/": find_dist()}) as site:
        context = await browser.new_context(service_workers="block")
        page = await context.new_page()
        started: list[Worker] = []
        page.on("worker", lambda worker: started.append(worker))
        await page.goto(site.origin)
        visit = Visit(page, Watch(context), site.origin)
        await visit.shows("ready")
        assert [await worker.evaluate("self.name") for worker in started] == ["sparewheel early"]

        # Without its snapshot a plain start follows, in a worker that was not started early.
        started.clear()
        site.changes[next(find_dist().glob("pyodide/snapshot.*.bin.gz")).name] = Change(404)
        await page.reload()
        await visit.shows("ready")
        assert len(started) == 2
        assert await started[1].evaluate("self.name") == "sparewheel"
        await context.close()


async def test_a_worker_that_does_not_load_is_told_and_tried_again(browser: Browser) -> None:
    with Site({"/": find_dist()}) as site:
        context = await browser.new_context(service_workers="block")
        page = await context.new_page()
        site.changes["worker.js"] = Change(404)
        await page.goto(site.origin)
        visit = Visit(page, Watch(context), site.origin)
        await visit.shows("error")
        await expect(page.get_by_role("alert")).to_contain_text("worker.js")
        site.changes.clear()
        await page.get_by_role("button", name="Start again").click()
        await visit.shows("ready")
        await visit.ask()
        await visit.shows("done")
        await expect(page.locator("#answer")).to_have_text(ANSWER)
        await context.close()
