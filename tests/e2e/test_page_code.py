"""The card of a call that runs code: the code, its output and result, and runs that the user starts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import ask, drawer, new_chat, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

CODE = """\
# Adds up what is <b>there</b>
import json
values = json.loads("[1, 2]")
1 / 0
"""
TABLE = "| name | total |\n|---|---|\n| a \\| b | <img src=x onerror=alert(1)> |\n| c | 2 |"
RESULT = f"Output:\nall of it\n\n{TABLE}\n\nTraceback (most recent call last):\n  File 'code.py', line 4, in <module>"
CONFINED = "This code runs in a frame without network, storage or keys: nothing to approve."
# A tool of the agent file that only has the name of the code tool.
OWN = f"""    toolsets:
      - type: python
        source: |
          def run_python(code: str) -> str:
              'Runs.'
              return {json.dumps(RESULT)}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as visited:
        yield visited


@pytest_asyncio.fixture(loop_scope="session")
async def page(visited: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = visited
    watch.clear()
    yield page
    assert watch.faults == []


async def test_a_question_about_a_file_is_answered_with_a_plot(page: Page) -> None:
    async with drawer(page, "Agents"):
        await page.get_by_role("button", name="Answers computed from a file").click()
    await page.get_by_role("button", name="Ask about bicycles.csv").click()
    await shows(page, "done")
    turn = page.locator(".turn")
    await expect(turn.locator(".attempt").filter(has_text="overloaded")).not_to_have_count(0)
    plot = turn.get_by_role("img", name="plot 1")
    assert await plot.evaluate("(plot) => plot.decode().then(() => plot.naturalWidth)") > 100
    answer = turn.locator("#answer")
    await expect(answer).to_contain_text("Market square has the highest total: 4")
    await expect(answer.locator("td").first).to_have_text("Market square")
    card = turn.locator(".tool")
    await expect(card.locator(".preview")).to_have_text("# Total bicycles by station")
    await card.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(card.locator(".note")).to_have_text(CONFINED)
    await expect(card.get_by_role("region", name="Table").locator("tr")).to_have_count(5)


async def test_the_texts_of_a_chart_can_be_read_on_a_phone(page: Page) -> None:
    """After the test above. A chart is drawn 800 wide, and a text in it 16 high."""
    usual = page.viewport_size
    await page.set_viewport_size({"width": 360, "height": 740})
    box = page.get_by_role("region", name="plot 1")
    shown = await box.get_by_role("img").bounding_box()
    assert shown
    assert shown["width"] / 800 * 16 >= 10
    await box.focus()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert usual
    await page.set_viewport_size(usual)


async def test_the_code_is_run_again_without_the_model(page: Page) -> None:
    """After the test above, and with the file that was sent there."""
    card = page.locator(".tool")
    messages = await page.locator(".turn").count()
    await card.get_by_role("button", name="Run again").click()
    own = card.get_by_role("region", name="Your run")
    await expect(own.get_by_role("status")).to_have_text("Done")
    await expect(own.get_by_label("Output")).to_contain_text("Market square has the highest total: 4")
    await expect(own.get_by_role("region", name="Table").locator("tr")).to_have_count(5)
    await expect(own.get_by_role("img", name="plot 1")).to_be_visible()
    await card.get_by_role("button", name="Edit and run").click()
    editor = card.get_by_label("Code to run")
    await expect(editor).to_be_focused()
    await editor.fill("open('new.txt', 'w').write(open('bicycles.csv').read(5))\nprint('<b>')\n1 / 0")
    await page.keyboard.press("Control+Enter")
    await expect(own.get_by_role("status")).to_have_text("Failed")
    await expect(own.get_by_label("Output")).to_have_text("<b>")
    await expect(own.get_by_label("Error")).to_contain_text("line 3")
    await expect(own.get_by_role("link", name="new.txt")).to_have_attribute("download", "new.txt")
    await editor.fill("print('begun')\nwhile True: pass")
    await card.get_by_role("button", name="Run", exact=True).click()
    await expect(own.get_by_label("Output")).to_have_text("begun")
    await own.get_by_role("button", name="Stop").click()
    await expect(own.get_by_role("status")).to_have_text("Stopped")
    await expect(own).to_be_focused()
    await card.get_by_role("button", name="Discard").click()
    await expect(editor).to_have_count(0)
    assert await page.locator(".turn").count() == messages


async def test_a_stored_turn_tells_why_no_approval_was_needed(page: Page) -> None:
    """After the tests above."""
    await page.reload(wait_until="load")
    card = page.locator(".tool")
    await card.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(card.locator(".note")).to_have_text(CONFINED)


async def test_a_tab_that_follows_tells_it_too(page: Page) -> None:
    """After the tests above: the other tab is told of the turn by records."""
    other = await page.context.new_page()
    await other.goto(page.url)
    await expect(other.get_by_text("This conversation is open in another tab.")).to_be_visible()
    await ask(page, "And the average?")
    await shows(page, "done")
    card = other.locator(".turn").nth(1).locator(".tool")
    await expect(card).to_have_attribute("data-state", "done")
    await card.locator("summary").focus()
    await other.keyboard.press("Enter")
    await expect(card.locator(".note")).to_have_text(CONFINED)
    await other.close()


async def test_a_tool_with_the_name_of_the_code_tool(page: Page, provider: ScriptedProvider) -> None:
    await new_chat(page)
    call = ToolCall("call_1", "run_python", {"code": CODE})
    provider.script("a", Reply(openai_chat(tool_calls=[call])), Reply(openai_chat(text="Done.")))
    await use_agent(page, page_agent({"a": provider.url}).replace("    instruction:", f"{OWN}    instruction:", 1))
    await ask(page)
    await page.get_by_role("button", name="Allow once").click()
    await shows(page, "done")
    card = page.locator(".tool")
    await expect(card.locator(".preview")).to_have_text("# Adds up what is <b>there</b>")
    await card.locator("summary").focus()
    await page.keyboard.press("Enter")
    code = card.get_by_role("region", name="Code, python")
    await expect(code.locator(".hljs-keyword")).to_have_text("import")
    await expect(code.locator("code")).to_have_text(CODE.rstrip("\n"))
    await expect(code.locator(".line-numbers > span")).to_have_count(4)
    cells = card.get_by_role("region", name="Table").locator("td")
    await expect(cells).to_have_text(["a | b", "<img src=x onerror=alert(1)>", "c", "2"])
    await expect(card.locator("img, b")).to_have_count(0)
    await expect(card.get_by_label("Result")).to_have_text(
        ["Output:\nall of it", "Traceback (most recent call last):\n  File 'code.py', line 4, in <module>"]
    )
    await expect(card.locator(".note")).to_be_hidden()  # the sandbox has not run it
