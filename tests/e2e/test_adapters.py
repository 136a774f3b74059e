"""The entries for other libraries in a browser: the element under strict policies, a chat of AI SDK, WebMCP."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bundle.fetch import NODE_MODULES
from bundle.shell import ROOT, WEB
from sparewheel.headless import find, find_dist
from sparewheel.headless.static import CONTENT_SECURITY_POLICY
from tests.support.browser import BOOT_LIMIT, Change, Site, Watch, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = WEB / "embed-examples"
STRICT = CONTENT_SECURITY_POLICY.replace("trusted-types sparewheel dompurify lit-html", "trusted-types sparewheel")
TOOLS = """
agents:
  root:
    model: demo/tools
    instruction: Look words up.
"""
# Another agent in the element that is there.
LOOKUP = """async (yaml) => {
  const chat = document.querySelector("sparewheel-chat");
  await chat.close();
  window.called = [];
  const execute = (args) => (called.push(args), "found");
  const lookup = { description: "Looks up.", parameters: { type: "object" }, execute };
  Object.assign(chat, { yaml, options: { tools: { lookup } } });
  await chat.ready;
}"""
# An element whose session the test plays: `put` an event, `settle` the turn; `answers` has what it was told.
PLAYED = """async (script) => {
  await import(script);
  window.answers = [];
  const told = (name) => async (...args) => void answers.push([name, ...args]);
  const turn = (name) => (...args) => (answers.push([name]), new Promise((...way) => (window.settle = way)));
  const answering = { resolve: told("resolve"), respondToElicitation: told("respond") };
  const session = { ...answering, send: turn("send"), resume: turn("resume") };
  const createSession = async (_, listener) => {
    window.put = (event) => listener({ turn: "t", seq: 1, agent: "root", ...event });
    return session;
  };
  const runtime = { createSession, sessions: { list: async () => [] } };
  document.body.append(Object.assign(document.createElement("sparewheel-chat"), { yaml: "y", runtime }));
}"""


def extension_policy() -> str:
    """The policy of the extension's pages; Chromium would refuse its manifest if it allowed more."""
    manifest = json.loads((EXAMPLES / "extension" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["manifest_version"] == 3
    assert (EXAMPLES / "extension" / manifest["side_panel"]["default_path"]).is_file()
    policy = str(manifest["content_security_policy"]["extension_pages"])
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    return policy


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/sparewheel/": find_dist(), "/extension/sparewheel/": find_dist(), "/": EXAMPLES}) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    watch = Watch(context)
    yield await context.new_page()
    await context.close()
    assert watch.faults == []


async def ask(page: Page, prompt: str) -> None:
    box = page.get_by_role("textbox", name="Chat: message")
    await expect(page.get_by_role("button", name="Send")).to_be_enabled(timeout=BOOT_LIMIT * 1000)
    await box.fill(prompt)
    await box.press("Enter")


async def test_the_element_under_a_strict_policy(page: Page, site: Site) -> None:
    """It shows the failures that were survived, keeps its session where it is put, and shares its runtime."""
    site.headers = {"Content-Security-Policy": STRICT}
    await page.goto(f"{site.origin}/plain.html", wait_until="load")
    await ask(page, "Hello <b>")
    await expect(page.get_by_text("Answered by demo/hello")).to_be_visible(timeout=BOOT_LIMIT * 1000)
    chat = page.locator("sparewheel-chat")
    await expect(chat).to_contain_text("Hello <b>")
    await expect(chat.get_by_text("characters were discarded")).to_have_count(2)
    await expect(chat.locator(".text")).to_have_count(1)  # what was discarded is gone
    assert await page.evaluate(
        """async () => {
          const chat = document.querySelector("sparewheel-chat");
          const { session } = chat;
          const other = document.createElement("div");
          document.body.append(other);
          other.append(chat);
          await chat.ready;
          const second = document.createElement("sparewheel-chat");
          Object.assign(second, { yaml: "agents: {root: {model: demo/hello}}", env: { KEY: "secret-canary" } });
          other.append(second);
          await second.ready;
          const { message } = await second.send("Hi");
          return [chat.session === session, second.session !== session, message.content.slice(0, 6), second.outerHTML];
        }"""
    ) == [True, True, "Hello!", "<sparewheel-chat></sparewheel-chat>"]
    [worker] = page.workers
    ended = asyncio.Event()
    worker.on("close", lambda _: ended.set())
    await page.evaluate("Promise.all([...document.querySelectorAll('sparewheel-chat')].map((chat) => chat.close()))")
    await within(ended.wait())


async def test_the_extension_under_its_policy_asks_for_approvals(page: Page, site: Site) -> None:
    site.headers = {"Content-Security-Policy": extension_policy()}
    await page.goto(f"{site.origin}/extension/panel.html", wait_until="load")
    await within(page.evaluate(LOOKUP, TOOLS), BOOT_LIMIT)
    await ask(page, "Hello")
    question = page.get_by_role("group", name="Allow lookup?")
    await expect(question).to_contain_text('"spare"', timeout=BOOT_LIMIT * 1000)
    assert await page.evaluate("called") == []
    await question.get_by_role("button", name="Allow", exact=True).click()
    await expect(page.get_by_text("lookup: done")).to_be_visible()
    assert await page.evaluate("called") == [{"word": "spare"}]
    await expect(question).to_be_visible()  # the model asks for it again
    await page.get_by_role("textbox", name="Chat: message").press("Escape")
    await expect(page.get_by_role("status")).to_have_text("Stopped")
    await expect(question).to_have_count(0)


async def test_the_element_asks_and_shows_text_as_text(page: Page, site: Site) -> None:
    site.headers = {"Content-Security-Policy": STRICT}
    site.changes["empty.html"] = Change(
        body=b"<!doctype html><title>A page</title>", headers={"Content-Type": "text/html"}
    )
    await page.goto(f"{site.origin}/empty.html", wait_until="load")
    await page.evaluate(PLAYED, f"{site.origin}/sparewheel/adapters/chat.js")
    await ask(page, "Hello")

    async def put(**event: object) -> None:
        await page.evaluate("(event) => put(event)", event)

    await put(type="delta", attempt=1, index=0, content="<img src=x onerror=alert(1)>")
    for url in ("javascript:alert(1)", "https://a.example/"):
        await put(type="annotation", attempt=1, index=0, kind="source", url=url, title=f"<b>{url}")
    await expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    await expect(page.get_by_role("link")).to_have_text(["<b>https://a.example/"])

    form = {"city": {"type": "string", "title": "City"}, "days": {"type": "integer"}, "warm": {"type": "boolean"}}
    schema = {"type": "object", "properties": {**form, "by": {"enum": ["air", "sea"]}}, "required": ["city"]}
    await put(type="elicitation", id="e", message="Where to?", mode="form", schema=schema)
    question = page.get_by_role("group", name="Where to?")
    await question.get_by_label("City").fill("Oslo")
    await question.get_by_label("by").select_option("sea")
    await question.get_by_role("button", name="Answer").click()
    await expect(question).to_have_count(0)
    content = {"city": "Oslo", "warm": False, "by": "sea"}
    assert (await page.evaluate("answers")).pop() == ["respond", {"id": "e", "action": "accept", "content": content}]

    await put(type="in_doubt", id="c", name="pay", args="{}")
    await put(type="error", message="pay may have run", kind="in_doubt", hint="Decide.", attempts=[])
    await page.evaluate("settle[1](new Error('in doubt'))")
    await expect(page.get_by_role("alert")).to_have_text("pay may have run Decide.")
    await page.get_by_role("button", name="Skip it").click()
    await page.get_by_role("button", name="Go on").click()
    assert (await page.evaluate("answers"))[-2:] == [["resolve", "c", "skip"], ["resume"]]
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the page of the chat, and its script as one file."""
    folder = tmp_path_factory.mktemp("chat")
    (folder / "index.html").write_text("<!doctype html><title>Chat</title><script type=module src=chat.js></script>")
    program = ["node", NODE_MODULES / "esbuild" / "bin" / "esbuild", ROOT / "tests" / "support" / "ai_chat.mjs"]
    options = ["--bundle", "--format=esm", "--external:/sparewheel/*", f"--alias:ai7={NODE_MODULES / 'ai7'}"]
    argv = [*map(str, program), *options, f"--outfile={folder / 'chat.js'}"]
    subprocess.run(argv, check=True, capture_output=True)
    return folder


async def test_a_chat_of_ai_sdk_goes_on_after_a_reload(page: Page, script: Path) -> None:
    with Site({"/sparewheel/": find_dist(), "/": script}) as site:
        await page.goto(site.origin, wait_until="load")
        await page.evaluate("void chat.sendMessage({ text: 'Hello' })")
        await page.wait_for_function("textOf(chat.messages[1]) === 'Hello '", timeout=BOOT_LIMIT * 1000)
        turn = await page.evaluate("chat.messages[1].id")
        await within(page.evaluate("stored().then(() => void (sessionStorage.visited = true))"))
        await page.reload(wait_until="load")
        assert await page.evaluate("chat.messages") == []
        await within(page.evaluate("chat.resumeStream()"), BOOT_LIMIT)
        [message] = await page.evaluate("chat.messages")
        assert (message["id"], message["metadata"]["sparewheel"]["model"]) == (turn, "page/halves")
        assert await page.evaluate("textOf(chat.messages[0])") == "Hello again"
        assert await page.evaluate("chat.status") == "ready"


WEBMCP = """async (script) => {
  const { offerSession, pageTools } = await import(script);
  const { modelContext } = document;
  const execute = async ({ q }) => ({ content: [{ type: "text", text: `saw ${q}` }] });
  const look = { name: "look", description: "Looks.", annotations: { readOnlyHint: true }, execute };
  await modelContext.registerTool(look);
  const tools = await pageTools();
  const seen = await tools.look.execute({ q: "x" }, { signal: new AbortController().signal });
  const session = { send: async (prompt) => ({ message: { content: `said ${prompt}` } }) };
  const allow = (prompt) => prompt === "yes";
  const offered = await offerSession(session, { name: "agent", description: "Asks.", allow });
  const find = async () => (await modelContext.getTools()).find(({ name }) => name === "agent");
  const said = await modelContext.executeTool(await find(), { prompt: "yes" });
  const refused = await modelContext.executeTool(await find(), { prompt: "no" }).then(() => "", ({ name }) => name);
  offered.unregister();
  return [Object.keys(tools), tools.look.readOnly, seen, said, refused, (await find()) ?? null];
}"""


async def test_webmcp_of_the_browser(site: Site) -> None:
    launch = await asyncio.to_thread(find, "chromium")
    arguments = launch.arguments()
    flags = [*arguments.pop("args", []), "--enable-features=WebMCP", "--enable-experimental-web-platform-features"]
    async with async_playwright() as playwright:
        own = await playwright.chromium.launch(**arguments, args=flags)
        try:
            page = await own.new_page()
            await page.goto(f"{site.origin}/plain.html", wait_until="commit")
            if not await page.evaluate("typeof document.modelContext?.executeTool === 'function'"):
                # Not a failure: the test of the stand-in runs on every machine.
                pytest.skip("this Chromium has no document.modelContext: the stand-in of tests/web has to do")
            result = await within(page.evaluate(WEBMCP, f"{site.origin}/sparewheel/adapters/webmcp.js"))
        finally:
            await own.close()
    assert result == [["look"], False, "saw x", "said yes", "UnknownError", None]
