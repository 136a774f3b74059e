"""Pages whose runtime comes from another origin, and pages with the strictest policies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from sparewheel.headless import find_dist
from tests.support.browser import BOOT_LIMIT, Site, Watch, within
from tests.support.starting import stages, take_turn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAST = ["check", "snapshot", "runtime"]
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
POLICY = "script-src 'self' 'wasm-unsafe-eval' {cdn}; connect-src {cdn}; worker-src {worker}"
TRUSTED = "require-trusted-types-for 'script'; trusted-types sparewheel"
# The usual way to have a worker from another origin.
SHIM = """async (script) => {
  const { createRuntime } = await import(script);
  const createWorker = (url) => {
    const text = `import ${JSON.stringify(String(url))};`;
    return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })), { type: "module" });
  };
  const runtime = await createRuntime({ createWorker });
  const session = await runtime.createSession({ yaml: "agents: {root: {model: demo/hello, instruction: Answer.}}" });
  return (await session.send("Hello")).message.content;
}"""
START = """(script) => import(script).then(({ createRuntime }) => createRuntime()).then(
  () => "started",
  ({ message, hint }) => `${message} ${hint}`,
)"""


@pytest.fixture(scope="module")
def cdn() -> Iterator[Site]:
    """A host that allows every origin, and has no other headers."""
    with Site({"/sparewheel@1/": find_dist()}, {"Access-Control-Allow-Origin": "*"}) as site:
        yield site


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "index.html").write_text("<!doctype html><title>Another site</title>", encoding="utf-8")
    frame = "<!doctype html><title>Frame</title><iframe sandbox='allow-scripts' src='index.html'></iframe>"
    (tmp_path / "frame.html").write_text(frame, encoding="utf-8")
    with Site({"/": tmp_path, "/sparewheel/": find_dist()}) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    watch = Watch(context)
    yield await context.new_page()
    await context.close()
    assert not any("without it" in line for line in watch.console), watch.console


def script(cdn: Site) -> str:
    return f"{cdn.origin}/sparewheel@1/sparewheel.js"


@pytest.mark.parametrize("headers", [{}, ISOLATED], ids=["plain", "isolated"])
async def test_a_runtime_from_another_origin_needs_no_options(
    page: Page, host: Site, cdn: Site, headers: dict[str, str]
) -> None:
    host.headers |= headers
    await page.goto(f"{host.origin}/", wait_until="load")
    assert stages(await take_turn(page, script(cdn))) == FAST
    assert await page.evaluate("crossOriginIsolated") is bool(headers)


async def test_the_usual_way_to_start_such_a_worker_works(page: Page, host: Site, cdn: Site) -> None:
    await page.goto(f"{host.origin}/", wait_until="load")
    assert (await within(page.evaluate(SHIM, script(cdn)), BOOT_LIMIT)).startswith("Hello!")


async def test_a_frame_without_an_origin_starts_as_well(page: Page, host: Site, cdn: Site) -> None:
    await page.goto(f"{host.origin}/frame.html", wait_until="load")
    [frame] = page.main_frame.child_frames
    assert await frame.evaluate("origin") == "null"
    assert stages(await take_turn(frame, script(cdn))) == FAST


async def test_a_policy_without_blob_is_named(page: Page, host: Site, cdn: Site) -> None:
    for worker, expected in ((f"'self' blob: {cdn.origin}", "started"), ("'self'", "blob:")):
        host.headers["Content-Security-Policy"] = POLICY.format(cdn=cdn.origin, worker=worker)
        await page.goto(f"{host.origin}/", wait_until="load")
        assert expected in await within(page.evaluate(START, script(cdn)), BOOT_LIMIT)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["own", "another origin"])
async def test_a_page_with_trusted_types(page: Page, host: Site, cdn: Site, elsewhere: bool) -> None:
    host.headers["Content-Security-Policy"] = TRUSTED
    await page.goto(f"{host.origin}/", wait_until="load")
    told = await take_turn(page, script(cdn) if elsewhere else f"{host.origin}/sparewheel/sparewheel.js")
    assert stages(told) == FAST
