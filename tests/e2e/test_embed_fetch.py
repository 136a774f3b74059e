"""A page that makes the runtime's requests itself: they stream, they stop at once, and what fails is replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from sparewheel.testing import BEFORE_HEAD, Gate, Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, KEY, agent_file
from tests.support.browser import BOOT_LIMIT, Site, Theirs, Watch, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text=["An", "swer"]))

# A function that notes what it is asked, signs with a key of the page's, and fails for a model that is not to be asked.
BOOT = """() => {
  globalThis.asked = [];
  return theirs.boot("main", {
    fetch(url, init) {
      const { headers, body, signal } = init;
      const model = body && JSON.parse(body).model;
      asked.push({ url, authorization: headers.authorization });
      if (model === "forbidden") throw new Error("not through this page");
      signal.addEventListener("abort", () => asked.push(`aborted ${model}`));
      return fetch(url, { ...init, headers: { ...headers, authorization: "Bearer sk-of-the-page" } });
    },
  });
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started(browser: Browser, site: Site) -> AsyncIterator[Theirs]:
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    await page.goto(f"{site.origin}/theirs/", wait_until="load")
    await within(page.evaluate(BOOT), BOOT_LIMIT)
    yield Theirs(page, watch)
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(started: Theirs) -> AsyncIterator[Theirs]:
    await started.page.evaluate("() => { asked.length = 0; }")
    yield started
    assert started.watch.faults == []


async def test_each_delta_is_seen_before_the_next_is_sent(page: Theirs, provider: ScriptedProvider) -> None:
    text = [f"{number} ü" for number in range(20)]  # more than may be on their way at once
    gates = {number + 1: Gate() for number in range(1, 20)}  # the first event is the role
    provider.script("a", Reply(openai_chat(text=text), gates=gates))
    await page.open("s", agent_file({"a": provider.url}), ENV)
    await page.begin("s")
    for number, gate in enumerate(gates.values(), 1):
        await page.seen("s", "delta", number)
        await asyncio.to_thread(gate.wait_reached)  # what was sent is noted by then
        assert provider.requests[0].events_sent == number + 1
        gate.open()
    turn = await page.end("s")
    assert turn.text == "".join(text)
    assert provider.requests[0].headers["authorization"] == "Bearer sk-of-the-page"
    [asked] = [each for each in await page.page.evaluate("() => asked") if isinstance(each, dict)]
    assert asked == {"url": f"{provider.url}/v1/chat/completions", "authorization": f"Bearer {KEY}"}
    assert provider.requests[0].disconnected is False
    assert not any("CANARY" in line for line in page.watch.console)


async def test_any_chunking_gives_the_same_text(page: Theirs, provider: ScriptedProvider) -> None:
    body = openai_chat(text=["Grüße, ", "世界 ", "👋"])
    for split in (None, 1, 3, ()):
        provider.script("a", Reply(body, split=split))
        await page.open("s", agent_file({"a": provider.url}), ENV)
        assert (await page.take_turn("s")).text == "Grüße, 世界 👋"


@pytest.mark.parametrize("begun", [False, True])
async def test_a_stop_is_seen_by_the_provider(begun: bool, page: Theirs, provider: ScriptedProvider) -> None:
    provider.script(
        "stopped", ANSWER.replace(silent_after=2) if begun else ANSWER.replace(gates={BEFORE_HEAD: Gate()}), ANSWER
    )
    await page.open("s", agent_file({"stopped": provider.url}), ENV)
    await page.begin("s")
    await asyncio.to_thread(provider.wait_for_request)
    if begun:
        await page.seen("s", "delta")
    await page.call("abort", "s")
    turn = await page.end("s")
    assert turn.outcome == "aborted"
    await asyncio.to_thread(provider.wait_for_disconnect, 1)
    assert "aborted stopped" in await page.page.evaluate("() => asked")
    assert (await page.take_turn("s")).text == "Answer"


async def test_a_function_that_fails_is_a_model_that_cannot_be_reached(
    page: Theirs, provider: ScriptedProvider
) -> None:
    provider.script("b", ANSWER)
    await page.open("s", agent_file({"forbidden": provider.url, "b": provider.url}), ENV)
    turn = await page.take_turn("s")
    assert turn.text == "Answer"
    [fallback] = turn.of("fallback")
    assert (fallback["kind"], fallback["from"], fallback["to"]) == ("network_or_cors", "openai/forbidden", "openai/b")
    assert "not through this page" in fallback["reason"]


async def test_an_answer_that_breaks_off_is_replaced(page: Theirs, provider: ScriptedProvider) -> None:
    drop = Gate()
    provider.script("a", Reply(openai_chat(text="Half", finish=None), gates={2: drop}, cut_at=9999, cut="reset"))
    provider.script("b", ANSWER)
    await page.open("s", agent_file({"a": provider.url, "b": provider.url}), ENV)
    await page.begin("s")
    await page.seen("s", "delta")
    drop.open()
    turn = await page.end("s")
    assert turn.text == "Answer"
    assert turn.of("fallback")[0]["kind"] == "network"
    assert [event["chars"] for event in turn.of("discard")] == [4]


async def test_tools_go_through_it(page: Theirs, provider: ScriptedProvider) -> None:
    call = ToolCall("c1", "fetch", '{"urls": ["https://nowhere.example/x"], "format": "text"}')
    provider.script("a", Reply(openai_chat(tool_calls=[call])), ANSWER)
    yaml = agent_file({"a": provider.url}).replace("instruction:", "toolsets: [{type: fetch}]\n    instruction:")
    await page.page.evaluate(
        """() => {
          globalThis.realFetch = globalThis.fetch;
          globalThis.fetch = (url, init) =>
            url.startsWith("https://nowhere.example/")
              ? Promise.resolve(new Response("Mocked.", { headers: { "content-type": "text/plain" } }))
              : realFetch(url, init);
        }"""
    )
    try:
        await page.open("s", yaml, ENV, autoApprove=True)
        turn = await page.take_turn("s")
    finally:
        await page.page.evaluate("() => { globalThis.fetch = realFetch; }")
    assert turn.text == "Answer"
    [result] = turn.of("tool_result")
    assert result["output"].endswith("Mocked.")
