"""Nothing runs that is not the file of the build, and no two builds are mixed when one is deployed during a visit."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import BOOT_LIMIT, Change, Site, Theirs, Watch, within
from tests.support.builds import deploy_another, stored

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIST = find_dist()
CORE = next(DIST.glob("pyodide/core-*"))
WHEEL = next(DIST.glob("pyodide/ruamel_yaml-*.whl"))


def flipped(path: Path) -> Change:
    """The file, unpacked, with one bit changed, in its middle."""
    content = bytearray(stored(path.with_suffix("") if path.suffix == ".gz" else path))
    content[len(content) // 2] ^= 1
    return Change(body=bytes(content))


@pytest.mark.parametrize(
    ("file", "snapshot"),
    [
        (CORE / "pyodide.mjs", True),
        (CORE / "pyodide.asm.mjs", True),
        (CORE / "pyodide.asm.wasm.gz", True),
        (CORE / "pyodide.asm.wasm.gz", False),
        (CORE / "python_stdlib.zip", False),
        (WHEEL, False),
        (DIST / "pyodide/pyodide-lock.json", True),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else f"snapshot={value}",
)
async def test_one_bit_in_a_file_ends_the_start_with_its_name(
    file: Path, snapshot: bool, fresh: Theirs, site: Site
) -> None:
    site.changes[file.name] = flipped(file)
    error = await within(fresh.fails("boot", "main", {"snapshot": snapshot}), BOOT_LIMIT)
    assert error["kind"] == "boot_failed"
    assert file.name.removesuffix(".gz") in error["message"]
    assert "sha256" in error["message"] or "not JSON" in error["message"]
    assert "dist/" in error["hint"]
    assert not any("without it" in line for line in fresh.watch.console)  # a plain start would have met the same file
    site.changes.clear()
    await fresh.boot()


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "some" / "path"
    shutil.copytree(DIST, folder)
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context()
    yield context
    await context.close()


START = """async () => {
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      globalThis.worker = this;
    }
  };
  globalThis.runtime = await createRuntime();
  const yaml = "agents: {root: {model: demo/hello, instruction: Answer.}}";
  globalThis.session = await runtime.createSession({ yaml });
}"""
SEND = "async () => (await session.send('Hello')).message.content"
DIE = """async () => {
  worker.dispatchEvent(new ErrorEvent("error", { message: "it crashed" }));
  throw await runtime.closed;
}"""


async def failure(page: Page, function: str) -> str:
    """The message and the hint that a function of the page rejects with."""
    settled = f"() => ({function})().then(() => 'no failure', ({{ message, hint }}) => `${{message}} ${{hint}}`)"
    text: str = await within(page.evaluate(settled), BOOT_LIMIT)
    return text


async def opened(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await page.goto(url, wait_until="load")
    await page.wait_for_function("() => globalThis.createRuntime")
    return page


async def test_a_deploy_during_a_visit_without_a_service_worker(context: BrowserContext, deployed: Path) -> None:
    with StaticServer(deployed.parents[1]) as server:
        url = f"{server.url}some/path/headless.html"
        running, waiting = await opened(context, url), await opened(context, url)
        await within(running.evaluate(START), BOOT_LIMIT)
        deploy_another(deployed)

        # A page of the old build does not start with the new build's worker.
        text = await failure(waiting, START)
        assert f"worker.js ({server.url}some/path/worker.js) is of another build than the page's scripts" in text
        assert "reload the page" in text
        second = await opened(context, url)
        await within(second.evaluate(START), BOOT_LIMIT)

        # A runtime of each build, side by side. The worker of the old one cannot be replaced.
        for page in (running, second):
            assert (await within(page.evaluate(SEND))).startswith("Hello!")
        for function in (DIE, SEND):
            text = await failure(running, function)
            assert "is of another build than the page's scripts" in text
            assert "reload the page" in text
        assert (await within(second.evaluate(SEND))).startswith("Hello!")


INSTALLED = "navigator.serviceWorker.ready.then(() => null)"
# Leaves the caches, with other bytes in each large file, and no service worker: the next page comes from the network.
LEAVE_DAMAGED = """async () => {
  await (await navigator.serviceWorker.ready).unregister();
  const headers = { "content-encoding": "br" };
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      if (/[.](bin|wasm)$/.test(url)) await cache.put(url, new Response("other", { headers }));
    }
  }
}"""


async def test_a_new_page_with_the_cache_of_an_old_build(context: BrowserContext, deployed: Path) -> None:
    page, watch = await context.new_page(), Watch(context)
    with StaticServer(deployed.parents[1]) as server:
        url = f"{server.url}some/path/"
        for leave in ("async () => (await navigator.serviceWorker.ready).unregister()", LEAVE_DAMAGED):
            await page.goto(url)
            await page.locator("#status[data-state=ready]").wait_for(timeout=BOOT_LIMIT * 1000)
            await within(page.evaluate(INSTALLED))
            await within(page.evaluate(leave))
            deploy_another(deployed, build=("a" if leave is LEAVE_DAMAGED else "b") * 16)
        await page.goto(url)
        await page.locator("#status[data-state=ready]").wait_for(timeout=BOOT_LIMIT * 1000)
        assert await page.locator("meta[name=build]").get_attribute("content") == "a" * 16
    assert [line for line in watch.console if "without it" in line] == []
    assert watch.faults == []


@pytest.mark.parametrize("file", ["app/main.js", "sparewheel.js", "index.html"])
async def test_a_page_of_two_builds_says_so(file: str, context: BrowserContext, deployed: Path) -> None:
    """The host is halfway through a deploy: one file is of the other build already."""
    other = deployed.parent / "other"
    shutil.copytree(deployed, other)
    deploy_another(other)
    for suffix in ("", ".br", ".gz"):
        (deployed / f"{file}{suffix}").unlink(missing_ok=True)
    shutil.copy(other / file, deployed / file)
    page = await context.new_page()
    with StaticServer(deployed.parents[1]) as server:
        await page.goto(f"{server.url}some/path/")
        await page.locator("#status[data-state=error]").wait_for(timeout=BOOT_LIMIT * 1000)
        assert "eload the page" in await page.locator("body").inner_text()
    shutil.rmtree(other)
