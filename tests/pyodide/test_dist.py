"""The built `dist/`, as it lies there: complete, hashed, licensed, and asking nobody else for anything."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import zipfile
from typing import Any

import pytest
from packaging.utils import parse_wheel_filename

from bundle.core import CORE_FILES
from bundle.fetch import WHEEL_LIST
from bundle.naming import LENGTH, digest
from bundle.plan import is_packed
from bundle.shell import DIST, WEB
from sparewheel.headless.static import HASHED
from tests.support.builds import files_of, stored

PYODIDE = DIST / "pyodide"
COMPRESSED = (".br", ".gz")
BYTECODE_MAGIC = (3627).to_bytes(2, "little") + b"\r\n"  # of Python 3.14


@pytest.fixture(scope="module")
def lock() -> dict[str, Any]:
    """The lock file."""
    assert PYODIDE.is_dir(), "there is no dist/: run `python3 build.py build`"
    lock: dict[str, Any] = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    assert lock["info"]["abi_version"] == "2026_0"
    return lock


@pytest.fixture(scope="module")
def packages(lock: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The packages of the lock file."""
    found: dict[str, dict[str, Any]] = lock["packages"]
    return found


@pytest.fixture(scope="module")
def tool(lock: dict[str, Any]) -> dict[str, Any]:
    """What the lock file says of our own files."""
    found: dict[str, Any] = lock["tool"]["sparewheel"]
    return found


def test_the_lock_file_lists_the_wheels_that_are_there_with_their_hashes(packages: dict[str, dict[str, Any]]) -> None:
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in PYODIDE.glob("*.whl")}
    assert {package["file_name"]: package["sha256"] for package in packages.values()} == hashes
    pinned = set(re.findall(r"^([\w.-]+)==(\S+) ", WHEEL_LIST.read_text(encoding="utf-8"), re.MULTILINE))
    bundled = {(name, package["version"]) for name, package in packages.items()}
    assert {(name.lower().replace("_", "-").replace(".", "-"), version) for name, version in pinned} < bundled


def test_the_wheels_hold_bytecode_of_pyodide_s_python() -> None:
    for wheel in PYODIDE.glob("*.whl"):
        parse_wheel_filename(wheel.name)  # its hash does not make it a bad name
        with zipfile.ZipFile(wheel) as archive:
            compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
            assert [name for name in archive.namelist() if name.endswith(".py")] == []
            assert compiled
            assert {archive.read(name)[:4] for name in compiled} == {BYTECODE_MAGIC}


def is_client(name: str) -> bool:
    return "/tools/mcp/" in name and not name.endswith(("/sampling.pyc", "/mcp/tasks.pyc"))


def test_the_client_for_mcp_servers_is_small() -> None:
    """With the sign-in: its bytecode, packed about as well as in the archive of late files.

    Not counted: what is loaded only for a server that may ask the agent's models, or for a tool that runs as a task.
    """
    [wheel] = PYODIDE.glob("sparewheel-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        client = b"".join(archive.read(name) for name in archive.namelist() if is_client(name))
    assert len(client) > 100_000
    assert len(lzma.compress(client, preset=9 | lzma.PRESET_EXTREME)) <= 60_000


def test_nothing_is_missing_and_nothing_is_left_over(packages: dict[str, dict[str, Any]], tool: dict[str, Any]) -> None:
    wheels = {package["file_name"] for package in packages.values()}
    snapshot = tool["snapshot"]
    own = {snapshot["file"], tool["site"], tool["sandbox"], *(module["file"] for module in snapshot["sideModules"])}
    core = {f"{tool['core']}{name}" for name in CORE_FILES}
    files = {path.relative_to(PYODIDE).as_posix() for path in PYODIDE.rglob("*") if path.is_file()}
    plain = {name for name in files if not name.endswith(COMPRESSED)}
    needed = {"pyodide-lock.json", *core, *own, *wheels}
    assert plain == {name for name in needed if not is_packed(f"pyodide/{name}")}
    packed = {name for name in needed if name.endswith((".bin", ".wasm", ".js", ".mjs", ".json"))}
    assert files - plain == {name + suffix for name in packed for suffix in COMPRESSED}
    assert {"pydantic", "ruamel-yaml", "micropip", "pyodide-http", "sparewheel"} <= set(packages)
    tools = [
        name
        for name in ("package.json", "package-lock.json", "node_modules", "tsconfig.json")
        if (DIST / name).exists()
    ]
    assert tools == []


def test_what_is_kept_for_ever_is_named_after_its_bytes(tool: dict[str, Any]) -> None:
    for file in (tool["snapshot"]["file"], tool["site"], tool["snapshot"]["sideModules"][0]["file"]):
        assert file.split(".")[-2] == digest(stored(PYODIDE / file))
        assert len(file.split(".")[-2]) == LENGTH
    for path in PYODIDE.rglob("*"):
        hashed = HASHED.search(path.relative_to(DIST).as_posix())
        assert hashed or path.name.removesuffix(path.suffix).startswith("pyodide-lock"), path


def test_the_snapshot_is_the_one_that_the_lock_file_describes(tool: dict[str, Any]) -> None:
    content = stored(PYODIDE / tool["snapshot"]["file"])
    assert len(content) == tool["snapshot"]["size"]
    assert hashlib.sha256(content).hexdigest() == tool["snapshot"]["sha256"]
    assert content.startswith(b"SPARESN1")


def test_the_lock_file_has_the_hash_of_every_file_that_runs(
    tool: dict[str, Any], packages: dict[str, dict[str, Any]]
) -> None:
    """Of all that a start or a later import loads; the scripts carry the lock file's own."""
    named = {**tool["files"], **{package["file_name"]: package["sha256"] for package in packages.values()}}
    assert {name.removeprefix("pyodide/") for name in files_of(DIST) if name.startswith("pyodide/")} == {
        *named,
        "pyodide-lock.json",
    }
    for name, sha256 in named.items():
        assert hashlib.sha256(stored(PYODIDE / name)).hexdigest() == sha256, name
    lock = hashlib.sha256((PYODIDE / "pyodide-lock.json").read_bytes()).hexdigest()
    for script in ("worker.js", "boot/build.js"):
        assert lock in (DIST / script).read_text(encoding="utf-8")


def test_every_script_and_page_is_of_one_build() -> None:
    [build] = re.findall(r'BUILD = "([0-9a-f]{16})"', (DIST / "boot/build.js").read_text(encoding="utf-8"))
    [chunk] = DIST.glob("sparewheel-*.js")
    assert chunk.name == f"sparewheel-{digest(chunk.read_bytes())}.js"
    for name in ("worker.js", "app/main.js", "index.html", chunk.name):
        assert build in (DIST / name).read_text(encoding="utf-8"), name
    texts = [path.read_text(encoding="utf-8") for suffix in ("js", "html") for path in DIST.rglob(f"*.{suffix}")]
    assert not any("{{" + name + "}}" in text for text in texts for name in ("build", "lock"))


def test_a_first_visit_is_small(tool: dict[str, Any]) -> None:
    """What is on the way to `ready`, with headers left out. The snapshot varies by some kB from build to build."""
    snapshot = tool["snapshot"]
    heavy = [f"{tool['core']}{name}" for name in CORE_FILES if name != "python_stdlib.zip"]
    heavy += [snapshot["file"], *(module["file"] for module in snapshot["sideModules"])]
    assert sum((PYODIDE / f"{name}.br").stat().st_size for name in heavy) < 8_400_000


def test_the_service_worker_lists_what_a_visit_needs(tool: dict[str, Any]) -> None:
    script = (DIST / "service-worker.js").read_text(encoding="utf-8")
    listed = json.loads(script.rpartition("serve(")[2].rpartition(");")[0])["files"]
    snapshot = tool["snapshot"]
    needed = {"index.html", "sparewheel.js", "worker.js", "pyodide/pyodide-lock.json", "examples/demo.yaml"}
    assert needed | {f"pyodide/{snapshot['file']}", f"pyodide/{tool['core']}pyodide.asm.wasm"} <= set(listed)
    for name, sha256 in listed.items():
        assert hashlib.sha256(stored(DIST / name)).hexdigest() == sha256, name


def test_a_dependency_is_in_the_lock_file(packages: dict[str, dict[str, Any]]) -> None:
    assert packages["sparewheel"]["depends"] == ["docstring-parser", "fastjsonschema", "pydantic", "ruamel-yaml"]
    assert {need for package in packages.values() for need in package["depends"]} <= set(packages)


def test_everything_bundled_has_its_licence(packages: dict[str, dict[str, Any]]) -> None:
    index = json.loads((DIST / "licenses/index.json").read_text(encoding="utf-8"))
    names = {entry["name"] for entry in index}
    others = {"pyodide", "cpython", "genai-prices", *packages} - {"sparewheel"}
    assert {name.replace(".", "-") for name in names} >= others
    locked = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name.removeprefix("node_modules/") for name, entry in locked.items() if name and "dev" not in entry}
    used = {name for name in names if name.replace(".", "-") not in others}
    assert set(locked[""]["dependencies"]) - {"pyodide"} <= used <= installed
    for entry in index:
        assert len((DIST / "licenses" / entry["file"]).read_text(encoding="utf-8")) > 500, entry
        assert re.fullmatch(r"https://\S+", entry["source"]), entry
    assert "Sparewheel contributors" in (DIST / "LICENSE").read_text(encoding="utf-8")


def test_the_npm_lock_file_is_hashed_and_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    installed = {name: entry for name, entry in lock["packages"].items() if name}
    assert installed["node_modules/pyodide"]["version"] == "314.0.7"
    assert [name for name, entry in installed.items() if "resolved" in entry or "integrity" not in entry] == []
