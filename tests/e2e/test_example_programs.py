"""Examples in a browser, run as they are: the page that embeds the runtime, the headless program, a report."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sparewheel.headless import compare, find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import BOOT_LIMIT, Watch

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).resolve().parents[2]


async def test_the_page_that_embeds_the_runtime(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch(context)
    with StaticServer(find_dist()) as server:  # with the policy of our own server: nothing inline
        page = await context.new_page()
        await page.goto(f"{server.url}examples/embed.html")
        await expect(page.get_by_role("button", name="Send")).to_be_enabled(timeout=BOOT_LIMIT * 1000)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("#answer")).to_contain_text("did not have to do anything.")
        await expect(page.locator("#answer")).not_to_contain_text("first model")
        await expect(page.locator("[role=status]")).to_have_text("Ready")
        log = await page.locator("#log li").all_text_contents()
    assert [line.partition(":")[0] for line in log] == [
        "demo/drops-midway is tried again",
        "demo/drops-midway failed, demo/overloaded is next",
        "demo/overloaded is tried again",
        "demo/overloaded failed, demo/hello is next",
    ]
    assert watch.faults == []
    await context.close()


async def test_the_headless_program() -> None:
    program = str(ROOT / "runtime" / "examples" / "headless.py")
    process = await asyncio.create_subprocess_exec(sys.executable, program, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    lines = out.decode().splitlines()
    assert lines[0] == "Hello: fallback demo/overloaded"
    assert lines[2] == "Hello: finish demo/hello"
    assert lines[-1] == "And once more: finish demo/hello"


@pytest.mark.parametrize("width", [1000, 360])
async def test_the_report_of_a_comparison(browser: Browser, tmp_path: Path, width: int) -> None:
    rows = [{"prompt": f"Hello {number}", "answer": "<b>Hello</b>"} for number in range(6)]
    folder = ROOT / "runtime" / "examples" / "compare"
    await compare([folder / "one.yaml", folder / "chain.yaml"], rows, tmp_path, expect="answer", check="contains")
    (tmp_path / "chain.jsonl").write_text((tmp_path / "chain.jsonl").read_text().replace("the spare", "<i>another</i>"))
    await compare([folder / "one.yaml", folder / "chain.yaml"], rows, tmp_path, expect="answer", check="contains")
    context = await browser.new_context(viewport={"width": width, "height": 800})
    watch = Watch(context)
    page = await context.new_page()
    await page.goto((tmp_path / "report.html").as_uri())
    await expect(page.get_by_role("cell", name="0 (0.0%)")).to_have_count(2)
    await expect(page.get_by_role("img", name="Rows that were answered after so many seconds")).to_be_visible()
    widths = await page.locator("img").evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert len(widths) == 2
    assert all(widths)  # 0: it cannot be shown
    await expect(page.locator("pre", has_text="Hello! I am <i>another</i>.")).to_have_count(6)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert watch.faults == []
    await context.close()
