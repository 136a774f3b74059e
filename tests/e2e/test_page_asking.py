"""What the page asks while a turn runs: arguments that can be edited, buttons that keep what they promise, forms."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import ask, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

ANSWER = Reply(openai_chat(text="Answer"))
PAY = "def pay(amount: int, to: str) -> str:\n    return repr((amount, to))\n"
PYTHON = f"python, source: {json.dumps(PAY)}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser) as visited:
        yield visited


@pytest_asyncio.fixture(loop_scope="session")
async def page(visited: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = visited
    watch.clear()
    await page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    assert watch.faults == []


async def turn(page: Page, provider: ScriptedProvider, *calls: ToolCall, toolset: str, more: str = "") -> Locator:
    """A turn that comes to these calls; the turn on the page."""
    provider.script("a", Reply(openai_chat(tool_calls=calls)), ANSWER)
    yaml = page_agent({"a": provider.url})
    yaml = yaml.replace("    instruction:", f"    toolsets: [{{type: {toolset}}}]\n    instruction:")
    await use_agent(page, f"{yaml}{more}# {id(provider)}\n")  # a session of its own
    await ask(page)
    return page.locator(".turn").last


def told(provider: ScriptedProvider) -> str:
    """What the model was told of its call."""
    text: Any = provider.requests[1].json["messages"][-1]["content"]
    return str(text)


async def test_a_call_runs_with_the_arguments_that_the_user_wrote(page: Page, provider: ScriptedProvider) -> None:
    order = {"amount": 12345678901234567890, "to": "Ghent"}
    shown = await turn(page, provider, ToolCall("call_1", "pay", order), toolset=PYTHON)
    question = shown.get_by_role("group", name="May the agent run pay?")
    await expect(question.get_by_text("left to answer")).to_have_text(re.compile(r"^[45]:\d\d left to answer"))
    await question.get_by_role("button", name="Edit the arguments").click()
    editor = question.get_by_role("textbox", name="Arguments")
    await expect(editor).to_be_focused()
    written = await editor.input_value()
    await editor.fill(written.replace("12345678901234567890", '"much"'))
    await question.get_by_role("button", name="Allow once").click()
    await expect(question.get_by_role("alert")).to_contain_text("arguments.amount must be integer")
    await editor.press("Escape")  # D7: answers nothing, and stops nothing
    await editor.fill(written.replace("Ghent", "Antwerp"))
    await question.get_by_role("button", name="Allow once").click()
    await shows(page, "done")
    assert told(provider).endswith(repr((order["amount"], "Antwerp")))
    assert "The user changed the arguments" in told(provider)


async def test_edits_can_be_undone(page: Page, provider: ScriptedProvider) -> None:
    shown = await turn(page, provider, ToolCall("call_1", "pay", {"amount": 1, "to": "me"}), toolset=PYTHON)
    question = shown.get_by_role("group", name="May the agent run pay?")
    await question.get_by_role("button", name="Edit the arguments").click()
    await question.get_by_role("textbox", name="Arguments").fill("{}")
    await question.get_by_role("button", name="Undo the changes").click()
    await question.get_by_role("button", name="Allow once").click()
    await shows(page, "done")
    assert told(provider) == repr((1, "me"))


async def test_nothing_is_promised_that_does_not_hold(page: Page, provider: ScriptedProvider) -> None:  # D8
    rule = "permissions: {ask: [pay]}\n"
    shown = await turn(page, provider, ToolCall("call_1", "pay", {"amount": 1, "to": "me"}), toolset=PYTHON, more=rule)
    question = shown.get_by_role("group", name="May the agent run pay?")
    await expect(question).to_be_visible()
    names = await question.get_by_role("button").all_inner_texts()
    assert names == ["Edit the arguments", "Allow once", "Don't allow"]
    await question.get_by_role("button", name="Don't allow").click()
    await shows(page, "done")


async def test_calls_that_wait_for_others_do_not_run(page: Page, provider: ScriptedProvider) -> None:  # D9
    calls = [ToolCall(f"call_{number}", "add_memory", {"memory": str(number)}) for number in (1, 2, 3)]
    shown = await turn(page, provider, *calls, toolset="memory")
    states = shown.locator(".tool-state")
    await expect(states).to_have_text(["needs your approval", "waiting for its turn", "waiting for its turn"])
    await shown.get_by_role("button", name="Allow once").click()
    await expect(states).to_have_text(["done", "needs your approval", "waiting for its turn"])
    await shown.get_by_role("button", name="Always allow add_memory in this chat").click()
    await shows(page, "done")
    await expect(states).to_have_text(["done", "done", "done"])


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_long_form_opens_at_its_first_field(page: Page, provider: ScriptedProvider, width: int) -> None:  # D22
    await page.set_viewport_size({"width": width, "height": 800})
    properties = {f"field {number}": {"type": "string", "description": "Long. " * 30} for number in range(1, 9)}
    schema = {"type": "object", "properties": properties, "required": ["field 1"]}
    asked = ToolCall("call_1", "user_prompt", {"message": "Where to?", "schema": schema})
    shown = await turn(page, provider, asked, toolset="user_prompt")
    question = shown.get_by_role("group", name="The agent asks you: Where to?")
    first = question.get_by_label("field 1 (required)")
    await expect(first).to_be_focused()
    await expect(first).to_be_in_viewport(ratio=1)
    await expect(question.get_by_text("The agent asks you: Where to?")).to_be_in_viewport(ratio=1)
    await first.fill("Ghent")
    await first.press("Escape")  # D7
    await expect(first).to_have_value("Ghent")
    await question.get_by_role("button", name="Answer").click()
    await shows(page, "done")
    assert "Ghent" in told(provider)


HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_hidden_tab_calls_when_something_waits(page: Page, provider: ScriptedProvider) -> None:
    usual = await page.title()
    await page.evaluate(HIDE, True)
    shown = await turn(page, provider, ToolCall("call_1", "pay", {"amount": 1, "to": "me"}), toolset=PYTHON)
    await expect(page).to_have_title(f"❗ Your answer is needed · {usual}")
    await shown.get_by_role("button", name="Allow once").click()
    await shows(page, "done")
    await expect(page).to_have_title(f"✓ Answered · {usual}")
    await page.evaluate(HIDE, False)
    await expect(page).to_have_title(usual)
