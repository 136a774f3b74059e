"""The Pyodide lock file that the build writes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from bundle.lockfile import lock
from bundle.shell import BuildError

INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}


def make_wheel(folder: Path, name: str, version: str, *requires: str, files: tuple[str, ...] = ()) -> Path:
    """Write a wheel with this metadata and these (empty) files."""
    path = folder / f"{name.replace('.', '_')}-{version}-py3-none-any.whl"
    metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {need}" for need in requires)]
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.writestr(file, "")
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(metadata) + "\n")
    return path


def test_a_wheel_is_described(tmp_path: Path) -> None:
    base = make_wheel(tmp_path, "typing_things", "2.1", files=("typing_things.py", "typing_things.pyi"))
    wheel = make_wheel(
        tmp_path,
        "Some.Thing",
        "1.0",
        "typing-things>=2",
        files=("some/thing/__init__.py", "some_core.cpython-314-wasm32-emscripten.so", "some/data.txt"),
    )
    locked = lock([wheel, base], INFO)
    assert locked == {
        "info": INFO,
        "packages": {
            "some-thing": {
                "name": "Some.Thing",
                "version": "1.0",
                "file_name": "Some_Thing-1.0-py3-none-any.whl",
                "install_dir": "site",
                "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
                "package_type": "package",
                "imports": ["some", "some_core"],
                "depends": ["typing-things"],
                "unvendored_tests": False,
            },
            "typing-things": {
                "name": "typing_things",
                "version": "2.1",
                "file_name": "typing_things-2.1-py3-none-any.whl",
                "install_dir": "site",
                "sha256": hashlib.sha256(base.read_bytes()).hexdigest(),
                "package_type": "package",
                "imports": ["typing_things"],
                "depends": [],
                "unvendored_tests": False,
            },
        },
        "tool": {},
    }


@pytest.mark.parametrize(
    ("requirement", "depends"),
    [
        ('b; sys_platform == "emscripten"', ["b"]),
        ('b; platform_machine == "wasm32" and python_version >= "3.14"', ["b"]),
        ('missing; sys_platform == "linux"', []),
        ('missing; python_version < "3.14"', []),
        ('missing; extra == "test"', []),
        ("B >= 1.0", ["b"]),
    ],
)
def test_markers_are_read_for_pyodide_not_for_this_machine(
    tmp_path: Path, requirement: str, depends: list[str]
) -> None:
    wheels = [make_wheel(tmp_path, "a", "1.0", requirement), make_wheel(tmp_path, "b", "1.0")]
    assert lock(wheels, INFO)["packages"]["a"]["depends"] == depends


def test_a_dependency_that_is_not_there_fails(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^a needs missing>=2: add it to runtime/wheels\.txt$"):
        lock([make_wheel(tmp_path, "a", "1.0", "missing>=2")], INFO)


def test_a_dependency_in_another_version_fails(tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, "a", "1.0", "b==2.0"), make_wheel(tmp_path, "b", "1.9")]
    with pytest.raises(BuildError, match=r"^a needs b==2\.0, but runtime/wheels\.txt has 1\.9$"):
        lock(wheels, INFO)
