"""A sign-in to a remote MCP server through our own page: the question, the window, and the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sparewheel.testing import Reply, ScriptedProvider, ToolCall, openai_chat
from tests.support.browser import Watch, shows
from tests.support.indexeddb import stored_texts, until_stored
from tests.support.oauthserver import TOKEN, OAuthServer
from tests.support.page import ask, page_agent, use_agent, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]


@pytest_asyncio.fixture(loop_scope="session")
async def visited(browser: Browser) -> AsyncIterator[tuple[Page, Watch]]:
    async with visit(browser) as visited:
        yield visited


async def test_the_user_signs_in_in_a_window_and_the_call_runs(
    visited: tuple[Page, Watch], provider: ScriptedProvider
) -> None:
    page, watch = visited
    with OAuthServer() as server:
        host = server.origin.removeprefix("http://")
        provider.script("a", Reply(openai_chat(tool_calls=[ToolCall("call_1", "whoami", {})])))
        provider.script("a", Reply(openai_chat(text=["You bear ", TOKEN[:9], TOKEN[9:], "."])))
        toolset = f"{{type: mcp, allow_private_ips: true, remote: {{url: '{server.origin}/mcp'}}}}"
        yaml = page_agent({"a": provider.url})
        await use_agent(page, yaml.replace("    instruction:", f"    toolsets: [{toolset}]\n    instruction:"))
        await ask(page)
        question = page.get_by_role("group", name=f"{host} asks you to sign in at {host}")
        async with page.context.expect_page() as opened:
            await question.get_by_role("button", name=f"Sign in at {host}").click()
        window = await opened.value
        await expect(question.get_by_text("in the window that has opened")).to_be_visible()
        assert await window.evaluate("opener") is None  # it cannot lead this page elsewhere
        await window.get_by_role("link", name="Allow").click()
        await shows(page, "done")
        await expect(question).to_be_hidden()
        turn = page.locator(".turn").last
        await expect(turn).to_contain_text("You bear [redacted].")
        assert provider.requests[1].json["messages"][-1]["content"] == "Hello, bearer of [redacted]"
        [form] = server.forms
        assert form["redirect_uri"] == server.asked[0]["redirect_uri"] == f"{page.url.partition('#')[0]}oauth.html"
        assert form["resource"] == f"{server.origin}/mcp"
        assert TOKEN not in await page.content()
        await until_stored(page, "You bear [redacted].")
        assert TOKEN not in "".join(await stored_texts(page))
        assert watch.faults == []
        if not window.is_closed():
            assert "code-1" not in window.url
            await expect(window.get_by_role("status")).to_have_text("You are signed in. You can close this window.")
