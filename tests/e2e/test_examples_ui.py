"""The agent files that the page offers."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, Dialog, expect

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import Watch

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = find_dist() / "examples"


async def test_choosing_an_example(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    page = await context.new_page()
    with StaticServer(find_dist()) as server:
        await page.goto(server.url)
        await page.get_by_role("button", name="Agents").click()
        yaml, choice = page.locator("#agent-yaml"), page.locator("#example")
        await expect(yaml).to_have_value((EXAMPLES / "demo.yaml").read_text())
        offered = await choice.locator("option").evaluate_all("options => options.map((option) => option.value)")
        assert offered == [example["name"] for example in json.loads((EXAMPLES / "index.json").read_text())]
        assert sorted(offered) == sorted(path.stem for path in EXAMPLES.glob("*.yaml"))

        await choice.select_option("survive")
        await expect(yaml).to_have_value((EXAMPLES / "survive.yaml").read_text())
        await expect(page.locator("#example-about")).to_contain_text("ANTHROPIC_API_KEY")
        names = page.locator("#keys > li input[type=text]")
        assert [await name.input_value() for name in await names.all()][:2] == ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]

        asked: list[str] = []

        async def keep(dialog: Dialog) -> None:
            asked.append(dialog.message)
            await dialog.dismiss()

        page.on("dialog", keep)
        await yaml.fill("agents: {root: {model: demo/hello}} # mine")
        await choice.select_option("demo")
        await expect(yaml).to_have_value("agents: {root: {model: demo/hello}} # mine")
        assert len(asked) == 1
    assert watch.faults == []
    await context.close()
