"""The scripts of a page: bundled, and still what they were to those who import them."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from bundle.compress import BEST
from bundle.fetch import NODE_MODULES
from bundle.licenses import package_license
from bundle.preload import imports
from bundle.release import ENTRIES
from bundle.scripts import ADAPTERS, ALONE, Bundle, bundled_scripts, is_inside_a_bundle
from bundle.shell import WEB
from bundle.stamp import CHUNK

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = {"MIT", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Apache-2.0", "(MPL-2.0 OR Apache-2.0)"}


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("app/turn-view.js", True),
        ("compat/translate.js", True),
        ("adapters/ui-message.js", True),
        ("adapters/ai-sdk.js", False),
        ("adapters/ai-sdk.d.ts", False),
        ("app/main.js", False),
        ("app/start.js", False),
        ("app/base.css", True),
        ("app/style.css", False),
        ("compat/docker-agent.d.ts", False),
        ("sparewheel.js", False),
        ("client/errors.js", False),
    ],
)
def test_only_parts_of_bundles_are_left_out(name: str, inside: bool) -> None:
    assert (WEB / name).exists()
    assert is_inside_a_bundle(name) is inside


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return bundled_scripts()


def test_every_import_is_there_and_errors_are_of_one_class(bundle: Bundle) -> None:
    files = bundle.files
    shared = {name for name in files if name.startswith("sparewheel-")}
    chunks = {name for name in files if name.startswith("app/chunk-")}
    assert set(imports("app/main.js", files)) - chunks == {"app/start.js", "sparewheel.js", *shared}
    assert set(imports("compat/docker-agent.js", files)) == shared
    for entry in ENTRIES.values():
        assert f"{entry}.js" in files
        assert (WEB / f"{entry}.d.ts").is_file()
    assert b'from"../sparewheel.js"' in files["adapters/chat.js"].read_bytes()
    for alone in ("worker.js", *ADAPTERS, "service-worker.js", "app/start.js"):
        assert imports(alone, files) == []
    assert b"@import" not in files["app/style.css"].read_bytes()
    declaring = {name for name, path in files.items() if "SparewheelError=class" in path.read_text(encoding="utf-8")}
    assert declaring == shared


def test_what_the_page_loads_late_is_no_part_of_what_it_loads_first(bundle: Bundle) -> None:
    first = {"app/main.js", *imports("app/main.js", bundle.files)}
    late = {name for name in bundle.files if name.startswith("app/") and name.endswith(".js")} - first - set(ALONE)
    assert all(CHUNK.fullmatch(name) for name in late)
    for name in late:
        assert set(imports(name, bundle.files)) <= set(bundle.files)


def test_a_prompt_can_be_sent_early(bundle: Bundle) -> None:
    """What has to come before the page takes a prompt is small, and nothing on the way waits for Python or a file."""
    page = (WEB / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script([^>]*) src=\"([^\"]+)\"", page)
    assert [name for attributes, name in scripts if "module" not in attributes] == ["app/first.js"]
    assert page.index("app/first.js") < page.index("app/style.css") < page.index("app/main.js")
    assert imports("app/first.js", bundle.files) == []
    assert bundle.files["app/first.js"].stat().st_size < 2_000
    way = ["app/main.js", *imports("app/main.js", bundle.files)]
    assert brotli_size([bundle.files[name] for name in way if name in bundle.files]) < 80_000
    esbuild = ["node", str(NODE_MODULES / "esbuild" / "bin" / "esbuild"), "--supported:top-level-await=false"]
    subprocess.run([*esbuild, str(bundle.files["app/main.js"])], stdout=subprocess.DEVNULL, check=True)


EDITOR = ("editor-", "chain-form-")
BROTLI = """
const { readFileSync } = require("node:fs");
const [quality, ...paths] = process.argv.slice(1);
const { brotliCompressSync, constants } = require("node:zlib");
const params = { [constants.BROTLI_PARAM_QUALITY]: Number(quality) };
const sizes = paths.map((path) => brotliCompressSync(readFileSync(path), { params }).length);
console.log(sizes.reduce((sum, size) => sum + size));
"""


def brotli_size(paths: list[Path]) -> int:
    done = subprocess.run(
        ["node", "-e", BROTLI, str(BEST), *map(str, paths)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_the_code_of_the_page_is_small(bundle: Bundle) -> None:
    """All of it but the editor of agent files, as text and as a form, compressed as it is served."""
    own = [path for name, path in bundle.files.items() if name.startswith(("app/", "sparewheel"))]
    paths = [path for path in own if not path.name.startswith(EDITOR)]
    assert len(paths) > 5
    assert 50_000 < brotli_size(paths) < 250_000


def test_the_page_starts_with_few_requests(bundle: Bundle) -> None:
    """Beside its entries and the embed API one chunk, which has all that its late parts share with its start."""
    chunks = [name for name in imports("app/main.js", bundle.files) if CHUNK.fullmatch(name)]
    assert sorted(name.partition("-")[0] for name in chunks) == ["app/chunk", "sparewheel"]


def test_the_packages_in_the_scripts_have_licences_that_allow_it(bundle: Bundle) -> None:
    licences = {name: package_license(NODE_MODULES / name)[0].license for name in bundle.packages}
    assert {"hash-wasm", "idb", "js-yaml"} <= set(licences)
    assert {name: licence for name, licence in licences.items() if licence not in ALLOWED} == {}
