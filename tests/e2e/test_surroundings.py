"""What reaches the worker from around it: other tabs, the browser's network, models that live in the page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from sparewheel.testing import Reply, ScriptedProvider, errors, openai_chat
from tests.support.agents import ENV, agent_file
from tests.support.browser import BOOT_LIMIT, Site, Theirs, Watch, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = Reply(openai_chat(text="Answer"))

# Two models of the page: one that answers slowly enough to be stopped, and the browser's own, which is a stub.
BOOT = """async () => {
  const { browserModel } = await import("/some/deep/path/spare/sparewheel.js");
  globalThis.log = [];
  globalThis.LanguageModel = {
    availability: async () => globalThis.availability,
    create: async () => ({
      promptStreaming: async function* () { yield "On "; yield "device."; },
      destroy: () => log.push("destroyed"),
    }),
  };
  const endless = {
    async *stream(messages, { signal }) {
      log.push(messages.at(-1).content);
      yield "One";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      log.push("stopped");
    },
  };
  await theirs.boot("main", { models: { own: browserModel(), endless } });
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tabs(browser: Browser, site: Site) -> AsyncIterator[list[Theirs]]:
    """Two tabs of one origin, each with a runtime."""
    context = await browser.new_context()
    pages = []
    for _ in range(2):
        page = await context.new_page()
        await page.goto(f"{site.origin}/theirs/", wait_until="load")
        await within(page.evaluate(BOOT), BOOT_LIMIT)
        pages.append(Theirs(page, Watch(context)))
    yield pages
    await context.close()


async def test_what_one_tab_learns_the_other_knows(tabs: list[Theirs], provider: ScriptedProvider) -> None:
    here, there = tabs
    provider.script("a", errors.openai_rate_limit(retry_after=600).replace(expose=("retry-after",)))
    provider.script("b", ANSWER, ANSWER)
    yaml = agent_file({"a": provider.url, "b": provider.url})
    for tab in tabs:
        await tab.open("s", yaml, ENV)
    await there.page.evaluate(
        """() => {
          globalThis.heard = new Promise((tell) => {
            new BroadcastChannel("sparewheel-health").onmessage = ({ data }) => tell(data);
          });
        }"""
    )
    assert [event["kind"] for event in (await here.take_turn("s")).of("fallback")] == ["rate_limit"]
    entry = await within(there.page.evaluate("() => heard"))
    assert "CANARY" not in str(entry)
    turn = await there.take_turn("s")
    assert [event["model"] for event in turn.of("skipped")] == ["openai/a"]
    assert turn.text == "Answer"


async def test_a_tab_that_is_opened_later_knows_what_the_others_have_learnt(
    tabs: list[Theirs], site: Site, provider: ScriptedProvider
) -> None:
    here = tabs[0]
    provider.script("a", errors.openai_rate_limit(retry_after=600).replace(expose=("retry-after",)))
    provider.script("b", ANSWER, ANSWER)
    yaml = agent_file({"a": provider.url, "b": provider.url})
    await here.open("s", yaml, ENV)
    assert [event["kind"] for event in (await here.take_turn("s")).of("fallback")] == ["rate_limit"]
    page = await here.page.context.new_page()
    await page.goto(f"{site.origin}/theirs/", wait_until="load")
    await page.evaluate(
        """() => {
          globalThis.heard = new Promise((tell) => {
            new BroadcastChannel("sparewheel-health").onmessage = ({ data }) => data.entries && tell(data);
          });
        }"""
    )
    later = Theirs(page, Watch(here.page.context))
    await later.boot()
    answer = await within(page.evaluate("() => heard"))
    assert "CANARY" not in str(answer)
    assert provider.url not in str(answer)
    await later.open("s", yaml, ENV)
    turn = await later.take_turn("s")
    assert [event["model"] for event in turn.of("skipped")] == ["openai/a"]
    assert turn.text == "Answer"
    assert [request.model for request in provider.requests] == ["a", "b", "b"]
    await page.close()


async def test_a_wait_for_the_network_ends_when_the_browser_is_online(
    tabs: list[Theirs], provider: ScriptedProvider, refused: str
) -> None:
    tab = tabs[0]
    patient = "retries: 1, backoff: {initial: 600s, max: 600s, jitter: 0}"
    yaml = agent_file({"a": refused}, retries=1).replace("retries: 1", patient)
    await tab.open("s", yaml, ENV)
    await tab.begin("s")
    [retry] = [event for event in await tab.seen("s", "retry") if event["type"] == "retry"]
    assert retry["delay_ms"] == 600_000
    await tab.page.evaluate("() => dispatchEvent(new Event('online'))")
    turn = await tab.end("s")  # nobody waits for the ten minutes to be over
    assert [attempt["outcome"] for attempt in turn.events[-1]["attempts"]] == ["failed", "failed"]


async def test_the_browsers_own_model_is_the_last_resort(tabs: list[Theirs], provider: ScriptedProvider) -> None:
    tab = tabs[0]
    provider.script("a", errors.openai_server_error(), errors.openai_server_error())
    yaml = agent_file({"a": provider.url}).replace("models: []", "models: [page/own]")
    await tab.open("s", yaml, ENV)
    await tab.page.evaluate("() => { globalThis.availability = 'downloadable'; }")
    turn = await tab.take_turn("s")
    assert turn.error
    assert (turn.error["kind"], turn.error["model"]) == ("unsupported", "page/own")
    await tab.page.evaluate("() => { globalThis.availability = 'available'; }")
    turn = await tab.take_turn("s")
    assert turn.text == "On device."
    assert "destroyed" in await tab.page.evaluate("() => log")


async def test_stopping_stops_a_model_of_the_page(tabs: list[Theirs]) -> None:
    tab = tabs[0]
    await tab.open("s", "agents: {root: {model: page/endless}}", {})
    await tab.begin("s", "count")
    await tab.seen("s", "delta")
    await tab.call("abort", "s")
    turn = await tab.end("s")
    assert turn.outcome == "aborted"
    assert (await tab.page.evaluate("() => log"))[-2:] == ["count", "stopped"]
