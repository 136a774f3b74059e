"""Tool calls on our own page: what a visitor sees of them, and how they are asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sparewheel.testing import BEFORE_HEAD, Gate, Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import new_chat, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

ANSWER = Reply(openai_chat(text=["An", "swer"]))
HOSTILE = "<img src=x onerror=alert(1)>"
FOCUS = "() => document.activeElement.id || document.activeElement.textContent"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser) as visited:
        yield visited


@pytest_asyncio.fixture(loop_scope="session")
async def page(visited: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = visited
    watch.clear()
    await page.set_viewport_size({"width": 1280, "height": 900})
    yield page
    assert [line for line in watch.console if not line.startswith(("[debug]", "[verbose]"))] == []


async def ask(page: Page, provider: ScriptedProvider, *calls: ToolCall, toolset: str = "memory") -> Locator:
    """A turn that comes to these calls; the turn on the page."""
    provider.script("a", Reply(openai_chat(text=["Let me see."], tool_calls=calls)), ANSWER)
    yaml = page_agent({"a": provider.url})
    yaml = yaml.replace("    instruction:", f"    toolsets: [{{type: {toolset}}}]\n    instruction:")
    await new_chat(page)
    await use_agent(page, yaml)
    await page.locator("#prompt").fill("Hello")
    await page.locator("#prompt").press("Enter")
    return page.locator(".turn").last


def remember(number: int = 1, text: str = HOSTILE) -> ToolCall:
    return ToolCall(f"call_{number}", "add_memory", {"memory": text})


async def test_a_call_that_needs_nobody(page: Page, provider: ScriptedProvider) -> None:
    turn = await ask(page, provider, ToolCall("call_1", "get_memories", "{}"))
    await shows(page, "done")
    card = turn.locator(".tool")
    await expect(card).to_have_attribute("data-state", "done")
    await expect(card.locator("summary")).to_contain_text("get_memories")
    await expect(card.locator("pre")).to_have_count(0)  # made when it is opened
    await card.locator("summary").click()
    await expect(card.locator("pre")).to_have_count(2)
    await expect(turn.locator(".answer").first).to_have_text("Let me see.")
    await expect(page.locator("#answer")).to_have_text("Answer")  # the last step's, and only that


async def test_an_id_that_the_conversation_has_already(page: Page, provider: ScriptedProvider) -> None:
    """Some servers count the calls of each answer from 0."""
    await ask(page, provider, call := ToolCall("call_1", "get_memories", "{}"))
    await shows(page, "done")
    provider.script("a", Reply(openai_chat(text="Again.", tool_calls=[call])), ANSWER)
    await page.locator("#prompt").fill("Again")
    await page.locator("#prompt").press("Enter")
    turn = page.locator(".turn").nth(1)
    await expect(turn.locator("#answer")).to_have_text("Answer")
    await expect(turn.locator(".tool")).to_have_count(1)


async def test_approve_with_the_keyboard(page: Page, provider: ScriptedProvider) -> None:
    turn = await ask(page, provider, remember())
    question = turn.locator(".question")
    await expect(question).to_contain_text("add_memory")
    await expect(question).to_contain_text(HOSTILE)  # as text
    assert await page.locator("img[src=x]").count() == 0
    await expect(question).to_be_focused()
    await expect(page.locator("#status")).to_have_text("add_memory needs your approval")
    await page.keyboard.press("Enter")  # whoever was about to press it approves nothing
    await expect(question).to_be_visible()
    buttons = []
    while "Don't allow" not in buttons:
        await page.keyboard.press("Tab")
        buttons.append(await page.evaluate(FOCUS))
    wanted = [
        "Allow once",
        "Always allow add_memory in this chat",
        "Allow everything in this chat",
        "Don't allow",
    ]  # D8: nothing that the tool does not keep
    assert [name for name in buttons if name in wanted] == wanted
    while await page.evaluate(FOCUS) != "Allow once":
        await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await shows(page, "done")
    await expect(turn.locator(".tool")).to_have_attribute("data-state", "done")
    await expect(question).to_have_count(0)
    assert await page.evaluate(FOCUS) == "prompt"


PAY = "def pay(amount: int, to: str, note: str) -> str:\n    return repr((amount, to, note))\n"
PYTHON = f"python, source: {json.dumps(PAY)}"


async def test_what_is_approved_is_what_runs(page: Page, provider: ScriptedProvider) -> None:
    long = f"{'x' * 25_000} and the end"
    order = {"amount": 12345678901234567890, "to": "https://p\u0430ypal.com/\u202egpj\u200b", "note": long}
    turn = await ask(page, provider, ToolCall("call_1", "pay", order), toolset=PYTHON)
    question = turn.locator(".question")
    shown = question.get_by_label("Arguments")
    await expect(shown).to_contain_text('"amount": 12345678901234567890,')
    await expect(shown).to_contain_text(r'"to": "https://p\u0430ypal.com/\u202egpj\u200b",')
    await expect(question.locator(".odd-characters")).to_contain_text("U+202E, U+200B, U+0430")
    await expect(shown).not_to_contain_text("and the end")
    await question.get_by_role("button", name="Show all 25").click()
    await expect(shown).to_contain_text("and the end")
    await question.get_by_role("button", name="Always allow pay").click()
    await shows(page, "done")
    told = provider.requests[1].json["messages"][-1]["content"]
    assert told == repr((order["amount"], order["to"], order["note"]))
    await expect(turn.locator(".tool .preview")).to_contain_text(r"https://p\u0430ypal.com/\u202egpj\u200b")


async def test_reject_with_a_reason(page: Page, provider: ScriptedProvider) -> None:
    turn = await ask(page, provider, remember())
    await turn.get_by_label("Reason").fill("I would rather not")
    await page.keyboard.press("Enter")
    await shows(page, "done")
    card = turn.locator(".tool")
    await expect(card).to_have_attribute("data-state", "blocked")
    await card.locator("summary").click()
    await expect(card).to_contain_text("I would rather not")
    assert "I would rather not" in provider.requests[1].json["messages"][-1]["content"]


async def test_one_word_for_several(page: Page, provider: ScriptedProvider) -> None:
    calls = [remember(number, f"No. {number}") for number in (1, 2)]
    turn = await ask(page, provider, *calls)
    await turn.get_by_role("button", name="Allow everything in this chat").first.click()
    await shows(page, "done")
    await expect(turn.locator(".tool")).to_have_count(2)
    await expect(turn.locator(".tool[data-state=done]")).to_have_count(2)
    await expect(turn.locator(".question")).to_have_count(0)


async def test_typing_goes_on_when_a_question_comes(page: Page, provider: ScriptedProvider) -> None:
    turn = await ask(page, provider, remember())
    await turn.get_by_role("button", name="Allow once").click()
    await shows(page, "done")
    gate = Gate()
    provider.script("a", Reply(openai_chat(tool_calls=[remember(2)]), gates={BEFORE_HEAD: gate}), ANSWER)
    await page.locator("#prompt").fill("Again")
    await page.locator("#prompt").press("Enter")
    await page.locator("#prompt").press_sequentially("meanwhile")
    gate.open()
    turn = page.locator(".turn").last
    await expect(turn.locator(".question")).to_be_visible()
    await expect(page.locator("#prompt")).to_be_focused()
    await page.keyboard.press("Escape")  # D7: no question ends by it
    await expect(turn.locator(".question")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await shows(page, "stopped")
    await expect(turn.locator(".question")).to_have_count(0)
    await expect(turn.locator(".tool")).to_have_attribute("data-state", "dropped")
    await page.locator("#prompt").fill("")


async def test_a_form_made_from_a_schema(page: Page, provider: ScriptedProvider) -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string", "title": "City", "description": HOSTILE},
            "when": {"type": "string", "enum": ["today", "tomorrow"]},
            "people": {"type": "integer", "minimum": 1, "default": 2},
            "budget": {"type": "number"},
            "window": {"type": "boolean", "title": "At the window"},
        },
        "required": ["city", "when"],
    }
    asked = ToolCall("call_1", "user_prompt", {"message": "Where shall we go?", "schema": schema})
    turn = await ask(page, provider, asked, toolset="user_prompt")
    question = turn.locator(".question")
    await expect(question).to_contain_text("Where shall we go?")
    await expect(question.get_by_label("City")).to_be_focused()
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= 360
    await question.get_by_role("button", name="Answer").click()
    await expect(question).to_be_visible()  # the browser says what is missing
    await question.get_by_label("City").fill("Ghent")
    await question.get_by_label("when").select_option(label="tomorrow")
    await question.get_by_label("At the window").check()
    await question.get_by_role("button", name="Answer").click()
    await shows(page, "done")
    told = provider.requests[1].json["messages"][-1]["content"]
    assert '"content"' in told
    for part in ('"city":"Ghent"', '"when":"tomorrow"', '"people":2', '"window":true'):
        assert part in told.replace(": ", ":"), told
    assert "budget" not in told


async def test_decline(page: Page, provider: ScriptedProvider) -> None:
    asked = ToolCall("call_1", "user_prompt", {"message": "Where to?"})
    turn = await ask(page, provider, asked, toolset="user_prompt")
    await turn.get_by_role("button", name="Decline").click()
    await shows(page, "done")
    assert "decline" in provider.requests[1].json["messages"][-1]["content"]
