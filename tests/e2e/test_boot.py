"""A runtime that cannot start says why, at which stage and what to do, and does not keep anyone waiting."""

from __future__ import annotations

import re

import pytest

from sparewheel.headless import find_dist
from tests.support.browser import Change, Site, Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/some/deep/path/spare/"
GIVEN_UP = re.compile("nothing happened for|has been silent")  # what a start says that waits in vain
WHEEL = next(find_dist().glob("pyodide/ruamel_yaml-*.whl")).name
OWN = next(find_dist().glob("pyodide/sparewheel-*.whl")).name
SNAPSHOT = next(find_dist().glob("pyodide/snapshot.*.bin.gz")).name
NO_WASM = {"Content-Security-Policy": "default-src 'self'; script-src 'self'"}
NO_CONNECT = {"Content-Security-Policy": "script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'"}


@pytest.mark.parametrize("snapshot", [True, False], ids=["snapshot", "plain"])
@pytest.mark.parametrize(
    ("file", "change", "stage", "said"),
    [
        (WHEEL, Change(404), "packages", [WHEEL, "404", "dist/"]),
        (OWN, Change(404), "packages", [OWN, "404", "dist/"]),
        (WHEEL, Change(body=b"not a wheel"), "packages", [WHEEL, "sha256"]),
        ("pyodide.asm.wasm.gz", Change(404), "pyodide", ["pyodide.asm.wasm.gz", "404"]),
        ("pyodide.asm.wasm.gz", Change(body=b"\0asm nonsense"), "pyodide", []),
        ("pyodide.mjs", Change(headers={"Content-Type": "text/plain"}), "pyodide", ["pyodide.mjs", "text/javascript"]),
        ("pyodide.asm.mjs", Change(404), "pyodide", ["pyodide.asm.mjs", "404"]),
        ("python_stdlib.zip", Change(404), "pyodide", ["python_stdlib.zip", "404"]),
        ("pyodide-lock.json", Change(404), "check", ["pyodide-lock.json", "404"]),
        ("pyodide-lock.json", Change(body=b"<!doctype html>"), "check", ["pyodide-lock.json", "JSON"]),
        ("worker.js", Change(404), "worker", ["worker.js", "404"]),
        ("worker.js", Change(headers=NO_WASM), "check", ["Content-Security-Policy", "'wasm-unsafe-eval'"]),
        ("worker.js", Change(headers=NO_CONNECT), "check", ["pyodide-lock.json", "connect-src"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_host_that_is_set_up_wrong(
    file: str, change: Change, stage: str, said: list[str], snapshot: bool, fresh: Theirs, site: Site
) -> None:
    """What is wrong with a file that a plain start needs is found by a plain start, which follows on a failed other."""
    site.changes[file] = change
    if snapshot and stage in ("pyodide", "packages"):
        site.changes[SNAPSHOT] = Change(404)
    error = await fresh.fails("boot", "main", {"snapshot": snapshot})
    assert (error["kind"], error["stage"]) == ("boot_failed", stage), error
    assert not GIVEN_UP.search(error["message"]), error
    assert error["hint"]
    assert [word for word in said if word not in error["message"] + error["hint"]] == [], error
    assert fresh.watch.origins == {site.origin}  # a wheel that is missing is not taken from somewhere else


async def test_the_next_start_works(fresh: Theirs, site: Site) -> None:
    site.changes["worker.js"] = Change(404)
    await fresh.fails("boot")
    site.changes.clear()
    await fresh.boot()
    assert fresh.watch.origins == {site.origin}


async def test_an_asset_folder_that_is_not_there(fresh: Theirs) -> None:
    error = await fresh.fails("boot", "main", {"assetBase": "/nowhere"})
    assert (error["kind"], error["stage"]) == ("boot_failed", "worker")
    assert "404" in error["message"]
