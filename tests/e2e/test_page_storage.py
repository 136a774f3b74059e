"""Our own page when the browser's storage refuses, is full or is newer, and what it stores of keys: nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.headless import find_dist
from sparewheel.testing import Reply, ScriptedProvider, openai_chat
from tests.support.agents import KEY
from tests.support.browser import Change, Site, shows
from tests.support.indexeddb import until_stored
from tests.support.page import ask, page_agent, set_keys, use_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

WATCHED = """
{
  const Channel = globalThis.BroadcastChannel;
  const names = (globalThis.channelNames = []);
  globalThis.BroadcastChannel = class extends Channel {
    constructor(name) {
      super(name);
      names.push(name);
    }
  };
}
"""
# In the worker, the page decides whether transactions can write.
WORKER = f"""
{WATCHED}
{{
  let refuses = false;
  new BroadcastChannel("test storage").onmessage = ({{ data, target }}) => {{
    if (data === "names?") target.postMessage(channelNames);
    else refuses = data === "refuse";
  }};
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, ...rest) {{
    if (refuses && mode === "readwrite") throw new DOMException("No room.", "QuotaExceededError");
    return transaction.call(this, stores, mode, ...rest);
  }};
}}
"""
EVERYTHING = """
  async () => {
    const settled = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const found = [location.href, ...Object.entries({ ...localStorage, ...sessionStorage }).flat()];
    for (const { name } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      found.push(name, ...database.objectStoreNames);
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store);
        found.push(JSON.stringify(await settled(all.getAll())), JSON.stringify(await settled(all.getAllKeys())));
      }
      database.close();
    }
    const { held, pending } = await navigator.locks.query();
    found.push(...[...held, ...pending].map(({ name }) => `lock ${name}`));
    const channel = new BroadcastChannel("test storage");
    const told = new Promise((resolve) => (channel.onmessage = ({ data }) => resolve(data)));
    channel.postMessage("names?");
    found.push(...[...(await told), ...channelNames].map((name) => `channel ${name}`));
    channel.close();
    return found;
  }
"""
TELL = "(what) => { const to = new BroadcastChannel('test storage'); to.postMessage(what); to.close(); }"


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A file of our page's host. A test can stop the page's worker from storing anything."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.add_init_script(WATCHED)
    dist = find_dist()
    with Site({"/": dist}) as site:
        site.changes["worker.js"] = Change(body=WORKER.encode() + (dist / "worker.js").read_bytes())
        await page.goto(f"{site.origin}/agent-schema.json")
        yield page
        await context.close()


async def start(page: Page) -> None:
    await page.goto(page.url.replace("agent-schema.json", ""))
    await shows(page, "ready")


async def test_storage_that_is_full_for_a_time_loses_nothing_and_no_key_is_stored(page: Page) -> None:
    await start(page)
    with ScriptedProvider(strict=True) as provider:
        await use_agent(page, page_agent({"a": provider.url}, key="TEST_KEY"))
        await set_keys(page, {"TEST_KEY": KEY})
        texts = [["First ", "answer"], [f"It is {KEY[:9]}", KEY[9:], " indeed"], ["Third"]]
        provider.script("a", *[Reply(openai_chat(text=text)) for text in texts])
        await ask(page, "One")
        await shows(page, "done")
        await page.evaluate(TELL, "refuse")
        await ask(page, f"What is {KEY}?")
        await expect(page.get_by_text("This session is not stored any more")).to_be_visible()
        await shows(page, "done")
        await page.evaluate(TELL, "take")
        await until_stored(page, "indeed")
        await ask(page, "Three")
        await expect(page.get_by_text("This session is stored again")).to_be_visible()
        await shows(page, "done")
    found = await page.evaluate(EVERYTHING)
    assert any("First answer" in text for text in found)
    assert {text.split()[0] for text in found if text.startswith(("lock ", "channel "))} == {"lock", "channel"}
    assert [text[:300] for text in found if KEY in text or KEY[9:] in text] == []
    await page.reload()
    await expect(page.get_by_role("article")).to_have_count(3)
    await expect(page.get_by_role("article").nth(1)).to_contain_text("indeed")


# Where a setting of the browser forbids storage.
FORBIDDEN = "IDBFactory.prototype.open = () => { throw new DOMException('Not here.', 'SecurityError'); };"


@pytest.mark.parametrize("storage", ["newer", "forbidden"])
async def test_without_storage_turns_run_in_memory_and_that_is_told_once(page: Page, storage: str) -> None:
    if storage == "newer":
        await page.evaluate("() => new Promise((done) => (indexedDB.open('sparewheel', 99).onsuccess = done))")
    else:
        script = f"{FORBIDDEN}\n{(find_dist() / 'worker.js').read_text()}"
        await page.route("**/worker.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    await start(page)
    lasting = page.get_by_text("Conversations last only until this page is closed")
    await expect(lasting).to_be_visible()
    await use_agent(page, "agents: {root: {model: demo/hello}}")
    for number in (1, 2):
        await ask(page, "Hello")
        await expect(page.get_by_role("article")).to_have_count(number)
        await shows(page, "done")
    await expect(page.locator("#answer")).not_to_be_empty()
    await expect(page.get_by_text("This session is not stored any more")).to_have_count(1)
    await expect(lasting).to_have_count(1)
