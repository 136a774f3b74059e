"""What must work in every engine: Chromium, Firefox and WebKit. The other files here run in Chromium only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio

from bundle.function_table import SPARE
from sparewheel.headless import find_dist
from sparewheel.headless.browser import Engine
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, ToolCall, errors, openai_chat
from sparewheel.transports.demo import ANSWER
from tests.support.agents import ENV, agent_file
from tests.support.browser import BOOT_LIMIT, Embedding, Site, within
from tests.support.engines import launch_of
from tests.support.indexeddb import until_stored
from tests.support.page import WENT_ON, page_agent
from tests.support.tabs import PlaywrightTab, Tab, open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIST = find_dist()
LOCK = json.loads((DIST / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))["tool"]["sparewheel"]
HELLO = Reply(openai_chat(text=["An", "swer"]))


class RecordingServer(StaticServer):
    """Our own host; keeps the path of each request."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.paths: list[str] = []
        handler = self._server.RequestHandlerClass
        handler.log_request = lambda request, *_: self.paths.append(request.path)  # type: ignore[attr-defined]

    @property
    def wheels(self) -> list[str]:
        """The packages that were asked for: some by a start without the snapshot, none by one from it."""
        return [path for path in self.paths if path.endswith(".whl")]


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=get_args(Engine))
async def tab(request: pytest.FixtureRequest) -> AsyncIterator[Tab]:
    """A page in each engine that is here."""
    launch = await asyncio.to_thread(launch_of, request.param)
    async with open_tab(launch) as tab:
        yield tab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started(tab: Tab, site: Site) -> Embedding:
    """A foreign page with a runtime that started from the snapshot, which `boot` checks."""
    await tab.goto(f"{site.origin}/theirs/")
    embedding = Embedding(tab)
    await embedding.boot()
    return embedding


@pytest_asyncio.fixture(loop_scope="session")
async def theirs(started: Embedding, tab: Tab) -> AsyncIterator[Embedding]:
    yield started
    assert await tab.faults() == []


# Measures the table as a side module finds it, and starts nothing.
TABLE_LENGTH = """
async (core) => {
  const base = new URL(`../some/deep/path/spare/pyodide/${core}`, document.baseURI).href;
  const [{ loadPyodide }, { default: create }] = await Promise.all(
    ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => import(base + name)),
  );
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const url = String(input.url ?? input);
    if (!url.endsWith(".wasm")) return fetch(input, init);
    const { body } = await fetch(`${url}.gz`); // large files are stored compressed
    const headers = { "content-type": "application/wasm" };
    return new Response(body.pipeThrough(new DecompressionStream("gzip")), { headers });
  };
  const measured = new Promise((resolve, reject) => {
    const createPyodideModule = (settings) => {
      settings.preRun.push(({ wasmTable }) => {
        resolve(wasmTable.length);
        throw new Error("enough");
      });
      return create(settings);
    };
    loadPyodide({ indexURL: base, createPyodideModule }).catch(reject);
  });
  return measured.finally(() => (globalThis.fetch = fetch));
}
"""


async def test_the_table_of_functions_leaves_room(tab: Tab, theirs: Embedding) -> None:
    """The build computes where side modules start; an engine that comes near it shows that the computation is wrong."""
    length = await tab.evaluate(TABLE_LENGTH, LOCK["core"])
    await tab.faults()  # what has stopped the start
    assert 0 < length <= LOCK["snapshot"]["tableStart"] - SPARE // 2


async def test_an_answer_streams_and_the_next_model_takes_over(theirs: Embedding, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider.script("a", errors.openai_server_error())
    provider.script("b", HELLO.replace(gates={2: gate}))
    await theirs.open("s", agent_file({"a": provider.url, "b": provider.url}), ENV)
    await theirs.begin("s")
    seen = await theirs.seen("s", "delta")  # while the rest of the answer is held back
    assert [event["content"] for event in seen if event["type"] == "delta"] == ["An"]
    gate.open()
    turn = await theirs.end("s")
    assert turn.text == "Answer"
    assert [(event["from"], event["to"]) for event in turn.of("fallback")] == [("openai/a", "openai/b")]
    assert turn.outcome == "finish"


async def test_a_stream_is_an_async_iterable(theirs: Embedding, provider: ScriptedProvider) -> None:
    provider.script("a", HELLO)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    events = await theirs.call("streamed", "s", "Hello")
    assert [event["type"] for event in events][-1] == "finish"
    assert "".join(event["content"] for event in events if event["type"] == "delta") == "Answer"


async def test_an_abort_closes_the_connection(theirs: Embedding, provider: ScriptedProvider) -> None:
    provider.script("a", HELLO.replace(silent_after=2), HELLO)
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    await theirs.begin("s")
    await theirs.seen("s", "delta")
    await theirs.call("abort", "s")
    turn = await theirs.end("s")
    await asyncio.to_thread(provider.wait_for_disconnect)
    assert turn.types == ["start", "block_start", "delta", "block_end", "aborted"]
    assert turn.error
    assert turn.error["kind"] == "aborted"
    assert (await theirs.take_turn("s", "Again")).text == "Answer"


PYTHON = """
import asyncio, time, urllib.request

async def later(text: str) -> str:
    await asyncio.sleep(0)
    return text[::-1]

def joining(text: str) -> str:
    return asyncio.run(later(text))

def blocking(url: str) -> str:
    time.sleep(0.001)
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()
"""


def python_agent(provider: ScriptedProvider) -> str:
    yaml = agent_file({"a": provider.url})
    toolset = f"toolsets: [{{type: python, source: {json.dumps(PYTHON)}}}]"
    return yaml.replace("    instruction:", f"    {toolset}\n    instruction:")


async def test_a_python_tool_runs(tab: Tab, theirs: Embedding, provider: ScriptedProvider, site: Site) -> None:
    """One that awaits, one that runs a coroutine, one that blocks: without JSPI (WebKit) it blocks the whole worker."""
    url = f"{site.origin}/theirs/index.html"
    asked = {"later": {"text": "abc"}, "joining": {"text": "abc"}, "blocking": {"url": url}}
    calls = [ToolCall(f"call_{name}", name, arguments) for name, arguments in asked.items()]
    provider.script("a", Reply(openai_chat(tool_calls=calls)), HELLO)
    await theirs.open("s", python_agent(provider), ENV, autoApprove=True)
    turn = await theirs.take_turn("s")
    assert turn.text == "Answer"
    outputs = {event["name"]: event["output"] for event in turn.of("tool_result")}
    assert outputs["later"] == "cba"
    if await tab.evaluate("() => 'Suspending' in WebAssembly"):
        assert outputs["joining"] == "cba"
    else:
        assert "no JSPI" in outputs["joining"]
    assert "A page that is not ours" in outputs["blocking"]


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingServer]:
    with RecordingServer(DIST) as server:
        yield server


async def test_the_page_answers_with_the_third_model_and_keeps_it(tab: Tab, server: RecordingServer) -> None:
    """The first visit of our own page: the demo's first model drops, its second is overloaded.

    A reload keeps the answer, and the list of conversations leads back to it.
    """
    server.paths.clear()
    await tab.goto(server.url)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    assert server.wheels == []
    await tab.fill("#prompt", "Hello")
    await tab.click("#send")
    await tab.shows("#status[data-state=done]", limit=BOOT_LIMIT)
    await tab.shows("#chain > li:nth-child(3)")
    models = await tab.texts("#chain > li .model")
    assert models == ["drops-midway", "overloaded", "hello"]
    await tab.shows("#answer", ANSWER)
    assert (await tab.texts("#status"))[0].endswith("demo/hello")
    await tab.shows(".chat-row .chat-open[aria-current]")
    await tab.reload()
    await tab.shows(".turn .said", "Hello")
    await tab.shows(".turn .answer", ANSWER)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    await tab.click("#new-chat")
    await tab.shows("#welcome")
    await tab.click("#open-keys")
    await tab.shows("#keys-drawer[open] .drawer-close")
    await tab.click("#keys-drawer .drawer-close")
    await tab.click(".chat-row .chat-open")
    await tab.shows(".turn .answer", ANSWER)
    assert await tab.faults() == []


async def test_a_second_visit_needs_no_network(tab: Tab) -> None:
    """The service worker keeps no packages, so this start is from the snapshot, too."""
    with RecordingServer(DIST) as server:
        await tab.goto(server.url)
        await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
        await within(tab.evaluate("() => navigator.serviceWorker.ready.then(() => null)"))
    await tab.goto(server.url)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    assert server.wheels == []
    assert await tab.faults() == []


DAMAGE = """async () => {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      const { headers } = await cache.match(url);
      await cache.put(url, new Response("damaged", { headers }));
    }
  }
  return null;
}"""


async def test_a_damaged_cache_is_repaired(tab: Tab) -> None:
    """The start after it is from the snapshot, and the one after that needs no network again."""
    with RecordingServer(DIST) as server:
        for damage in ("() => navigator.serviceWorker.ready.then(() => null)", DAMAGE, "() => null"):
            await tab.goto(server.url)
            await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
            await within(tab.evaluate(damage), BOOT_LIMIT)
    await tab.goto(server.url)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    assert server.wheels == []
    assert await tab.faults() == []


async def ask(tab: Tab, prompt: str, yaml: str) -> None:
    """Send a prompt to the agent of this file."""
    await tab.click("#open-agents")
    await tab.fill("#agent-yaml", yaml)
    await tab.click("#agents-drawer .drawer-close")
    await tab.fill("#prompt", prompt)
    await tab.click("#send")


async def test_a_visitor_approves_a_call(tab: Tab, server: RecordingServer) -> None:
    await tab.goto(server.url)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    with ScriptedProvider() as provider:  # one that wants no key
        call = ToolCall("call_1", "add_memory", {"memory": "Tea"})
        provider.script("a", Reply(openai_chat(tool_calls=[call])), HELLO)
        yaml = page_agent({"a": provider.url})
        yaml = yaml.replace("    instruction:", "    toolsets: [{type: memory}]\n    instruction:")
        await ask(tab, "Hello", yaml)
        await tab.shows(".question button.primary")
        await tab.click(".question button.primary")
        await tab.shows("#status[data-state=done]")
        await tab.shows("#answer", "Answer")
        await tab.shows(".tool[data-state=done]")
        await tab.reload()
        await tab.shows("article .tool[data-state=done]")
        await tab.shows("article .answer", "Answer")
        await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    assert await tab.faults() == []


async def test_a_visitor_retries_a_failed_turn(tab: Tab, server: RecordingServer) -> None:
    await tab.goto(server.url)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    with ScriptedProvider() as provider:
        provider.script("a", errors.openai_invalid_key(), HELLO)
        await ask(tab, "Hello", page_agent({"a": provider.url}))
        await tab.shows("#status[data-state=error]")
        await tab.shows(".turn .retry")
        await tab.click(".turn .retry")
        await tab.shows("#status[data-state=done]")
        await tab.shows("#answer", "Answer")
    assert await tab.faults() == []


async def test_a_visitor_goes_on_with_an_interrupted_turn(tab: Tab, server: RecordingServer) -> None:
    if not isinstance(tab, PlaywrightTab):
        pytest.skip("until_stored reads the database by Playwright, which does not drive this WebKit")
    await tab.goto(server.url)
    await tab.shows("#status[data-state=ready]", limit=BOOT_LIMIT)
    with ScriptedProvider() as provider:
        gate = Gate()
        begun = Reply(openai_chat(text=["Half of ", "it"]), gates={2: gate})
        provider.script("a", begun, Reply(openai_chat(text="All of it")))
        await ask(tab, "Tell me", page_agent({"a": provider.url}))
        await tab.shows("#answer", "Half of")
        await until_stored(tab.page, "Half of")
        await tab.reload()
        gate.open()
        await tab.shows(".turn .answer", "Half of")
        await tab.shows(".chat-notice button.primary")
        await tab.click(".chat-notice button.primary")
        await tab.shows("#status[data-state=done]")
        await tab.shows("#answer", "All of it")
        assert await tab.texts(".turn .notes p") == [WENT_ON]
    assert await tab.faults() == []
