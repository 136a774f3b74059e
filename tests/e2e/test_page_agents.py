"""The agents of the page: examples, saved agents, the form for the chain, the editor."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import BOOT_LIMIT, Change, Site, Watch, shows
from tests.support.page import agents_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = find_dist() / "examples"
MINE = "agents: {root: {model: demo/hello}} # mine"


async def test_choosing_an_agent_tells_what_is_in_use(browser: Browser) -> None:  # D15
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server:
        page, drawer = await agents_page(context, server.url)
        yaml, in_use = page.locator("#agent-yaml"), drawer.get_by_role("region", name="Agent in use")
        await expect(yaml).to_have_value((EXAMPLES / "demo.yaml").read_text())
        listed = json.loads((EXAMPLES / "index.json").read_text())
        assert sorted(example["name"] for example in listed) == sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
        for example in listed:
            await expect(drawer.get_by_role("button", name=example["title"], exact=True)).to_be_visible()
            await expect(drawer.get_by_text(example["shows"]).first).to_be_visible()

        await drawer.get_by_role("button", name="Three vendors", exact=True).click()
        await expect(yaml).to_have_value((EXAMPLES / "survive.yaml").read_text())
        await expect(in_use).to_contain_text("Three vendors")
        await expect(page.locator("#agent-name")).to_have_text("Three vendors")
        await expect(page.locator("#keys")).to_contain_text("Anthropic")  # what it needs

        await yaml.fill(MINE)
        await expect(in_use).to_contain_text("changed")
        await expect(page.locator("#agent-name")).to_have_text("Three vendors · changed")
        team = drawer.get_by_role("button", name="A team", exact=True)
        await team.click()
        await expect(yaml).to_have_value(MINE)  # first a question
        question = drawer.get_by_role("group", name="Replace the file that you have changed?")
        await question.get_by_role("button", name="Keep my file").click()
        await expect(yaml).to_have_value(MINE)
        await expect(in_use).to_contain_text("Three vendors")
        await team.click()
        await question.get_by_role("button", name="Replace it").click()
        await expect(in_use).to_contain_text("A team is in use.")
        await in_use.get_by_role("button", name="Undo").click()
        await expect(yaml).to_have_value(MINE)
        await expect(page.locator("#agent-name")).to_have_text("Three vendors · changed")
    assert watch.faults == []
    await context.close()


async def test_a_click_on_an_example_counts_while_another_one_loads(browser: Browser) -> None:
    context = await browser.new_context()
    with StaticServer(find_dist()) as server:
        page, drawer = await agents_page(context, server.url)
        name = page.locator("#agent-name")
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        await context.route("**/research.yaml", hold)
        other = drawer.get_by_role("button", name="A team", exact=True)
        for choice in ("shown under the pointer", "loaded after the other one"):
            async with page.expect_request("**/research.yaml"):
                await drawer.get_by_role("button", name="Research", exact=True).click()
            await other.hover()
            await page.mouse.down()
            if choice == "shown under the pointer":
                await held.pop().fulfill(path=EXAMPLES / "research.yaml")
                await expect(name).to_have_text("Research")
            await page.mouse.up()
            await expect(name).to_have_text("A team")
            await expect(drawer.get_by_role("region", name="Agent in use")).to_contain_text("A team")
        await held.pop().fulfill(path=EXAMPLES / "research.yaml")
        await drawer.get_by_role("button", name="A turn that survives").click()
        await expect(name).to_have_text("A turn that survives")
        await drawer.get_by_role("button", name="Undo").click()
        await expect(name).to_have_text("A team")  # and not what came late
    await context.close()


async def test_agents_are_kept_in_the_browser(browser: Browser) -> None:
    context = await browser.new_context()
    with StaticServer(find_dist()) as server:
        page, drawer = await agents_page(context, server.url)
        await page.locator("#agent-yaml").fill(MINE)
        await drawer.get_by_role("button", name="Save").click()
        await page.keyboard.type("<b>Mine</b>")
        await page.keyboard.press("Enter")
        await expect(page.locator("#agent-name")).to_have_text("<b>Mine</b>")
        await page.reload()
        page, drawer = await agents_page(context, server.url)
        await drawer.get_by_role("button", name="<b>Mine</b>", exact=True).click()
        await expect(page.locator("#agent-yaml")).to_have_value(MINE)
        await drawer.get_by_role("button", name="Rename <b>Mine</b>").click()
        await page.keyboard.type("Other")
        await page.keyboard.press("Enter")
        await expect(page.locator("#agent-name")).to_have_text("Other")
        await drawer.get_by_role("button", name="Delete Other").click()
        await expect(drawer.get_by_role("button", name="Other", exact=True)).to_have_count(0)
        undo = drawer.get_by_role("region", name="Your agents").get_by_role("button", name="Undo")
        await expect(undo).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(drawer.get_by_role("button", name="Other", exact=True)).to_be_visible()
    await context.close()


@pytest.mark.parametrize("missing", ["index.json", "demo.yaml"])
async def test_examples_that_do_not_load_are_told(browser: Browser, missing: str) -> None:  # D20
    context = await browser.new_context()
    with Site({"/": find_dist()}) as site:
        site.changes[missing] = Change(404)
        page = await context.new_page()
        await page.goto(f"{site.origin}/")
        await page.get_by_role("button", name="Agents").click()
        drawer = page.get_by_role("dialog", name="Agents")
        if missing == "index.json":
            await expect(drawer.get_by_role("alert").first).to_contain_text("The examples did not load: 404")
            await expect(page.locator("#agent-yaml")).to_have_value((EXAMPLES / "demo.yaml").read_text())
        else:
            problem = page.locator("#agent-problem")
            await expect(problem).to_contain_text("The demo did not load: 404", timeout=BOOT_LIMIT * 1000)
            await expect(problem).not_to_contain_text("mapping")
    await context.close()


async def test_the_chain_is_edited_by_a_form_that_keeps_the_rest_of_the_file(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server:
        page, drawer = await agents_page(context, server.url)
        yaml = page.locator("#agent-yaml")
        await drawer.get_by_role("button", name="Three vendors", exact=True).click()
        await expect(yaml).to_have_value((EXAMPLES / "survive.yaml").read_text())  # the panel is complete then
        await drawer.get_by_text("The chain of models").click()
        models = drawer.get_by_role("list", name="Models, first to last").get_by_role("listitem")
        await expect(models).to_have_count(3)
        await expect(models.first).to_contain_text("$3 in, $15 out")
        up = drawer.get_by_role("button", name="Move openai/gpt-5.6 up")
        await up.focus()
        await page.keyboard.press("Enter")
        text = (EXAMPLES / "survive.yaml").read_text()
        text = text.replace("anthropic/claude-sonnet-4-6", "*").replace("openai/gpt-5.6", "anthropic/claude-sonnet-4-6")
        text = text.replace("*", "openai/gpt-5.6")
        await expect(yaml).to_have_value(text)
        await expect(drawer.get_by_role("button", name="Move openai/gpt-5.6 down")).to_be_focused()
        await models.nth(2).drag_to(models.nth(0))
        await expect(models.first).to_contain_text("google/gemini-3.8-flash")
        await drawer.get_by_role("region", name="Agent in use").get_by_role("button", name="Undo").click()
        await expect(yaml).to_have_value(text)

        await drawer.get_by_label("Add a model").fill("mistral/of my own")
        await page.keyboard.press("Enter")
        await expect(models).to_have_count(4)
        await expect(yaml).to_have_value(re.compile('"mistral/of my own"'))
        await drawer.get_by_role("button", name="Remove mistral/of my own").click()
        await expect(yaml).to_have_value(text)
        await drawer.get_by_label("Retries").fill("many")
        await page.keyboard.press("Tab")
        await expect(drawer.get_by_role("alert").filter(has_text="many")).to_be_visible()
        await drawer.get_by_label("Retries").fill("5")
        await page.keyboard.press("Tab")
        await expect(yaml).to_have_value(text.replace("retries: 2", "retries: 5"))

        await yaml.fill("x: &m demo/hello\nagents: {root: {model: *m}}")
        await expect(drawer.get_by_text("This chain can be changed in the file only.")).to_contain_text("alias")
        await drawer.get_by_role("button", name="Edit as file").last.click()
        await expect(yaml).to_be_focused()
    assert watch.faults == []
    await context.close()


async def leave(page: Page, editor: Locator) -> None:
    """Leave the editor by Esc and Tab. Two seconds after Esc, Tab indents again: then the keys are pressed again."""
    for _ in range(5):
        await page.keyboard.press("Escape")
        await page.keyboard.press("Tab")
        if not await editor.evaluate("editor => editor === document.activeElement"):
            return
    raise AssertionError("the editor keeps the focus")


async def test_the_editor_completes_marks_errors_and_lets_the_keyboard_go(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server:
        page, drawer = await agents_page(context, server.url)
        await shows(page, "ready")
        assert not [url for url in watch.urls if re.search(r"/editor-|/chain-form-|models\.json|agent-schema", url)]
        yaml = page.locator("#agent-yaml")
        await yaml.fill("agents:\n  root:\n    model: demo/hello\n    fallbak: 1\n")
        await drawer.get_by_role("button", name="Open the editor").click()
        editor = drawer.get_by_role("textbox", name="Agent file (YAML)")
        await expect(editor).to_be_focused()
        await expect(yaml).to_be_hidden()
        await expect(editor).to_have_attribute("aria-invalid", "true")
        await expect(drawer.locator(".cm-lint-marker-error")).to_have_count(1)
        await drawer.get_by_role("button", name=re.compile("Go to line 4: .*fallbak")).click()
        await expect(editor).to_be_focused()
        await page.keyboard.press("Shift+End")
        await page.keyboard.type("    saf")
        await drawer.get_by_role("option", name="safety").click()
        await page.keyboard.type("stri")
        await drawer.get_by_role("option", name="strict", exact=True).click()
        await expect(yaml).to_have_value("agents:\n  root:\n    model: demo/hello\n    safety: strict\n")
        await expect(editor).to_have_attribute("aria-invalid", "false")
        await editor.get_by_text("safety").hover()
        await expect(drawer.get_by_role("tooltip").or_(drawer.locator(".cm-about"))).to_contain_text("without approval")
        await page.keyboard.press("Home")
        await page.keyboard.press("Tab")
        await expect(editor).to_be_focused()  # it indents
        await leave(page, editor)
        await expect(drawer).to_be_visible()
        await drawer.get_by_role("button", name="Use the plain box").click()
        await expect(yaml).to_be_focused()
    assert watch.faults == []
    await context.close()
