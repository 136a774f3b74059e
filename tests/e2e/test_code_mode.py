"""Code that calls the tools of its agent: what the user is asked on the page, and a stop while a call runs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV
from tests.support.browser import Theirs, Watch, shows
from tests.support.page import ask, page_agent, use_agent

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = """\
try:
    print(await change_order(id="7"))
except ToolError as error:
    print("refused:", error)
"""
TOOLSETS = """    code_mode_tools: true
    toolsets:
      - {type: code, timeout: 60s}
      - type: python
        source: |
          def change_order(id: str) -> str:
              "Change an order."
              return f"changed {id}"
"""
HOSTED = """
agents: {{root: {{model: m, code_mode_tools: true, toolsets: [{{type: code, timeout: 60s}}]}}}}
models: {{m: {{provider: openai, model: m, base_url: "{url}/v1", token_key: TEST_KEY}}}}
"""
WAITS = """(options) => theirs.runtime().createSession({
  ...options,
  autoApprove: true,
  tools: { wait: { description: "Waits.", execute: (_, { signal }) => new Promise((resolve) => {
    signal.addEventListener("abort", () => { window.toolStopped = true; resolve(""); });
  }) } },
}, (event) => window.heard.push(event)).then((session) => void (window.session = session))"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(own_page: tuple[Page, Watch]) -> AsyncIterator[Page]:
    """The module's page with a new conversation; the sandbox's own attempt at its policy is no fault."""
    page, watch = own_page
    watch.clear()
    await page.get_by_role("button", name="New chat", exact=True).first.click()
    yield page
    assert watch.faults == []


def runs(code: str) -> Reply:
    return Reply(openai_chat(tool_calls=[ToolCall("c1", "run_python", json.dumps({"code": code}))]))


async def asked_for_a_change(page: Page, provider: ScriptedProvider) -> Locator:
    """The card of a run whose code has called the tool; the user is asked."""
    provider.script("a", runs(CODE))
    await use_agent(page, page_agent({"a": provider.url}).replace("    instruction:", f"{TOOLSETS}    instruction:", 1))
    await ask(page)
    await expect(page.get_by_role("button", name="Allow once")).to_be_visible()
    return page.locator(".tool").filter(has_text="run_python").first


def told(provider: ScriptedProvider) -> str:
    """The result of the run, as the model was told it."""
    return str(provider.requests[-1].json["messages"][-1]["content"])


@pytest.mark.keyless
@pytest.mark.parametrize(
    ("answer", "result"), [("Allow once", "Output:\nchanged 7"), ("Don't allow", "Output:\nrefused: ")]
)
async def test_a_call_of_the_code_needs_the_tools_own_approval(
    page: Page, provider: ScriptedProvider, answer: str, result: str
) -> None:
    card = await asked_for_a_change(page, provider)
    assert len(provider.requests) == 1
    provider.script("a", Reply(openai_chat(text="Done.")))
    await page.get_by_role("button", name=answer).click()
    await shows(page, "done")
    assert told(provider).startswith(result)
    await card.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(card.locator(".note").first).to_contain_text("The tools that it calls need your approval as usual.")


@pytest.mark.keyless
async def test_a_stop_while_the_user_is_asked(page: Page, provider: ScriptedProvider) -> None:
    await asked_for_a_change(page, provider)
    await page.locator("#stop").click()
    await shows(page, "stopped")
    await expect(page.get_by_role("button", name="Allow once")).to_have_count(0)
    provider.script("a", runs("print(6 * 7)"), Reply(openai_chat(text="Done.")))
    await ask(page)
    await shows(page, "done")
    assert told(provider) == "Output:\n42"


async def test_an_abort_while_a_tool_of_the_page_runs(theirs: Theirs, provider: ScriptedProvider) -> None:
    """The run in the sandbox ends, the tool gets its signal, and the next run works."""
    provider.script("m", runs("print(await wait())"), runs("print(6 * 7)"), Reply(openai_chat(text="Done.")))
    page = theirs.page
    await page.evaluate("() => { window.heard = []; window.toolStopped = false; }")
    await page.evaluate(WAITS, {"yaml": HOSTED.format(url=provider.url), "env": ENV})
    await page.evaluate("() => void (window.turn = session.send('Go').then(() => 'finish', ({ kind }) => kind))")
    await page.wait_for_function("() => heard.some(({ type, task }) => type === 'tool_call' && task !== undefined)")
    await page.evaluate("() => session.abort()")
    assert await page.evaluate("() => turn") == "aborted"
    assert await page.evaluate("() => window.toolStopped") is True
    ends = await page.evaluate("() => heard.filter(({ type }) => ['aborted', 'error', 'finish'].includes(type)).length")
    assert ends == 1
    assert await page.evaluate("() => session.send('Go on').then(({ message }) => message.content)") == "Done."
    assert told(provider) == "Output:\n42"
