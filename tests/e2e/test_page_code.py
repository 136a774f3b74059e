"""The card of a call that runs code: the code, what it prints, its result, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import Watch, shows
from tests.support.page import ask, new_chat, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]

CODE = """\
# Adds up what is <b>there</b>
import json
values = json.loads("[1, 2]")
1 / 0
"""
TABLE = "| name | total |\n|---|---|\n| a \\| b | <img src=x onerror=alert(1)> |\n| c | 2 |"
RESULT = f"Output:\nall of it\n\n{TABLE}\n\nTraceback (most recent call last):\n  File 'code.py', line 4, in <module>"
# A tool of the agent file that only has the name of the code tool.
OWN = f"    toolsets:\n      - type: python\n        source: |\n          def run_python(code: str) -> str:\n              'Runs.'\n              return {json.dumps(RESULT)}\n"  # noqa: E501


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as visited:
        yield visited


@pytest_asyncio.fixture(loop_scope="session")
async def page(visited: tuple[Page, Watch]) -> AsyncIterator[Page]:
    page, watch = visited
    watch.clear()
    await new_chat(page)
    yield page
    assert watch.faults == []


async def test_a_tool_with_the_name_of_the_code_tool(page: Page, provider: ScriptedProvider) -> None:
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
