"""The code sandbox by the public API, in a page that is not ours: what it starts from, its ends, and its policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from sparewheel.headless import find_dist
from sparewheel.headless.browser import Engine
from tests.support.browser import BOOT_LIMIT, Change, Site, Theirs, Watch, within
from tests.support.engines import launch_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOOT = """async () => {
  const { createRuntime } = await import("/some/deep/path/spare/sparewheel.js");
  const runtime = await createRuntime();
  const yaml = "agents: {root: {model: demo/hello, toolsets: [{type: code, timeout: 2s}]}}";
  window.run = async (codes) => {
    const session = await runtime.createSession({ yaml });
    try {
      const ends = [];
      for (const code of codes) ends.push(await session.runCode(code));
      return ends;
    } catch (error) {
      return String(error.message);
    } finally {
      await session.close();
    }
  };
}"""
POLICY = "connect-src 'none'"
# So late that a test that waits for one of them fails.
LATE_TIMERS = "() => { window.usual = setTimeout; window.setTimeout = (call) => usual(call, 600_000); }"


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["chromium", "firefox"])
async def page(request: pytest.FixtureRequest, site: Site) -> AsyncIterator[Theirs]:
    engine: Engine = request.param
    launch = await asyncio.to_thread(launch_of, engine)
    async with async_playwright() as playwright:
        browser = await getattr(playwright, launch.engine).launch(**launch.arguments())
        context = await browser.new_context()
        watch = Watch(context)
        opened = await context.new_page()
        await opened.goto(f"{site.origin}/theirs/", wait_until="load")
        await within(opened.evaluate(BOOT), BOOT_LIMIT)
        yield Theirs(opened, watch)
        await browser.close()


async def run(page: Theirs, *codes: str) -> Any:
    return await within(page.page.evaluate("(codes) => run(codes)", list(codes)), BOOT_LIMIT)


async def test_runs_start_from_the_snapshot_and_end_at_their_limit(page: Theirs) -> None:
    ends = await run(
        page,
        "print('hello'); 6 * 7",
        "while True: pass",
        "import pyodide_js\npyodide_js.FS.createLazyFile('/', 'x', '/nowhere', True, False)\nopen('/x').read()",
        "1 / 0",
    )
    assert [end["status"] for end in ends[:2]] == ["done", "time"]
    assert ends[0]["value"]["text"] == "42"
    assert ends[2]["status"] in ("done", "time", "died")  # it is dead and silent, or an error
    assert "ZeroDivisionError" in ends[3]["error"]["text"]
    assert not [line for line in page.watch.console if "without the snapshot" in line]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        pytest.param(POLICY, "connect-src *", id="any-host"),
        pytest.param(POLICY, "connect-src https://example.com", id="one-host"),
        pytest.param(POLICY, f"{POLICY}; img-src *", id="pictures"),
        pytest.param("Content-Security-Policy", "Other", id="none"),
    ],
)
async def test_a_sandbox_without_its_whole_policy_does_not_start(
    page: Theirs, site: Site, written: str, instead: str
) -> None:
    text = (find_dist() / "sandbox.html").read_text(encoding="utf-8")
    assert written in text
    site.changes["sandbox.html"] = Change(body=text.replace(written, instead).encode())
    try:
        outcome = await run(page, "6 * 7")
    finally:
        del site.changes["sandbox.html"]
    assert "sandbox.html has not the policy with which it was built" in outcome


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(Change(status=404, body=b"Not here."), "was answered with the status 404", id="missing"),
        pytest.param(Change(headers={"X-Frame-Options": "DENY"}), "serve it without X-Frame-Options", id="no-frames"),
        pytest.param(Change(headers={"Content-Type": "text/plain"}), "serve it as text/html", id="a-text"),
    ],
)
async def test_a_file_that_makes_no_frame_is_explained(page: Theirs, site: Site, change: Change, told: str) -> None:
    site.changes["sandbox.html"] = change
    try:
        outcome = await run(page, "6 * 7")
    finally:
        del site.changes["sandbox.html"]
    assert told in outcome


async def test_a_run_ends_at_its_limit_where_the_timers_of_the_page_are_late(page: Theirs) -> None:
    """As in a hidden tab, whose timers may fire once a minute."""
    await page.page.evaluate(LATE_TIMERS)
    try:
        [end] = await run(page, "while True: pass")
    finally:
        await page.page.evaluate("() => void (window.setTimeout = window.usual)")
    assert end["status"] == "time"
