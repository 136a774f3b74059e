"""Under the hood: the log with readable events to copy and download, and what the attempts have cost."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from sparewheel.testing import Reply, ScriptedProvider, Usage, openai_chat
from tests.support.agents import ENV, KEY
from tests.support.browser import Watch, shows
from tests.support.page import ask, copied, drawer, page_agent, set_keys, use_agent

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.keyless]


async def test_events_and_costs_can_be_read_and_taken_along(browser: Browser, provider: ScriptedProvider) -> None:
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    watch = Watch(context)
    page = await context.new_page()
    provider.script("a", Reply(openai_chat(text="<img src=x onerror=alert(1)> \u202eAnswer", usage=Usage(10, 5))))
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await set_keys(page, ENV)
        await use_agent(page, page_agent({"a": provider.url}, key="TEST_KEY"))
        await ask(page)
        await shows(page, "done")
        async with drawer(page, "Under the hood") as hood:  # D28
            lines = hood.get_by_role("list", name="Events").get_by_role("listitem")
            await expect(lines.last).to_contain_text("finish")
            await hood.get_by_role("searchbox", name="Filter").fill("finish")
            await expect(lines.filter(visible=True)).to_have_count(1)
            finish = lines.filter(visible=True)
            await finish.locator("summary").press("Enter")
            shown = finish.get_by_label("Event")
            await expect(shown).to_contain_text('"type": "finish",\n')
            await expect(shown).to_contain_text(r"\u202eAnswer")
            event = json.loads(await copied(page, finish.locator("button.copy")))
            assert (event["type"], event["reason"]) == ("finish", "stop")
            await hood.get_by_role("searchbox", name="Filter").fill("")
            async with page.expect_download() as downloading:
                await hood.get_by_role("button", name="Download").click()
            file = await (await downloading.value).path()
            text = await asyncio.to_thread(Path(file).read_text)
            events = [json.loads(line) for line in text.splitlines()]
            assert [events[0]["type"], events[-1]["type"]] == ["start", "finish"]
            assert len(events) == await lines.count()
            usage = hood.get_by_role("region", name="Tokens and cost")
            await expect(usage.get_by_role("img")).to_have_accessible_name(usage_name(events))
            await usage.get_by_text("Each attempt").click()
            await expect(usage.get_by_role("row")).to_have_count(2)
            await expect(usage.get_by_role("row").last).to_contain_text("openai/a")
            requests = hood.get_by_role("region", name="Requests")
            await requests.get_by_text("Requests (1)").click()
            await requests.get_by_text("Turn 1, attempt 1: openai/a · 200").click()
            await requests.get_by_role("button", name="Copy request").click()
            await expect(requests.get_by_role("button", name="Copied")).to_be_visible()
            copied_request = await page.evaluate("navigator.clipboard.readText()")
            assert copied_request.startswith(f"POST {provider.url}/v1/chat/completions\n")
            assert "content-type: application/json" in copied_request
            assert provider.requests[0].headers["authorization"] == f"Bearer {KEY}"
            assert "authorization: " in copied_request
            assert KEY not in copied_request + text
        assert watch.faults == []
        await context.close()


def usage_name(events: list[dict[str, object]]) -> str:
    [told] = [event for event in events if event["type"] == "usage"]
    counts = f"{told['input_tokens']} tokens in, {told['output_tokens']} out"
    return f"Tokens of the last 1 attempts. This chat: {counts}, cost not known"


async def test_a_turn_is_recorded_played_step_by_step_and_traced(
    browser: Browser, provider: ScriptedProvider, tmp_path: Path
) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    provider.script("a", Reply(openai_chat(text=["The sky ", "is blue."], usage=Usage(10, 5))))
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await use_agent(page, page_agent({"a": provider.url}))
        async with drawer(page, "Under the hood") as hood:
            await hood.get_by_text("Recordings and traces").click()
            await hood.get_by_label("Record the next turns").check()
        await ask(page)
        await shows(page, "done")
        async with drawer(page, "Under the hood") as hood:
            await expect(hood.get_by_text("Requests recorded: 2")).to_be_visible()  # with that for the title
            recording, trace = tmp_path / "recording.jsonl", tmp_path / "trace.json"
            for name, path in (("Save recording", recording), ("Save trace", trace)):
                async with page.expect_download() as downloading:
                    await hood.get_by_role("button", name=name).click()
                await (await downloading.value).save_as(path)
            asked = len(provider.requests)
            await hood.get_by_label("Recording to play").set_input_files(recording)
            await hood.get_by_role("button", name="Step by step").click()
            events = hood.get_by_role("list", name="Played events").get_by_role("listitem")
            await hood.get_by_role("button", name="Next event").click()
            await expect(events).to_have_count(1)
            await hood.get_by_role("button", name="Play the rest").click()
            await expect(hood.get_by_label("Played answer")).to_have_text("The sky is blue.")
            await expect(hood.get_by_text("Played to its end")).to_be_visible()
            await expect(events.last).to_contain_text("finish")
            assert len(provider.requests) == asked
        assert watch.faults == []
        await context.close()
    text = await asyncio.to_thread(recording.read_text)
    assert [json.loads(line)["type"] for line in text.splitlines()][-3:] == ["turn", "exchange", "exchange"]
    spans = json.loads(await asyncio.to_thread(trace.read_text))["traceEvents"]
    assert [span["name"] for span in spans if span["ph"] == "X"] == ["invoke_agent root", "step 1", "chat a"]
