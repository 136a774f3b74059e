"""Conversations that stay, through the visible page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Dialog, Locator, Page, Request, expect

from sparewheel.headless.static import StaticServer
from sparewheel.testing import Background, Gate, Reply, ScriptedProvider, ToolCall, Usage, openai_chat, openai_responses
from tests.support.browser import Watch, shows
from tests.support.indexeddb import until_stored
from tests.support.page import WENT_ON, ask, new_chat, page_agent, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
SAVE = """
import asyncio
from sparewheel import ToolContext

async def save(text: str, context: ToolContext) -> str:
    context.progress("The file is open")
    await asyncio.Event().wait()  # ends with the page
"""


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(accept_downloads=True)
    watch = Watch(context)
    yield context
    assert [line for line in watch.console if not line.startswith(("[debug]", "[verbose]"))] == []
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, server: StaticServer) -> Page:
    page = await context.new_page()
    await page.goto(server.url)
    await shows(page, "ready")
    return page


def answer(text: str) -> Reply:
    return Reply(openai_chat(text=text))


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Conversations").get_by_role("listitem")


def row(page: Page, title: str) -> Locator:
    return rows(page).filter(has_text=title)


async def choose(page: Page, title: str, action: str) -> None:
    await row(page, title).get_by_role("button", name="More for").click()
    await page.get_by_role("button", name=action, exact=True).click()


async def answered(page: Page, provider: ScriptedProvider, prompt: str, text: str) -> None:
    provider.script("a", answer(text))
    await ask(page, prompt)
    await expect(page.get_by_role("article").last).to_contain_text(text)
    await shows(page, "done")


async def reload_in_the_middle(page: Page, gate: Gate, stored: str) -> None:
    """Reload as soon as this text is stored; then let the server go on."""
    await until_stored(page, stored)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.reload()
    gate.open()


async def test_a_reload_shows_the_same_conversation(page: Page, provider: ScriptedProvider) -> None:  # D4
    await use_agent(page, page_agent({"a": provider.url}))
    await answered(page, provider, "First question", "First answer")
    await page.get_by_label("Prompt").fill("Half writ")
    await page.reload()
    await expect(page.get_by_role("article")).to_contain_text("First question")
    await expect(page.get_by_role("article")).to_contain_text("First answer")
    await expect(page.get_by_label("Prompt")).to_have_value("Half writ")
    await shows(page, "ready")
    await answered(page, provider, "Second question", "Second answer")
    sent = [message["content"] for message in provider.requests[-1].json["messages"] if message["role"] != "system"]
    assert sent == ["First question", "First answer", "Second question"]


async def test_an_edit_of_the_agent_file_keeps_the_conversation(page: Page, provider: ScriptedProvider) -> None:  # D2
    await use_agent(page, page_agent({"a": provider.url}))
    await answered(page, provider, "One", "Answer one")
    await use_agent(page, f"{page_agent({'a': provider.url})}# a comment\n")
    await expect(page.get_by_text("From here on with")).to_be_visible()
    await answered(page, provider, "Two", "Answer two")
    sent = [message["content"] for message in provider.requests[-1].json["messages"] if message["role"] != "system"]
    assert sent == ["One", "Answer one", "Two"]


async def test_rename_delete_undo_and_search(page: Page, provider: ScriptedProvider) -> None:
    await use_agent(page, page_agent({"a": provider.url}))
    for name in ("apple", "pear"):
        await new_chat(page)
        await answered(page, provider, f"About {name}", f"The {name} is a fruit with a Körper")
    await expect(rows(page)).to_have_count(2)
    for place, title in enumerate((HOSTILE, "Plain")):
        await page.get_by_role("button", name="More for").nth(place).click()
        await page.get_by_role("button", name="Rename").click()
        field = page.get_by_label("Title of the conversation")
        await field.fill(title)
        await field.press("Enter")
        await expect(row(page, title.replace("\u202e", r"\u202e"))).to_have_count(1)
        await page.wait_for_function("() => document.activeElement.closest('.chat-row')")
    assert await page.locator("img[src=x]").count() == 0
    search = page.get_by_label("Search conversations")
    await search.fill("APPLE korper")
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page)).to_contain_text("Plain")
    await search.fill("nothing at all")
    await expect(rows(page)).to_have_count(0)
    await search.fill("")
    await choose(page, "Plain", "Delete")
    await expect(rows(page)).to_have_count(1)
    await page.get_by_role("button", name="Undo").click()
    await expect(rows(page)).to_have_count(2)
    await choose(page, "Plain", "Delete")
    await expect(rows(page)).to_have_count(1)
    await page.reload()
    await shows(page, "ready")
    await expect(rows(page)).to_have_count(1)
    await expect(row(page, "Plain")).to_have_count(0)


async def test_an_answer_that_a_reload_interrupts_goes_on(page: Page, provider: ScriptedProvider) -> None:
    gate = Gate()
    await use_agent(page, page_agent({"a": provider.url}))
    provider.script("a", Reply(openai_chat(text=["Half of ", "it"]), gates={2: gate}), answer("All of it"))
    await ask(page, "Tell me")
    await expect(page.locator("#answer")).to_have_text("Half of")
    await until_stored(page, "Half of")
    dialogs: list[str] = []

    async def leave(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    await page.reload()
    gate.open()
    assert dialogs == ["beforeunload"]
    await expect(page.get_by_role("article")).to_contain_text("Half of")
    await expect(page.get_by_text("This answer was interrupted.")).to_be_visible()
    await expect(row(page, "Tell me")).to_contain_text("interrupted")
    await page.get_by_role("button", name="Go on").click()
    await shows(page, "done")
    await expect(row(page, "Tell me")).not_to_contain_text("interrupted")
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page.get_by_role("article")).to_contain_text("Tell me")
    await expect(page.locator("#answer")).to_have_text("All of it")
    await expect(page.get_by_role("button", name="Go on")).to_have_count(0)
    discarded = page.get_by_role("list", name="Attempts").get_by_text("broke off after 8 characters")
    for _ in range(2):
        await expect(page.get_by_text(WENT_ON)).to_have_count(1)
        await expect(page.get_by_text("All of it")).to_have_count(1)
        await expect(discarded).to_have_count(1)
        await page.reload()
        await shows(page, "ready")
    assert dialogs == ["beforeunload"]


async def test_a_response_in_the_background_goes_on_where_it_was(page: Page, provider: ScriptedProvider) -> None:
    """The provider goes on with it while the page is loaded anew: its text is read on, and nothing is asked again."""
    words = [f"word{number} " for number in range(12)]
    gate = Gate()
    events = openai_responses(text=words, usage=Usage(9, 12))
    provider.script("a", Background(events, every=0.02, connections=[Reply(gates={9: gate})]))
    model = "models: {m: {provider: mine, model: a, resume: background}}"
    mine = f'providers: {{mine: {{api_type: openai_responses, base_url: "{provider.url}/v1"}}}}'
    await use_agent(page, f"agents: {{root: {{model: m, title_model: demo/hello}}}}\n{model}\n{mine}\n")
    await ask(page, "Tell me")
    await expect(page.locator("#answer")).to_contain_text("word1")
    await reload_in_the_middle(page, gate, "word1")
    await expect(page.get_by_role("article")).to_contain_text("word1")
    await page.get_by_role("button", name="Go on").click()
    await shows(page, "done")
    for _ in range(2):
        await expect(page.get_by_role("article")).to_have_count(1)
        await expect(page.locator(".answer")).to_have_text(" ".join(map(str.strip, words)))
        await expect(page.get_by_text(WENT_ON)).to_have_count(1)
        await expect(page.get_by_text("its answer goes on where it stopped")).to_have_count(1)
        await expect(page.locator(".attempt")).to_have_count(0)
        await page.reload()
        await shows(page, "ready")
    [response] = provider.responses
    assert (response.tokens, response.status, response.cancels) == (12, "completed", 0)


async def test_a_prompt_that_a_reload_interrupts_before_any_answer_is_shown(
    page: Page, provider: ScriptedProvider
) -> None:
    gate = Gate()
    await use_agent(page, page_agent({"a": provider.url}))
    provider.script("a", Reply(openai_chat(text="The answer"), gates={0: gate}), answer("The answer"))
    await ask(page, "Tell me")
    await shows(page, "running")
    await reload_in_the_middle(page, gate, "Tell me")
    await expect(page.get_by_role("article")).to_contain_text("Tell me")
    await page.get_by_role("button", name="Go on").click()
    await shows(page, "done")
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page.locator("#answer")).to_have_text("The answer")


async def test_turns_and_conversations_need_no_late_file(page: Page, provider: ScriptedProvider) -> None:
    late: list[str] = []  # 4 MB, for which Python waits

    def note(request: Request) -> None:
        if "/site." in request.url:
            late.append(request.url)

    page.on("request", note)
    await use_agent(page, page_agent({"a": provider.url}))
    await answered(page, provider, "Question", "Answer")
    other = await page.context.new_page()
    other.on("request", note)
    await other.goto(page.url)
    await expect(other.get_by_text("This conversation is open in another tab.")).to_be_visible()
    await other.close()
    await page.reload()
    await shows(page, "ready")
    await expect(page.get_by_role("article")).to_contain_text("Answer")
    assert late == []


async def test_a_call_in_doubt_is_asked_about(page: Page, provider: ScriptedProvider) -> None:
    yaml = page_agent({"a": provider.url}).replace(
        "    instruction:", f"    toolsets: [{{type: python, source: {json.dumps(SAVE)}}}]\n    instruction:"
    )
    await use_agent(page, yaml)
    call = ToolCall("call_1", "save", '{"text": "x"}')
    provider.script("a", Reply(openai_chat(text="Saving.", tool_calls=[call])), answer("Saved"))
    await ask(page, "Save it")
    await page.get_by_role("button", name="Allow once", exact=True).click()
    await expect(page.get_by_text("The file is open")).to_be_visible()  # so that it runs is stored
    await expect(page.locator("#status")).to_have_text("Going on…")
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(page.get_by_text("This answer was interrupted while a tool was running")).to_be_visible()
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("group", name="Was save done?")).to_be_visible()
    await page.get_by_role("button", name="It was done").click()
    await shows(page, "done")
    await expect(page.locator("#answer")).to_have_text("Saved")
    await expect(page.get_by_role("article")).to_have_count(1)


async def test_save_and_import(page: Page, provider: ScriptedProvider, tmp_path: Path) -> None:
    await use_agent(page, page_agent({"a": provider.url}))
    await answered(page, provider, "Take this along", "Packed")
    saved = []
    for action, suffix in (("Save as Markdown", ".md"), ("Save as JSON", ".json")):
        async with page.expect_download() as downloading:
            await choose(page, "", action)
        download = await downloading.value
        assert download.suggested_filename.endswith(suffix)
        saved.append((await download.path()).read_text())
    assert "Packed" in saved[0]
    document = json.loads(saved[1])
    hostile = {**document, "title": HOSTILE, "id": "other"}
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(hostile))
    bad.write_text("[" * 100_000)
    chooser = page.locator("#chats input[type=file]")
    await chooser.set_input_files([bad])
    await expect(page.locator(".chat-note")).to_contain_text("bad.json was not imported")
    await chooser.set_input_files([good])
    await expect(rows(page)).to_have_count(2)
    await expect(page.locator(".chat-note")).to_have_text("")
    await row(page, "<img").locator(".chat-open").click()
    await expect(page.get_by_role("article")).to_contain_text("Packed")
    assert await page.locator("img[src=x]").count() == 0


async def test_a_second_tab_follows_and_takes_over(
    page: Page, context: BrowserContext, provider: ScriptedProvider
) -> None:
    await use_agent(page, page_agent({"a": provider.url}))
    await answered(page, provider, "In the first tab", "One")
    other = await context.new_page()
    await other.goto(page.url)
    await expect(other.get_by_text("This conversation is open in another tab.")).to_be_visible()
    await expect(other.get_by_role("article")).to_contain_text("One")
    await answered(page, provider, "And now?", "Two")
    await expect(other.get_by_role("article").last).to_contain_text("Two")
    await expect(other.get_by_role("article")).to_have_count(2)
    await other.get_by_role("button", name="Take over").click()
    await expect(other.get_by_role("button", name="Take over")).to_have_count(0)
    await expect(page.get_by_role("button", name="Take over")).to_be_visible()
    await answered(other, provider, "From the second", "Three")
    await expect(page.get_by_role("article").last).to_contain_text("Three")
    await expect(page.get_by_role("article")).to_have_count(3)


async def test_a_turn_goes_on_while_another_conversation_is_shown(page: Page, provider: ScriptedProvider) -> None:
    gate = Gate()
    await use_agent(page, page_agent({"a": provider.url}))
    provider.script("a", Reply(openai_chat(text=["Begun", " and done"]), gates={2: gate}))
    await ask(page, "A long one")
    await expect(page.locator("#answer")).to_have_text("Begun")
    await new_chat(page)
    await expect(row(page, "A long one")).to_contain_text("answering")
    await answered(page, provider, "Another one", "Meanwhile")
    gate.open()
    await expect(row(page, "A long one")).not_to_contain_text("answering")
    await row(page, "A long one").locator(".chat-open").click()
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page.get_by_role("article")).to_contain_text("Begun and done")
    await page.go_back()
    await expect(page.get_by_role("article")).to_contain_text("Meanwhile")
