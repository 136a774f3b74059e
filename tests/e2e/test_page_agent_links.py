"""Links with an agent file: what they show before they are used, which of them cannot be used, and who gets none."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from zlib import compressobj

import pytest
from playwright.async_api import Browser, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.browser import BOOT_LIMIT, Watch, shows
from tests.support.page import agents_page, ask, page_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEMO = find_dist() / "examples" / "demo.yaml"


def link_to(yaml: str) -> str:
    """The fragment of a link with this file, as anyone can make one."""
    packer = compressobj(wbits=-15)
    packed = packer.compress(yaml.encode()) + packer.flush()
    return f"#agent={urlsafe_b64encode(packed).decode().rstrip('=')}"


async def test_a_link_shows_what_the_agent_may_reach_before_it_is_used(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server, ScriptedProvider() as provider:
        provider.script("a", Reply(openai_chat(text="From the link")))
        own = page_agent({"a": provider.url}, key="MY_KEY")
        python = "toolsets: [{type: python, source: 'def f(): 1'}, {type: fetch, allowed_domains: ['\u0430.example']}]"
        yaml = own.replace("    instruction:", f"    {python}\n    instruction:")
        page, drawer = await agents_page(context, server.url)
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
        await expect(other.locator("#agent-yaml")).to_have_value(DEMO.read_text())
        await offer.get_by_role("button", name="Leave it").click()
        await expect(offer).to_be_hidden()
        await expect(other).to_have_url(server.url)
        await expect(other.locator("#agent-yaml")).to_have_value(DEMO.read_text())

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
        page, drawer = await agents_page(context, server.url)
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
