"""The scripts of a page: bundled, and still what they were to those who import them."""

from __future__ import annotations

import subprocess

import pytest

from bundle.fetch import NODE_MODULES
from bundle.licenses import package_license
from bundle.preload import imports
from bundle.scripts import ADAPTERS, ALONE, Bundle, bundled_scripts, is_inside_a_bundle
from bundle.shell import WEB
from bundle.stamp import CHUNK

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


EDITOR = ("editor-", "chain-form-")
BROTLI = """
const { readFileSync } = require("node:fs");
const { brotliCompressSync, constants } = require("node:zlib");
const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
const sizes = process.argv.slice(1).map((path) => brotliCompressSync(readFileSync(path), { params }).length);
console.log(sizes.reduce((sum, size) => sum + size));
"""


def test_the_code_of_the_page_is_small(bundle: Bundle) -> None:
    """All of it but the editor of agent files, as text and as a form, compressed as it is served."""
    own = [path for name, path in bundle.files.items() if name.startswith(("app/", "sparewheel"))]
    paths = [str(path) for path in own if not path.name.startswith(EDITOR)]
    done = subprocess.run(["node", "-e", BROTLI, *paths], capture_output=True, text=True, check=True)
    assert len(paths) > 5
    assert 50_000 < int(done.stdout) < 250_000


def test_the_packages_in_the_scripts_have_licences_that_allow_it(bundle: Bundle) -> None:
    licences = {name: package_license(NODE_MODULES / name)[0].license for name in bundle.packages}
    assert {"hash-wasm", "idb", "js-yaml"} <= set(licences)
    assert {name: licence for name, licence in licences.items() if licence not in ALLOWED} == {}
