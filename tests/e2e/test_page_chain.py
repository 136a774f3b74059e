"""The chain on our own page: the strip, its popovers, and what stays in a turn of each attempt."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Gate, Reply, ScriptedProvider, ToolCall, errors, openai_chat
from sparewheel.transports.demo import ANSWER
from tests.support.browser import Watch, shows
from tests.support.page import ask, page_agent, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

SHIFTS = """
globalThis.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    await page.add_init_script(SHIFTS)
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        # Before Python is there.
        await expect(page.locator("#chain .model")).to_have_text(["drops-midway", "overloaded", "hello"])
        await shows(page, "ready")
        yield page, watch
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(visited: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = visited
    watch.clear()
    yield page
    assert [line for line in watch.console if not line.startswith(("[debug]", "[verbose]"))] == []


def links(page: Page) -> Locator:
    return page.get_by_role("list", name="The chain of models").get_by_role("button")


async def lines(page: Page) -> list[str]:
    """The attempts of the last turn, without their figures."""
    rows = page.locator(".turn").last.get_by_role("list", name="Attempts").get_by_role("listitem")
    return [
        f"{await row.locator('b').inner_text()} {await row.locator('.what').inner_text()}" for row in await rows.all()
    ]


async def test_the_attempts_of_the_demo_stay_and_a_second_run_shows_the_same(page: Page) -> None:
    """D10, D11: no model of the demo cools down."""
    await page.evaluate("shifts = 0")
    told: list[list[str]] = []
    for _ in range(2):
        await ask(page)
        await shows(page, "done")
        await expect(page.locator("#answer")).to_have_text(ANSWER)
        await expect(links(page)).to_have_text([re.compile("failed"), re.compile("failed"), re.compile("answered")])
        told.append(await lines(page))
    assert told[0] == told[1]
    assert told[0] == [
        "drops-midway broke off after 87 characters (connection lost)",
        "drops-midway broke off again after 87 characters (connection lost)",
        "overloaded did not answer (overloaded)",
        "overloaded did not answer again (overloaded)",
        "hello took over",
    ]
    outcome = page.locator(".turn").last.locator(".outcome")
    await expect(outcome).to_have_text(
        re.compile(
            r"^hello · [\d.]+ s · \d+ tokens \(drops-midway failed: connection lost; overloaded failed: overloaded\)$"
        )
    )
    discarded = page.locator(".turn").last.locator(".attempt details").first
    await discarded.locator("summary").click()
    await expect(discarded).to_contain_text("I am the first model of this chain")
    assert await page.evaluate("shifts") <= 0.01


async def test_a_popover_opens_by_keyboard_and_skips_a_model(page: Page) -> None:
    await links(page).first.focus()
    await page.keyboard.press("Enter")
    more = page.get_by_role("dialog", name="demo/drops-midway")
    await expect(more).to_contain_text("Last attempts")
    await page.keyboard.press("Escape")
    await expect(more).to_be_hidden()
    await expect(links(page).first).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(more.get_by_role("button", name="Skip it")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(links(page).first).to_contain_text("skipped")
    await ask(page)
    await shows(page, "done")
    assert [line.split()[0] for line in await lines(page)] == ["overloaded", "overloaded", "hello"]
    await links(page).first.click()
    await more.get_by_role("button", name="Use it again").click()
    await links(page).last.click()
    await page.get_by_role("dialog", name="demo/hello").get_by_role("button", name="Ask this first").click()
    await expect(links(page).first).to_contain_text("hello")


async def test_a_rest_is_counted_down(page: Page, provider: ScriptedProvider) -> None:
    """D12"""
    provider.script("a", errors.openai_rate_limit(retry_after=59))
    provider.script("b", Reply(openai_chat(text="Here")))
    await use_agent(page, page_agent({"a": provider.url, "b": provider.url}))
    await ask(page)
    await shows(page, "done")
    word = links(page).first.locator(".state")
    await expect(word).to_have_text(re.compile(r"^rests 0:\d\d$"))
    shown = await word.inner_text()
    await expect(word).not_to_have_text(shown)
    await expect(word).to_have_text(re.compile(r"^rests 0:\d\d$"))


async def test_an_answer_that_goes_on_stays_in_its_line(page: Page, provider: ScriptedProvider) -> None:
    """D18"""
    gate = Gate()
    provider.script("c", Reply(openai_chat(text=["Fir", "s"], finish=None), gates={3: gate}))
    provider.script("d", Reply(openai_chat(text="t and the rest")))
    yaml = page_agent({"c": provider.url, "d": provider.url})
    await use_agent(page, yaml.replace("fallback: {", "fallback: {on_partial: continue, "))
    await ask(page)
    await expect(page.locator("#answer")).to_have_text("Firs")
    gate.open()
    await shows(page, "done")
    await expect(page.locator("#answer")).to_have_text("First and the rest")
    assert await lines(page) == ["c broke off (connection lost)", "d took over"]


async def test_each_reason_is_told_once(page: Page, provider: ScriptedProvider) -> None:
    """D19"""
    provider.script("e", errors.openai_invalid_key())
    provider.script("f", errors.openai_invalid_key())
    await use_agent(page, page_agent({"e": provider.url, "f": provider.url}))
    await ask(page)
    await shows(page, "error")
    failure = page.locator(".turn").last.get_by_role("alert")
    await expect(failure).to_contain_text("None of the 2 models answered.")
    await expect(failure.get_by_role("listitem")).to_have_text([re.compile("^e: "), re.compile("^f: ")])
    hints = await failure.locator("p:not(.message)").all_inner_texts()
    assert len(hints) == len(set(hints)) >= 1


async def test_calls_wait_for_their_turn(page: Page, provider: ScriptedProvider) -> None:
    """D9"""
    calls = [ToolCall(f"call_{number}", "add_memory", {"memory": "x"}) for number in range(3)]
    provider.script("g", Reply(openai_chat(tool_calls=calls)), Reply(openai_chat(text="Done")))
    yaml = page_agent({"g": provider.url}).replace(
        "    instruction:", "    toolsets: [{type: memory}]\n    instruction:"
    )
    await use_agent(page, yaml)
    await ask(page)
    states = page.locator(".turn").last.locator(".tool-state")
    await expect(states).to_have_text(["needs your approval", "waiting for its turn", "waiting for its turn"])
    await page.get_by_role("button", name="Stop").click()
    await shows(page, "stopped")


async def test_a_task_has_its_own_attempts_and_is_told_once(page: Page, provider: ScriptedProvider) -> None:
    """D16"""
    task = ToolCall("call_1", "transfer_task", {"agent": "writer", "task": "Write"})
    done = Gate()
    provider.script("h", Reply(openai_chat(tool_calls=[task])), Reply(openai_chat(text="All done"), gates={1: done}))
    provider.script("i", errors.openai_server_error())
    provider.script("j", Reply(openai_chat(text="Written")))
    yaml = f"""
agents:
  root: {{model: own/h, instruction: Hi, sub_agents: [writer], title_model: demo/hello}}
  writer: {{model: own/i, instruction: Write, description: Writes, fallback: {{models: [own/j], retries: -1}}}}
providers:
  own: {{provider: openai, api_type: openai_chatcompletions, base_url: "{provider.url}/v1"}}
"""
    await use_agent(page, yaml)
    await ask(page)
    card = page.locator(".turn").last.locator(".tool")
    await expect(card.locator(".tool-state")).to_have_text("done")
    await card.locator("summary").first.click()
    await expect(card.get_by_role("list", name="Attempts").get_by_role("listitem")).to_have_text(
        [re.compile("^i did not answer"), re.compile("^j took over")]
    )
    await expect(links(page)).to_have_text([re.compile("^h")])  # the chain of the agent that answers
    assert "hands over" not in await page.locator(".turn").last.inner_text()
    done.open()
    await shows(page, "done")
