"""The agents of the page: examples, saved agents, the form for the chain, the editor, links."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from zlib import compressobj

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.browser import BOOT_LIMIT, Change, Site, Watch, shows
from tests.support.page import ask, page_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = find_dist() / "examples"
MINE = "agents: {root: {model: demo/hello}} # mine"


def link_to(yaml: str) -> str:
    """The fragment of a link with this file, as anyone can make one."""
    packer = compressobj(wbits=-15)
    packed = packer.compress(yaml.encode()) + packer.flush()
    return f"#agent={urlsafe_b64encode(packed).decode().rstrip('=')}"


async def opened(context: BrowserContext, url: str) -> tuple[Page, Locator]:
    """The page with the drawer of the agents open."""
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_role("button", name="Agents").click()
    drawer = page.get_by_role("dialog", name="Agents")
    await expect(drawer.get_by_role("button", name="Three vendors", exact=True)).to_be_visible()
    return page, drawer


async def test_choosing_an_agent_tells_what_is_in_use(browser: Browser) -> None:  # D15
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server:
        page, drawer = await opened(context, server.url)
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
        page, drawer = await opened(context, server.url)
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
        page, drawer = await opened(context, server.url)
        await page.locator("#agent-yaml").fill(MINE)
        await drawer.get_by_role("button", name="Save").click()
        await page.keyboard.type("<b>Mine</b>")
        await page.keyboard.press("Enter")
        await expect(page.locator("#agent-name")).to_have_text("<b>Mine</b>")
        await page.reload()
        page, drawer = await opened(context, server.url)
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
        page, drawer = await opened(context, server.url)
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
        page, drawer = await opened(context, server.url)
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


async def test_a_link_shows_what_the_agent_may_reach_before_it_is_used(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server, ScriptedProvider() as provider:
        provider.script("a", Reply(openai_chat(text="From the link")))
        own = page_agent({"a": provider.url}, key="MY_KEY")
        python = "toolsets: [{type: python, source: 'def f(): 1'}, {type: fetch, allowed_domains: ['\u0430.example']}]"
        yaml = own.replace("    instruction:", f"    {python}\n    instruction:")
        page, drawer = await opened(context, server.url)
        await page.locator("#agent-yaml").fill(yaml)
        await drawer.get_by_role("button", name="Share by link").click()
        shared = drawer.get_by_label("Link with the whole file")
        await expect(shared).to_be_visible(timeout=BOOT_LIMIT * 1000)  # Python has to be there
        link = await shared.input_value()
        assert link.startswith(f"{server.url}#agent=")

        stranger = await browser.new_context()  # which has not kept the file
        other = await stranger.new_page()
        await other.goto(link)
        offer = other.get_by_role("dialog", name="Someone has sent you an agent")
        use = offer.get_by_role("button", name="Use this agent")
        await expect(use).to_be_visible(timeout=BOOT_LIMIT * 1000)
        host = provider.url.split("/")[2]
        for text in (
            host,
            "MY_KEY, sent to",
            "any host",
            "fetch: \\u0430.example, *.\\u0430.example",
            "It has Python code",
        ):
            await expect(offer).to_contain_text(text)
        await expect(other.locator("#agent-yaml")).to_have_value((EXAMPLES / "demo.yaml").read_text())
        await offer.get_by_role("button", name="Leave it").click()
        await expect(offer).to_be_hidden()
        await expect(other).to_have_url(server.url)
        await expect(other.locator("#agent-yaml")).to_have_value((EXAMPLES / "demo.yaml").read_text())

        await other.goto(link)
        await use.click(timeout=BOOT_LIMIT * 1000)
        await expect(other.locator("#agent-yaml")).to_have_value(yaml)
        await expect(other.locator("#agent-name")).to_have_text("Shared agent")
        assert provider.requests == []
        await stranger.close()
    assert watch.faults == []
    await context.close()


HOSTILE = {
    "no text": "#agent=",
    "no base64": "#agent=<img src=x onerror=alert(1)>",
    "no data": "#agent=AAAA",
    "too long": "#agent=" + "A" * 40_000,
    "a bomb": link_to("\n" * 20_000_000),
    "no YAML": link_to("agents: {<img src=x onerror=alert(1)>: [\u202e"),
    "no agent file": link_to("<script>alert(1)</script>: {javascript: 1}"),
    "an alias bomb": link_to(
        "a: &a [x,x,x,x,x]\n"
        + "".join(f"{y}: &{y} [{f'*{x},' * 9}]\n" for x, y in zip("abcdefgh", "bcdefghi", strict=True))
    ),
    "too many hosts": link_to(
        "agents: {root: {model: m0}}\nmodels:\n"
        + "".join(f"  m{n}: {{provider: openai, model: a, base_url: 'https://h{n}.test'}}\n" for n in range(300))
    ),
}


async def test_hostile_links_end_in_one_message(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server:
        page = await context.new_page()
        await page.goto(server.url)
        await shows(page, "ready")
        for name, link in HOSTILE.items():
            await page.evaluate("(hash) => (location.hash = hash)", link)
            offer = page.get_by_role("dialog", name="This link cannot be used")
            await expect(offer, name).to_be_visible(timeout=BOOT_LIMIT * 1000)
            await expect(offer.get_by_role("button", name="Use this agent")).to_have_count(0)
            assert len(await offer.locator(".offer-body").inner_text()) < 400, name
            await page.keyboard.press("Escape")
            await expect(offer).to_be_hidden()
            await expect(page).to_have_url(server.url)
        await ask(page)
        await shows(page, "done")
    assert watch.faults == []
    assert watch.origins == {server.url.rstrip("/")}
    await context.close()


async def test_a_file_with_a_key_gets_no_link(browser: Browser) -> None:
    context = await browser.new_context()
    with StaticServer(find_dist()) as server:
        page, drawer = await opened(context, server.url)
        share, note = drawer.get_by_role("button", name="Share by link"), drawer.get_by_role("status").first
        key = "sk-ant-" + "api03-AbCdEf123456"
        await page.locator("#agent-yaml").fill(f"agents: {{root: {{model: demo/hello}}}}\n# {key}")
        await share.click()
        await expect(note).to_contain_text("Line 2 has what looks like a key", timeout=BOOT_LIMIT * 1000)
        await expect(note).not_to_contain_text("sk-ant")
        await page.locator("#agent-yaml").fill("agents: [")
        await share.click()
        await expect(note).to_contain_text("Only a file without errors can be shared")
        await expect(drawer.get_by_label("Link with the whole file")).to_have_count(0)
    await context.close()
