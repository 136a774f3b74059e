"""Starting from the snapshot, without it where it does not work, and without a network the second time."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from bundle.offline import service_worker
from sparewheel.headless import find_dist
from sparewheel.headless.static import StaticServer
from tests.support.browser import BOOT_LIMIT, Change, Site, Theirs, Watch, within
from tests.support.builds import files_of, stored
from tests.support.starting import stages, take_turn

pytestmark = pytest.mark.asyncio(loop_scope="session")

DIST = find_dist()
PACKED = next(DIST.glob("pyodide/snapshot.*.bin.gz"))
SNAPSHOT = PACKED.with_suffix("")
NATIVE = next(DIST.glob("pyodide/_pydantic_core.*.wasm.gz"))
JITTER = """\
agents:
  root:
    model: demo/overloaded
    instruction: Answer.
    fallback: {models: [demo/hello], retries: 3, backoff: {initial: 10ms, jitter: 0.9}}
"""
SCRIPT = "../some/deep/path/spare/sparewheel.js"


async def test_the_snapshot_is_all_that_is_fetched_and_used(fresh: Theirs) -> None:
    told = await take_turn(fresh.page, SCRIPT)
    assert stages(told) == ["check", "snapshot", "runtime"]
    assert (told["boot"]["mode"], told["boot"]["reason"]) == ("snapshot", None)
    assert not any("without it" in line for line in [*told["told"], *fresh.watch.console])
    assert not any(url.endswith(".whl") for url in fresh.watch.urls)
    assert fresh.watch.faults == []


async def test_a_plain_start_is_one_without_it(fresh: Theirs) -> None:
    told = await take_turn(fresh.page, SCRIPT, snapshot=False)
    assert stages(told) == ["check", "pyodide", "packages", "runtime"]
    assert not any("snapshot." in url for url in fresh.watch.urls)


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(byte ^ 0xFF for byte in content[middle : middle + 40]) + content[middle + 40 :]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({PACKED.name: Change(404)}, f"404 for {{site}}/some/deep/path/spare/pyodide/{PACKED.name}"),
        ({PACKED.name: Change(headers={"Content-Type": "text/html"}, body=b"<!doctype html>")}, "is a page"),
        ({PACKED.name: Change(body=b"nonsense")}, "sha256"),
        ({PACKED.name: Change(body=PACKED.read_bytes()[:-1000])}, ""),
        ({PACKED.name: Change(body=flipped(PACKED.read_bytes()))}, ""),
        ({PACKED.name: Change(body=stored(SNAPSHOT)[:-4096])}, "sha256"),
        ({PACKED.name: Change(body=flipped(stored(SNAPSHOT)))}, "sha256"),
        ({NATIVE.name: Change(404)}, "404"),
        ({NATIVE.name: Change(body=flipped(stored(NATIVE.with_suffix(""))))}, NATIVE.stem),
    ],
    ids=[
        "missing",
        "a page",
        "nonsense",
        "packed cut off",
        "packed damaged",
        "cut off",
        "damaged",
        "no native module",
        "native module damaged",
    ],
)
async def test_a_snapshot_that_cannot_be_used_is_done_without(
    change: dict[str, Change], reason: str, fresh: Theirs, site: Site
) -> None:
    site.changes |= change
    told = await take_turn(fresh.page, SCRIPT)
    assert stages(told) == ["check", "snapshot", "pyodide", "packages", "runtime"]
    [news] = [line for line in told["told"] if line.endswith("starting without it")]
    assert news.startswith("snapshot: The snapshot can not be used")
    assert reason.format(site=site.origin) in news
    assert told["boot"]["mode"] == "plain"
    assert told["boot"]["reason"] in news
    assert f"[warning] sparewheel: {news.removeprefix('snapshot: ')}" in fresh.watch.console


async def test_a_snapshot_of_another_pyodide_is_done_without(fresh: Theirs, site: Site) -> None:
    """All hashes are right, but it is of another build."""
    content = stored(SNAPSHOT)
    at = content.index(b'"buildId":"') + len(b'"buildId":"')
    other = content[:at] + b"0000" + content[at + 4 :]
    lock = json.loads((DIST / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    lock["tool"]["sparewheel"]["snapshot"]["sha256"] = hashlib.sha256(other).hexdigest()
    text = json.dumps(lock).encode()
    old, new = (hashlib.sha256(each).hexdigest() for each in ((DIST / "pyodide/pyodide-lock.json").read_bytes(), text))
    site.changes["pyodide-lock.json"] = Change(body=text)
    site.changes["worker.js"] = Change(body=(DIST / "worker.js").read_bytes().replace(old.encode(), new.encode()))
    site.changes[PACKED.name] = Change(body=other)
    told = await take_turn(fresh.page, SCRIPT)
    assert any("another Pyodide" in line for line in told["told"])


_TEXT = {"Content-Type": "text/plain"}
_LARGE = ("snapshot.*.bin", "_pydantic_core.*.wasm", "core-*/pyodide.asm.wasm")
_PACKED = [next(DIST.glob(f"pyodide/{name}.gz")) for name in _LARGE]


@pytest.mark.parametrize("snapshot", [True, False], ids=["snapshot", "plain"])
@pytest.mark.parametrize(
    "changes",
    [
        {path.name: Change(headers={"Content-Encoding": "gzip"}) for path in _PACKED},
        {path.name: Change(headers={"Content-Type": "text/plain"}) for path in _PACKED},
        {path.name: Change(404) for path in _PACKED}
        | {
            path.stem: Change(headers={"Content-Type": "text/plain"}, body=stored(path.with_suffix("")))
            for path in _PACKED
        },
    ],
    ids=["labelled as an encoding", "of another type", "only uncompressed"],
)
async def test_the_usual_start_works_however_a_host_stores_large_files(
    changes: dict[str, Change], snapshot: bool, fresh: Theirs, site: Site
) -> None:
    site.changes |= changes
    told = await take_turn(fresh.page, SCRIPT, snapshot=snapshot)
    assert stages(told) == ["check", *(["snapshot"] if snapshot else ["pyodide", "packages"]), "runtime"]
    assert not any("without it" in line for line in [*told["told"], *fresh.watch.console])


LATE = """
async (base) => {
  const url = (name) => JSON.stringify(new URL(base + name, document.baseURI).href);
  const text = `
    import { restore } from ${url("boot/restore.js")};
    import { workerHost } from ${url("assets/worker-host.js")};
    const indexURL = ${url("pyodide/")};
    const lock = JSON.parse(new TextDecoder().decode(await workerHost.read(indexURL + "pyodide-lock.json")));
    const network = workerHost.watchNetwork(() => {});
    const python = await restore(indexURL, lock, network);
    network.stop();
    const { __file__: file } = python.pyimport("csv");
    postMessage([file, python.pyimport("importlib.metadata").version("pydantic")]);`;
  const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}
"""


async def test_what_is_imported_before_its_file_has_come_is_fetched_at_once(fresh: Theirs) -> None:
    file, version = await within(fresh.page.evaluate(LATE, "../some/deep/path/spare/"))
    assert (file, version) == ("/lib/python314.zip/csv.py", "2.14.3")


async def test_two_pages_have_nothing_random_in_common(browser: Browser, site: Site) -> None:
    seen: list[tuple[Any, ...]] = []
    for _ in range(2):
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{site.origin}/theirs/", wait_until="load")
        told = await take_turn(page, SCRIPT, JITTER)
        assert "snapshot" in stages(told)
        delays = tuple(event["delay_ms"] for event in told["events"] if event["type"] == "retry")
        assert len(delays) == 3
        seen.append((told["events"][0]["turn"], delays))
        await context.close()
    (first_turn, first_delays), (second_turn, second_delays) = seen
    assert first_turn != second_turn
    assert first_delays != second_delays


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Path]:
    """A copy of dist/ in a sub-path, which may be changed."""
    folder = tmp_path / "some" / "path"
    shutil.copytree(DIST, folder)
    yield folder
    shutil.rmtree(folder)


def deploy(folder: Path, version: int, *, only: str | None = None) -> None:
    """Put another version there: files that say which one they are, and the service worker that lists them."""
    named = {name: (DIST / name).read_bytes() for name in ("headless.js", "sparewheel.js")}
    texts = {name: text + f"\n(globalThis.versions ??= []).push({version});\n".encode() for name, text in named.items()}
    plan = files_of(folder) | texts
    script, _, _ = (DIST / "service-worker.js").read_bytes().rpartition(b"\nserve(")
    texts["service-worker.js"] = service_worker(plan, script)
    for name, text in texts.items():
        if only in (None, name):
            for suffix in ("", ".br", ".gz"):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
            (folder / name).write_bytes(text)


KEEP = "async () => (await import(new URL('sparewheel.js', document.baseURI).href)).keepOffline()"
ACTIVE = "() => navigator.serviceWorker.ready.then(({ active }) => active?.state)"
UPDATE = """async () => {
  const registration = await navigator.serviceWorker.ready;
  await registration.update();
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return "none";
  const changed = () => new Promise((seen) => worker.addEventListener("statechange", seen, { once: true }));
  while (worker.state === "installing") await changed();
  return worker.state;
}"""


async def test_the_second_visit_needs_no_network(browser: Browser, deployed: Path) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    with StaticServer(deployed.parents[1]) as server:
        url = f"{server.url}some/path/"
        await page.goto(url)
        await page.locator("#status[data-state=ready]").wait_for(timeout=BOOT_LIMIT * 1000)
        await within(page.evaluate("() => navigator.serviceWorker.ready.then(() => null)"))
    watch = Watch(context)
    await page.goto(url)  # nobody listens there any more
    demo = (DIST / "examples" / "demo.yaml").read_text(encoding="utf-8")
    told = await take_turn(page, "sparewheel.js", demo)
    assert stages(told) == ["check", "snapshot", "runtime"]
    assert watch.faults == []
    await context.close()


async def test_a_second_visit_starts_python_before_the_page_says_so(browser: Browser, deployed: Path) -> None:
    """The worker's script comes from the service worker then."""
    context = await browser.new_context()
    page = await context.new_page()
    with StaticServer(deployed.parents[1]) as server:
        url = f"{server.url}some/path/"
        await page.goto(url)
        await page.locator("#status[data-state=ready]").wait_for(timeout=BOOT_LIMIT * 1000)
        await within(page.evaluate("() => navigator.serviceWorker.ready.then(() => null)"))
        await page.add_init_script("Worker.prototype.postMessage = () => {}")
        async with page.expect_request(lambda request: request.url.endswith("/pyodide-lock.json")):
            await page.goto(url)
        assert await page.evaluate("navigator.serviceWorker.controller !== null")
    await context.close()


async def test_an_update_is_taken_over_as_a_whole(browser: Browser, deployed: Path) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    deploy(deployed, 1)
    with StaticServer(deployed.parents[1]) as server:
        url = f"{server.url}some/path/headless.html"

        async def versions() -> Any:
            await page.goto(url, wait_until="load")
            await page.wait_for_function("() => globalThis.createRuntime")
            return await page.evaluate("() => globalThis.versions")

        assert await versions() == [1, 1]
        assert await within(page.evaluate(KEEP)) is True
        assert await within(page.evaluate(ACTIVE)) in ("activating", "activated")

        deploy(deployed, 2, only="service-worker.js")  # the host is halfway through
        assert await within(page.evaluate(UPDATE)) in ("redundant", "none")
        assert await versions() == [1, 1]
        deploy(deployed, 2, only="headless.js")
        assert await versions() == [1, 1]

        deploy(deployed, 2)
        second = await context.new_page()
        await second.goto(url)
        # One that the browser began by itself may have met the host halfway.
        while (state := await within(page.evaluate(UPDATE))) in ("redundant", "none"):
            pass
        assert state == "installed"
        assert await versions() == [1, 1]  # there are two pages of the old version
        await second.close()
        assert await versions() == [2, 2]
        names = await page.evaluate("() => caches.keys()")
        assert len(names) == 1
        told = await take_turn(page, "sparewheel.js")
        assert stages(told) == ["check", "snapshot", "runtime"]
    await context.close()
