"""The frame of the code sandbox in pages with policies of their own, and after its process has crashed."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, CDPSession, Page

from sparewheel.headless import find_dist
from tests.support.browser import BOOT_LIMIT, Change, Site, within

pytestmark = pytest.mark.asyncio(loop_scope="session")

ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
BUSY = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass\nTrue"
SHARED = {"Cross-Origin-Resource-Policy": "cross-origin"}
START = """async (script) => {
  const { createRuntime } = await import(script);
  const runtime = await createRuntime();
  const yaml = "agents: {root: {model: demo/hello, toolsets: [{type: code}]}}";
  let session;
  window.renew = async () => void (session = await runtime.createSession({ yaml }));
  await renew();
  window.run = (code) =>
    session.runCode(code).then(({ value }) => value.text, ({ kind, message }) => `${kind}: ${message}`);
}"""


@asynccontextmanager
async def started(
    browser: Browser, site: Site, headers: Mapping[str, str], script: str = "/some/deep/path/spare/sparewheel.js"
) -> AsyncIterator[Page]:
    """A page with a session. All files are served with these headers, the frame's with those of `changes` as well."""
    site.headers = dict(headers)
    page = await browser.new_page()
    try:
        await page.goto(f"{site.origin}/theirs/", wait_until="load")
        await within(page.evaluate(START, script), BOOT_LIMIT)
        yield page
    finally:
        await page.close()
        site.headers.clear()
        site.changes.clear()


async def run(page: Page, code: str = "6 * 7") -> str:
    text: str = await within(page.evaluate("(code) => run(code)", code), BOOT_LIMIT)
    return text


async def test_in_an_isolated_page(engine: Browser, site: Site) -> None:
    site.changes["sandbox.html"] = Change(headers=SHARED)
    async with started(engine, site, ISOLATED) as page:
        assert await page.evaluate("crossOriginIsolated") is True
        assert await run(page) == "42"


async def test_firefox_wants_a_header_more_in_an_isolated_page(engine: Browser, site: Site) -> None:
    async with started(engine, site, ISOLATED) as page:
        outcome = await run(page)
    if engine.browser_type.name == "firefox":
        assert outcome.startswith("code_unavailable: ")
        assert 'serve it with "Cross-Origin-Resource-Policy: cross-origin"' in outcome
    else:
        assert outcome == "42"


async def test_a_page_whose_policy_has_no_place_for_the_frame(engine: Browser, site: Site) -> None:
    async with started(engine, site, {"Content-Security-Policy": "frame-src 'none'"}) as page:
        outcome = await run(page)
    address = f"{site.origin}/some/deep/path/spare/sandbox.html"
    assert outcome.startswith(
        f"code_unavailable: there is no sandbox for code: {address} may not be a frame of this page"
    )
    assert f'add "frame-src {address}" to its Content-Security-Policy' in outcome


async def test_a_runtime_from_another_origin(engine: Browser, site: Site) -> None:
    """The frame is of that origin, and the page loads the files of the sandbox by CORS."""
    with Site({"/cdn/": find_dist()}, {"Access-Control-Allow-Origin": "*"}) as cdn:
        async with started(engine, site, {}, f"{cdn.origin}/cdn/sparewheel.js") as page:
            assert await run(page) == "42"
            assert f"{cdn.origin}/cdn/sandbox.html" in [frame.url for frame in page.frames]


async def test_a_session_without_a_frame_waits_for_the_network(engine: Browser, site: Site) -> None:
    """The one that has a frame runs code offline; another one can when the network is back."""
    async with started(engine, site, {}) as page:
        assert await run(page) == "42"
        await page.context.set_offline(True)
        assert await run(page, "6 * 8") == "48"
        await page.evaluate("() => renew()")
        outcome = await run(page)
        assert outcome.startswith("network: there is no network")
        await page.context.set_offline(False)
        assert await run(page, "6 * 9") == "54"


async def test_a_crashed_frame_is_replaced(browser: Browser, site: Site) -> None:
    """It has a process of its own in Chromium. The spare that was in it ends without an event."""
    devtools = await browser.new_browser_cdp_session()
    async with started(browser, site, {}) as page:
        assert await run(page) == "42"
        before = await renderers(devtools)
        assert await run(page, BUSY) == "True"
        after = await renderers(devtools)
        sandbox = max(after, key=lambda pid: after[pid] - before.get(pid, 0.0))
        os.kill(sandbox, signal.SIGKILL)
        assert await run(page, "6 * 8") == "48"
        assert sandbox not in await renderers(devtools)


async def renderers(devtools: CDPSession) -> dict[int, float]:
    """Seconds of CPU that each renderer has used, by process."""
    info = await devtools.send("SystemInfo.getProcessInfo")
    return {each["id"]: each["cpuTime"] for each in info["processInfo"] if each["type"] == "renderer"}
