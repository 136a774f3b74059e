"""MCP servers and documents on our own page: prompts as commands, files that are searched, where sources stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import shows
from tests.support.mcpothers import python_sdk
from tests.support.page import ask, page_agent, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

LEAVE = b"# Leave\nYou have 25 vacation days a year."


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with python_sdk() as url:
        yield url


@pytest.fixture
def page(new_chat: Page) -> Page:
    return new_chat


def with_toolset(yaml: str, **toolset: Any) -> str:
    return yaml.replace("    instruction:", f"    toolsets: [{json.dumps(toolset)}]\n    instruction:", 1)


def transcript(page: Page) -> Locator:
    return page.get_by_role("log", name="Transcript")


async def test_a_prompt_of_a_server_is_a_command(page: Page, provider: ScriptedProvider, server_url: str) -> None:
    toolset = {"type": "mcp", "name": "hello", "remote": {"url": server_url}, "allow_private_ips": True}
    await use_agent(page, with_toolset(page_agent({"a": provider.url}), **toolset))
    await shows(page, "ready")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.press_sequentially("/")
    option = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(option).to_have_text(["/hello:greetA greeting."])
    await prompt.press("Enter")
    form = page.get_by_role("group", name="hello:greet: A greeting.")
    await form.get_by_label("name (required)").fill("Ada")
    await form.get_by_role("button", name="Use prompt").click()
    await expect(prompt).to_have_value("Greet Ada.")
    await expect(prompt).to_be_focused()
    await expect(form).to_have_count(0)
    await prompt.fill("/gre")
    await prompt.press("Enter")
    await form.get_by_role("button", name="Cancel").click()
    await expect(form).to_have_count(0)
    await expect(prompt).to_have_value("")


async def test_documents_are_added_searched_kept_and_removed(page: Page, provider: ScriptedProvider) -> None:
    search = ToolCall("call_1", "notes", {"query": "vacation"})
    says = [Reply(openai_chat(tool_calls=[search])), Reply(openai_chat(text="25 days."))]
    provider.script("a", *says)
    rag = {"type": "rag", "name": "notes", "rag_config": {"strategies": [{"type": "bm25"}]}}
    await use_agent(page, with_toolset(page_agent({"a": provider.url}), **rag))
    room = page.get_by_role("region", name="Documents")
    await expect(room).to_contain_text("This agent searches documents: add some.")
    await add(page, room, "leave.md", LEAVE)
    await add(page, room, "song.mp3", b"ID3\0\0")
    await expect(room.get_by_role("alert")).to_have_text(re.compile(r"^song\.mp3 cannot be searched\."))
    await shows(page, "ready")
    await expect(room.get_by_text(re.compile(r"^Documents \(1, 41 B\)$"))).to_be_visible()
    await ask(page, "How many?")
    await shows(page, "done")
    assert "25 vacation days" in provider.requests[1].json["messages"][-1]["content"]
    card, sources = transcript(page).locator("details.tool"), transcript(page).get_by_text("Sources (1)")
    below, above = await sources.bounding_box(), await card.bounding_box()
    assert below and above and below["y"] >= above["y"] + above["height"]
    await page.reload()
    await shows(page, "ready")
    await expect(transcript(page)).to_contain_text("25 days.")
    await room.get_by_text(re.compile(r"^Documents \(1, ")).click()
    await room.get_by_role("button", name="Remove leave.md").click()
    await expect(room).to_contain_text("This agent searches documents: add some.")


async def add(page: Page, room: Locator, name: str, content: bytes) -> None:
    async with page.expect_file_chooser() as choosing:
        await room.get_by_role("button", name="Add documents").click()
    await (await choosing.value).set_files({"name": name, "mimeType": "", "buffer": content})
