"""How the build compiles and locks wheels, inside Pyodide's own Python."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bundle.packages import copy_for_compiling, run_inside
from bundle.shell import BuildError

MARKERS = (
    'b; sys_platform == "emscripten"',
    'c; platform_machine == "wasm32" and python_version >= "3.14"',
    "Some.Thing >= 1.0",
    'missing; sys_platform == "linux"',
    'missing; python_version < "3.14"',
    'missing; extra == "test"',
)


def make_wheel(folder: Path, name: str, version: str, *needs: str, tag: str = "py3-none-any", **files: str) -> Path:
    """Write a wheel with this metadata and these texts, in which `__` stands for `/`."""
    path = folder / f"{name.replace('.', '_')}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {need}" for need in needs]
    texts = {key.replace("__", "/"): text for key, text in files.items()}
    texts[f"{info}/METADATA"] = "\n".join(metadata) + "\n"
    record = "".join(f"{key},sha256=x,{len(text)}\n" for key, text in texts.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for key, text in {**texts, f"{info}/RECORD": record}.items():
            archive.writestr(key, text)
    return path


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name in ("archives", "wheels"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_wheels_are_compiled_and_described(work: Path) -> None:
    wheels = work / "wheels"
    thing = make_wheel(wheels, "Some.Thing", "1.0", **{"some__thing.py": "def f(): pass\n", "some__data.txt": "text"})
    make_wheel(wheels, "a", "1.0", *MARKERS, **{"a.py": ""})
    make_wheel(wheels, "b", "1", tag="cp314-cp314-pyemscripten_2026_0_wasm32", **{"b__core__x.py": ""})
    make_wheel(wheels, "c", "1", tag="py2.py3-none-any", **{"c.py": "", "c_too.py": ""})
    for name in ("first", "second"):
        copy_for_compiling(thing, work / "archives" / f"{name}-1.0-py3-none-any.whl")
    result = run_inside(work)

    assert result["compiled"]["first-1.0-py3-none-any.whl"] == "first-1.0-cp314-none-any.whl"
    first, second = (work / "archives" / name for name in sorted(result["compiled"].values()))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
        code = archive.read("some/thing.pyc")
        record = archive.read("Some.Thing-1.0.dist-info/RECORD").decode().splitlines()
    assert names == [line.split(",")[0] for line in record]
    assert record[:2] == ["some/thing.pyc,,", "some/data.txt,sha256=x,4"]
    assert b"/lib/python3.14/site-packages/some/thing.py" in code

    packages: dict[str, dict[str, Any]] = result["lock"]["packages"]
    assert list(packages) == ["some-thing", "a", "b", "c"]
    assert packages["some-thing"] == {
        "name": "some-thing",
        "version": "1.0",
        "file_name": thing.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(thing.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": ["some"],
        "depends": [],
        "unvendored_tests": False,
        "tool": {},
    }
    assert packages["a"]["depends"] == ["b", "c", "some-thing"]  # for Pyodide, not for this machine
    assert (packages["b"]["imports"], packages["c"]["imports"]) == (["b"], ["c", "c_too"])
    assert result["lock"]["info"]["python"] == "3.14.2"


@pytest.mark.parametrize(
    ("need", "tag", "message"),
    [
        ("missing>=2", "py3-none-any", "Requirement missing from missing>=2 is not in this distribution."),
        ("b==2.0", "py3-none-any", "a needs b==2.0, but 1.9 is listed"),
        ("b", "cp313-cp313-pyemscripten_2026_0_wasm32", "a-1-cp313-cp313-pyemscripten_2026_0_wasm32.whl is not for"),
    ],
)
def test_wheels_that_cannot_work_are_refused(need: str, tag: str, message: str, work: Path) -> None:
    make_wheel(work / "wheels", "a", "1", need, tag=tag, **{"a.py": ""})
    make_wheel(work / "wheels", "b", "1.9", **{"b.py": ""})
    with pytest.raises(BuildError) as caught:
        run_inside(work)
    assert str(caught.value).startswith(f"runtime/wheels.txt: {message}")
