"""The composer and what can be done with a turn, as a visitor uses them."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from sparewheel.testing import Gate, Reply, ScriptedProvider, ToolCall, errors, openai_chat
from tests.support.browser import BOOT_LIMIT, shows
from tests.support.page import ask, page_agent, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
HOSTILE = "<img src=x onerror=alert(1)>\u202egpj.png"
SHOWN = "<img src=x onerror=alert(1)>\\u202egpj.png"


@pytest.fixture
def page(new_chat: Page) -> Page:
    return new_chat


def sent(provider: ScriptedProvider, number: int = -1) -> list[Any]:
    """What the users said in one request: texts, and lists of parts."""
    messages = provider.requests[number].json["messages"]
    return [message["content"] for message in messages if message["role"] == "user"]


def turn(page: Page, number: int = -1) -> Locator:
    return page.get_by_role("log", name="Transcript").get_by_role("article").nth(number)


def says(text: str) -> Reply:
    return Reply(openai_chat(text=text))


def with_more(yaml: str, lines: str) -> str:
    """An agent file with more lines of its first agent."""
    return yaml.replace("\nmodels:", f"\n{lines}\nmodels:", 1)


async def give_file(page: Page, way: str, name: str, kind: str, content: bytes) -> None:
    if way == "button":
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="Attach").click()
        await (await choosing.value).set_files({"name": name, "mimeType": kind, "buffer": content})
        return
    give = """(target, [way, name, type, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type }));
        const init = { bubbles: true, cancelable: true };
        const dragged = (event) => new DragEvent(event, { ...init, dataTransfer: data });
        const pasted = new ClipboardEvent("paste", { ...init, clipboardData: data });
        for (const event of way === "paste" ? [pasted] : ["dragover", "drop"].map(dragged)) target.dispatchEvent(event);
    }"""
    await page.get_by_role("textbox", name="Prompt").evaluate(give, [way, name, kind, list(content)])


async def test_files_are_attached_sent_and_shown_again(page: Page, provider: ScriptedProvider) -> None:
    provider.script("a", says("A pixel"), says("Still"))
    await use_agent(page, page_agent({"a": provider.url}))
    files = page.get_by_role("list", name="Files to send").get_by_role("listitem")
    await give_file(page, "button", HOSTILE, "image/png", PNG)
    await give_file(page, "paste", "image.png", "image/png", PNG)
    await give_file(page, "drop", "notes.md", "", b"# Notes")
    await expect(files).to_have_text([f"{SHOWN}70 B\u00d7", "image.png70 B\u00d7", "notes.md7 B\u00d7"])
    await give_file(page, "drop", "song.mp3", "audio/mpeg", b"ID3\0\0")
    await expect(page.get_by_role("alert").filter(has_text="song.mp3 cannot be sent. Pictures")).to_be_visible()
    await page.get_by_role("button", name="Remove image.png").click()
    await expect(page.get_by_role("button", name="Remove notes.md")).to_be_focused()
    await ask(page, "What is this?")
    await shows(page, "done")
    await expect(files).to_have_count(0)
    [[picture, notes, text]] = sent(provider)
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBORw0")
    assert (notes["text"], text["text"]) == ("File notes.md:\n```\n# Notes\n```", "What is this?")
    again = turn(page).get_by_role("list", name="Files sent").get_by_role("listitem")
    await expect(again).to_have_text([f"{SHOWN}70 B", "notes.md7 B"])
    await page.reload()
    await shows(page, "ready")
    await expect(again.first).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(again.last).to_have_text("notes.md7 B")
    await expect(turn(page)).to_contain_text("What is this?")


async def test_a_failed_turn_keeps_its_prompt(page: Page, provider: ScriptedProvider) -> None:  # D6
    provider.script("a", errors.openai_invalid_request("No."), says("Now"))
    await use_agent(page, page_agent({"a": provider.url}))
    await give_file(page, "drop", "notes.md", "", b"# Notes")
    await ask(page, "Why?")
    await shows(page, "error")
    await turn(page).get_by_role("button", name="Edit and resend").click()
    await expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Why?")
    await expect(page.get_by_role("list", name="Files to send")).to_contain_text("notes.md")
    await page.get_by_role("button", name="Do not edit").click()
    await expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")
    await turn(page).get_by_role("button", name="Retry").click()
    await shows(page, "done")
    await expect(turn(page)).to_contain_text("Now")
    first, second = sent(provider, 0), sent(provider, 1)
    assert first == second
    assert len(provider.requests) == 2


async def test_an_edited_prompt_is_sent_in_a_branch(page: Page, provider: ScriptedProvider) -> None:
    provider.script("a", *(says(word) for word in ("One", "Two", "Three")))
    await use_agent(page, page_agent({"a": provider.url}))
    chats = page.get_by_role("navigation")
    await ask(page, "first")
    await shows(page, "done")
    original = chats.get_by_role("button", name=re.compile(r"^Demo: first( a)?$"))
    await expect(original.first).to_be_visible()  # the branch gets this title
    await ask(page, "second")
    await shows(page, "done")
    await turn(page, 1).get_by_role("button", name="Edit and resend").click()
    await expect(page.get_by_role("list", name="The next turn")).to_contain_text("this conversation stays")
    await ask(page, "instead")
    await expect(turn(page)).to_contain_text("Three")
    await shows(page, "done")
    assert sent(provider) == ["first", "instead"]
    await expect(turn(page, 0)).to_contain_text("One")
    await expect(page.get_by_role("log", name="Transcript")).not_to_contain_text("Two")
    await expect(chats.get_by_role("button", name="Demo: first (branch)").first).to_be_visible()
    await original.click()
    await expect(turn(page)).to_contain_text("Two")


async def test_another_model_is_asked_the_same(page: Page, provider: ScriptedProvider) -> None:
    provider.script("a", says("From a"))
    provider.script("b", says("From b"))
    await use_agent(page, page_agent({"a": provider.url, "b": provider.url}))
    await ask(page, "Who?")
    await shows(page, "done")
    await turn(page).get_by_role("button", name="Ask another model").press("ArrowDown")
    menu = page.get_by_role("menu", name="Ask another model")
    await expect(menu.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await expect(turn(page)).to_contain_text("From b")
    await shows(page, "done")
    assert sent(provider) == ["Who?"]


async def test_prompts_wait_for_the_end_of_the_answer(page: Page, provider: ScriptedProvider) -> None:
    gate, held = Gate(), Gate()
    provider.script("a", Reply(openai_chat(text=["One", " two"]), gates={2: gate}), says("Three"))
    await use_agent(page, page_agent({"a": provider.url}))
    await ask(page, "first")
    await expect(turn(page)).to_contain_text("One")
    waiting = page.get_by_role("list", name="Waiting to be sent").get_by_role("listitem")
    await ask(page, "second")
    await page.get_by_role("textbox", name="Prompt").fill("third")
    await page.get_by_role("button", name="Send next").click()
    await expect(waiting).to_have_text(["secondnext\u00d7", "thirdnext\u00d7"])
    await page.get_by_role("button", name="Do not send: second").click()
    await expect(waiting).to_have_count(1)
    assert len(provider.requests) == 1
    gate.open()
    await expect(turn(page)).to_contain_text("Three")
    await shows(page, "done")
    assert sent(provider) == ["first", "third"]
    await expect(waiting).to_have_count(0)

    # After Stop it stays, until it is sent by hand.
    provider.script("a", Reply(openai_chat(text=["Four", " five"]), gates={2: held}), says("Six"))
    await ask(page, "fourth")
    await expect(turn(page)).to_contain_text("Four")
    await ask(page, "fifth")
    await page.get_by_role("button", name="Stop").click()
    await shows(page, "stopped")
    await expect(waiting).to_have_text(["fifthnot sentSend now\u00d7"])
    await page.get_by_role("button", name="Send now").click()
    await expect(turn(page)).to_contain_text("Six")
    await shows(page, "done")
    held.open()


TEAM = """    commands:
      weekend: Plan a weekend.
      week: {description: A whole week, instruction: Plan a week.}
    sub_agents: [guide]
  guide: {model: a, description: Guides, instruction: Guide., title_model: demo/hello}"""


async def test_commands_and_agents_of_the_file(page: Page, provider: ScriptedProvider) -> None:
    provider.script("a", says("Root"), says("Guide"))
    yaml = with_more(page_agent({"a": provider.url}), TEAM)
    await use_agent(page, yaml)
    prompt = page.get_by_role("textbox", name="Prompt")
    await expect(page.get_by_role("combobox", name="Agent to ask")).to_have_value("root")
    await prompt.fill("/wee")
    options = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(options).to_have_text(["/weekendPlan a weekend.", "/weekA whole week"])
    await page.keyboard.press("ArrowDown")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(prompt).to_have_value("Plan a week.")
    await expect(options).to_have_count(0)
    await prompt.press("Enter")
    await shows(page, "done")
    await page.get_by_role("combobox", name="Agent to ask").select_option("guide")
    await ask(page, "/none")
    await expect(turn(page)).to_contain_text("Guide")
    assert provider.requests[1].json["messages"][0]["content"].startswith("Guide.")
    assert sent(provider) == ["Plan a week.", "/none"]


async def test_what_if_holds_for_one_turn(page: Page, provider: ScriptedProvider) -> None:
    provider.script("a", says("From a"))
    provider.script("b", says("From b"))
    await use_agent(page, page_agent({"a": provider.url, "b": provider.url}))
    notes = page.get_by_role("list", name="The next turn")
    await page.get_by_role("button", name="What if…").click()
    await page.get_by_role("menuitem", name="Bad key").click()
    await page.get_by_role("button", name="No longer: Bad key").click()
    await expect(notes).to_be_hidden()
    await page.get_by_role("button", name="What if…").click()
    await page.get_by_role("menuitem", name="Too many requests").click()
    await expect(notes).to_contain_text("What if: Too many requests")
    await ask(page, "Hello")
    await expect(turn(page)).to_contain_text("From b")
    await shows(page, "done")
    await expect(notes).to_be_hidden()
    assert [request.model for request in provider.requests] == ["b"]


ENDLESS = """    toolsets:
      - type: python
        timeout: 5
        source: |
          import asyncio
          def spin() -> str:
              \"\"\"Spins.\"\"\"
              while True:
                  pass
          async def sulk() -> str:
              \"\"\"Does not stop.\"\"\"
              while True:
                  try:
                      await asyncio.sleep(3600)
                  except asyncio.CancelledError:
                      pass"""


@pytest.mark.parametrize("tool", ["spin", "sulk"])
async def test_a_tool_that_does_not_end_can_be_stopped(tool: str, page: Page, provider: ScriptedProvider) -> None:  # D1
    provider.script("a", says("One"), Reply(openai_chat(tool_calls=[ToolCall("c1", tool)])), says("Back"))
    await use_agent(page, with_more(page_agent({"a": provider.url}), ENDLESS))
    await ask(page, "first")
    await shows(page, "done")
    await ask(page, "second")
    await (
        page.get_by_role("button", name="Allow once")
        .or_(page.get_by_role("button", name="Approve", exact=True))
        .click()
    )
    await expect(turn(page)).to_contain_text("running…")
    await page.get_by_role("button", name="Stop").click()
    restart = page.get_by_role("button", name="Restart the runtime")
    await expect(restart.or_(page.locator('#status[data-state="stopped"]')).first).to_be_visible()
    # In one step: the turn may end at any moment, and the button goes with it.
    offered = page.locator(".unstoppable:not([hidden]) button")
    await offered.evaluate_all("buttons => buttons.forEach((button) => button.click())")
    await shows(page, "stopped")
    await ask(page, "third")
    await expect(turn(page)).to_contain_text("Back", timeout=BOOT_LIMIT * 1000)
    assert json.dumps(sent(provider)).startswith('["first"')


async def test_a_worker_that_falls_silent_can_be_replaced(page: Page, provider: ScriptedProvider) -> None:  # D1
    provider.script("a", says("One"), Reply(openai_chat(text=["Two", " more"]), silent_after=2), says("Three"))
    await use_agent(page, page_agent({"a": provider.url}))
    await ask(page, "first")
    await shows(page, "done")
    await ask(page, "second")
    await expect(turn(page)).to_contain_text("Two")
    for worker in page.workers:
        if (await worker.evaluate("self.name")).startswith("sparewheel"):
            await worker.evaluate("() => void setTimeout(() => close())")
    await page.get_by_role("button", name="Stop").click()
    await shows(page, "stopped")
    await turn(page).get_by_role("button", name="Retry").click()
    await expect(turn(page)).to_contain_text("Three", timeout=BOOT_LIMIT * 1000)
    assert sent(provider)[0] == "first"
