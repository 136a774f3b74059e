"""The built `dist/`, as it lies there: complete, hashed, licensed, and asking nobody else for anything."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from bundle.assemble import CORE_FILES
from bundle.fetch import WHEEL_LIST, wheel_hashes
from bundle.shell import DIST, WEB

PYODIDE = DIST / "pyodide"


@pytest.fixture(scope="module")
def packages() -> dict[str, dict[str, Any]]:
    """The packages of the lock file."""
    assert PYODIDE.is_dir(), "there is no dist/: run `python3 build.py build`"
    lock: dict[str, Any] = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    assert lock["info"]["abi_version"] == "2026_0"
    found: dict[str, dict[str, Any]] = lock["packages"]
    return found


def test_the_lock_file_lists_the_wheels_that_are_there_with_their_hashes(packages: dict[str, dict[str, Any]]) -> None:
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in PYODIDE.glob("*.whl")}
    assert {package["file_name"]: package["sha256"] for package in packages.values()} == hashes
    assert wheel_hashes(WHEEL_LIST.read_text(encoding="utf-8")) < set(hashes.values())


def test_nothing_is_missing_and_nothing_is_left_over(packages: dict[str, dict[str, Any]]) -> None:
    wheels = {package["file_name"] for package in packages.values()}
    assert {path.name for path in PYODIDE.iterdir()} == {*CORE_FILES, "pyodide-lock.json", *wheels}
    assert {"pydantic", "ruamel-yaml", "micropip", "pyodide-http", "sparewheel"} <= set(packages)
    tools = [
        name
        for name in ("package.json", "package-lock.json", "node_modules", "tsconfig.json")
        if (DIST / name).exists()
    ]
    assert tools == []


def test_a_dependency_is_in_the_lock_file(packages: dict[str, dict[str, Any]]) -> None:
    assert packages["sparewheel"]["depends"] == ["pydantic", "ruamel-yaml"]
    assert {need for package in packages.values() for need in package["depends"]} <= set(packages)


def test_everything_bundled_has_its_licence(packages: dict[str, dict[str, Any]]) -> None:
    index = json.loads((DIST / "licenses/index.json").read_text(encoding="utf-8"))
    names = {entry["name"].replace(".", "-") for entry in index}
    assert names == {"pyodide", "cpython", *packages} - {"sparewheel"}
    for entry in index:
        assert len((DIST / "licenses" / entry["file"]).read_text(encoding="utf-8")) > 500, entry
        assert re.fullmatch(r"https://\S+", entry["source"]), entry
    assert "Sparewheel contributors" in (DIST / "LICENSE").read_text(encoding="utf-8")


def test_the_npm_lock_file_is_hashed_and_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    installed = {name: entry for name, entry in lock["packages"].items() if name}
    assert installed["node_modules/pyodide"]["version"] == "314.0.7"
    assert [name for name, entry in installed.items() if "resolved" in entry or "integrity" not in entry] == []
