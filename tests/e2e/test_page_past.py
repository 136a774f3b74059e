"""Past conversations on our own page: after a reload each turn shows what it showed when it ran."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, Usage, errors, openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import ask, new_chat, page_agent, use_agent, visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser) as (page, watch):
        yield page, watch


@pytest_asyncio.fixture(loop_scope="session")
async def page(visited: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = visited
    watch.clear()
    yield page
    assert [line for line in watch.console if not line.startswith(("[debug]", "[verbose]"))] == []


def turns(page: Page) -> Locator:
    return page.locator("article.turn")


def with_tool(yaml: str) -> str:
    tool = "def look(name: str) -> str:\\n  return name * 3\\n"
    return yaml.replace("    instruction:", f'    toolsets: [{{type: python, source: "{tool}"}}]\n    instruction:')


OPEN_ALL = """async (turn) => {
  for (const details of turn.querySelectorAll("details:not([open])")) {
    const opened = new Promise((resolve) => details.addEventListener("toggle", resolve, { once: true }));
    details.open = true;
    await opened;
  }
}"""


async def told(page: Page) -> list[str]:
    """The text of each turn with all of it open, without the exact times."""
    found = []
    for turn in await turns(page).all():
        await turn.evaluate(OPEN_ALL)
        found.append(re.sub(r"\d+\.\d s", "N s", await turn.inner_text()))
    return found


async def test_a_reload_shows_each_turn_as_it_was_shown(page: Page, provider: ScriptedProvider) -> None:
    """An answer after two failures, a failed turn with a picture, and a turn with a tool."""
    await use_agent(page, with_tool(page_agent({"a": provider.url, "b": provider.url})))
    cut = Reply(openai_chat(text=["Half of", " an answer"], finish=None))
    provider.script("a", cut, errors.openai_invalid_key(), errors.openai_invalid_key())
    provider.script("b", Reply(openai_chat(text="A whole answer", usage=Usage(7, 5))))
    await ask(page, "First")
    await shows(page, "done")
    await page.locator("#composer input[type=file]").set_input_files(
        {"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    provider.script("b", Reply(openai_chat(text="Nothing", finish=None)))
    await ask(page, "Look at this")
    await shows(page, "error")
    call = ToolCall("c1", "look", '{"name": "ab"}')
    provider.script("b", Reply(openai_chat(text="I look.", tool_calls=[call])), Reply(openai_chat(text="Seen.")))
    await ask(page, "And now?")
    await page.get_by_role("button", name="Allow once", exact=True).click()
    await shows(page, "done")
    before = await told(page)
    await page.reload()
    await expect(turns(page)).to_have_count(3)
    await shows(page, "ready")
    after = await told(page)
    for now, then in zip(after, before, strict=True):
        assert now.splitlines() == then.splitlines()
    assert "Half of an answer" in after[0]
    await expect(turns(page).nth(1).get_by_role("img", name="dot.png")).to_be_visible()


async def test_a_reload_shows_the_same_each_time(page: Page, provider: ScriptedProvider) -> None:
    """A turn with a fallback, and with a task that a sub-agent has done with a tool."""
    await new_chat(page)
    yaml = with_tool(page_agent({"a": provider.url, "b": provider.url}))
    yaml = yaml.replace("    toolsets:", "    sub_agents: [helper]\n    toolsets:", 1)
    tools = yaml[yaml.index("toolsets:") :].splitlines()[0]
    helper = f"\n  helper: {{model: b, instruction: Help., description: Helps., {tools}}}\nmodels:"
    await use_agent(page, yaml.replace("\nmodels:", helper))
    cut = Reply(openai_chat(text=["Half of", " an answer"], finish=None))
    provider.script("a", cut, errors.openai_invalid_key(), errors.openai_invalid_key())
    task = ToolCall("c1", "transfer_task", '{"agent": "helper", "task": "Look", "expected_output": "x"}')
    call = ToolCall("c2", "look", '{"name": "ab"}')
    replies = [openai_chat(text="I ask.", tool_calls=[task]), openai_chat(text="I look for it.", tool_calls=[call])]
    provider.script("b", *map(Reply, [*replies, openai_chat(text="It is ababab."), openai_chat(text="Found.")]))
    await ask(page, "First")
    await page.get_by_role("button", name="Allow everything in this chat", exact=True).click()
    await shows(page, "done")
    before = await told(page)
    for part in ("Half of an answer", "I look for it.", "ababab", "Found."):
        assert part in before[0]
    for _ in range(2):
        await page.reload()
        await expect(turns(page)).to_have_count(1)
        await shows(page, "ready")
        [now] = await told(page)
        assert now.splitlines() == before[0].splitlines()


async def test_a_failed_turn_goes_on_after_a_reload_and_asks_no_finished_step_again(
    page: Page, provider: ScriptedProvider
) -> None:
    await new_chat(page)
    await use_agent(page, with_tool(page_agent({"a": provider.url})))
    call = ToolCall("c1", "look", '{"name": "ab"}')
    provider.script(
        "a", Reply(openai_chat(text="I look.", tool_calls=[call], usage=Usage(7, 5))), errors.openai_invalid_key()
    )
    await ask(page, "Go")
    await page.get_by_role("button", name="Allow once", exact=True).click()
    await shows(page, "error")
    await page.reload()
    await shows(page, "ready")
    await expect(turns(page)).to_have_count(1)
    await expect(turns(page)).to_contain_text("Incorrect API key provided")
    provider.script("a", Reply(openai_chat(text="Done.")))
    before = len(provider.requests)
    await turns(page).get_by_role("button", name="Retry").click()
    await shows(page, "done")
    await expect(page.locator("#answer")).to_have_text("Done.")
    await expect(turns(page)).to_have_count(1)
    [request] = provider.requests[before:]
    assert [message["role"] for message in request.json["messages"]][-3:] == ["user", "assistant", "tool"]


async def test_a_branch_names_the_conversation_that_it_is_of(page: Page, provider: ScriptedProvider) -> None:
    await new_chat(page)
    await use_agent(page, page_agent({"a": provider.url}))
    provider.script("a", *[Reply(openai_chat(text=f"Answer {number}")) for number in (1, 2)])
    await ask(page, "One")
    await shows(page, "done")
    first = page.url
    await page.get_by_role("button", name="Edit and resend").click()
    await ask(page, "Two")
    await expect(turns(page)).to_contain_text("Answer 2")
    assert page.url != first
    await shows(page, "done")
    await expect(page.get_by_text("A branch of another conversation")).to_be_visible()
    await page.reload()
    await shows(page, "ready")
    await expect(turns(page)).to_contain_text("Answer 2")
    await expect(page.get_by_text("A branch of another conversation")).to_be_visible()
    await page.get_by_role("link", name="another conversation").click()
    await expect(turns(page)).to_contain_text("Answer 1")
    assert page.url == first


async def test_a_tab_that_only_reads_takes_no_prompt_until_the_other_one_is_gone(
    page: Page, provider: ScriptedProvider
) -> None:
    await new_chat(page)
    await use_agent(page, page_agent({"a": provider.url}))
    provider.script("a", Reply(openai_chat(text="Answer")), Reply(openai_chat(text="Another")))
    await ask(page, "In the first tab")
    await shows(page, "done")
    mine = page.get_by_label("Prompt")
    await mine.fill("Half a prompt")
    other = await page.context.new_page()
    await other.goto(page.url)
    prompt, send = other.get_by_label("Prompt"), other.get_by_role("button", name="Send", exact=True)
    await expect(prompt).not_to_be_editable()
    await expect(send).to_be_disabled()
    await other.get_by_role("button", name="Take over").click()
    await expect(prompt).to_be_editable()
    await expect(send).to_be_enabled()
    await expect(mine).not_to_be_editable()
    await other.close()
    await expect(mine).to_be_editable()
    await expect(page.get_by_role("button", name="Take over")).to_have_count(0)
    await expect(mine).to_have_value("Half a prompt")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(turns(page).last).to_contain_text("Another")
    await shows(page, "done")


async def test_the_chosen_agent_of_a_team_is_chosen_after_a_reload(page: Page, provider: ScriptedProvider) -> None:
    await new_chat(page)
    yaml = page_agent({"a": provider.url}).replace("    instruction:", "    handoffs: [second]\n    instruction:")
    await use_agent(page, yaml.replace("\nmodels:", "\n  second: {model: a, instruction: Be long.}\nmodels:"))
    provider.script("a", Reply(openai_chat(text="Answer")), Reply(openai_chat(text="Another")))
    await ask(page, "One")
    await shows(page, "done")
    choice = page.get_by_label("Agent to ask")
    await choice.select_option("second")
    await expect(page.get_by_text("From here on with")).to_be_visible()
    await page.reload()
    await shows(page, "ready")
    await expect(choice).to_have_value("second")
    await ask(page, "Two")
    await expect(turns(page).last).to_contain_text("Another")
    assert "Be long." in provider.requests[-1].json["messages"][0]["content"]
