"""The Python packages of `dist/`: wheels with bytecode in place of sources, and the lock file that names them.

pyodide-build compiles and pyodide-lock describes. Both run inside Pyodide's own Python under Node, by way of
`inside/packages.py`: the host's Python may be of any version, and equal sources give equal bytes on every machine.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bundle.fetch import BUILD_WHEEL_LIST, PYODIDE, fetch_wheels, unpack
from bundle.naming import digest_files, hashed_wheel
from bundle.shell import CACHE, INSIDE, BuildError, logged, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BYTECODE = CACHE / "bytecode"
TOOLS = CACHE / "build-tools"
SCRIPTS = (INSIDE / "packages.mjs", INSIDE / "packages.py")
_SOURCE_IN_RECORD = re.compile(rb"^(.*\.py),.*$", re.MULTILINE)


@dataclass(frozen=True)
class Packages:
    """Compiled wheels (named with their hashes), the compiled standard library, the lock file of the wheels."""

    wheels: list[Path]
    stdlib: Path
    lock: dict[str, Any]


def make_packages(wheels: Sequence[Path], stdlib: Path) -> Packages:
    """Compile the wheels and Python's standard library, and lock the wheels; reuses what earlier builds made.

    Raises:
        BuildError: Node failed, a source is not valid Python, or a wheel needs a package or version that is not there.
    """
    tools = [*SCRIPTS, BUILD_WHEEL_LIST, PYODIDE / "package.json"]
    folders = {archive: BYTECODE / digest_files([archive, *tools]) for archive in (*wheels, stdlib)}
    locked = BYTECODE / digest_files([*wheels, *tools])
    missing = {archive: folder for archive, folder in folders.items() if not folder.exists()}
    if missing or not locked.exists():
        say(f"compiling {len(missing)} archives to bytecode")
        _make(wheels, missing, locked)
    for folder in BYTECODE.iterdir():
        if folder not in (*folders.values(), locked):
            shutil.rmtree(folder)
    compiled = {archive: next(folder.iterdir()) for archive, folder in folders.items()}
    lock: dict[str, Any] = json.loads((locked / "lock.json").read_text(encoding="utf-8"))
    by_source = {wheel.name: compiled[wheel] for wheel in wheels}
    for package in lock["packages"].values():
        wheel = by_source[package["file_name"]]
        package |= {"file_name": wheel.name, "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    return Packages([compiled[wheel] for wheel in wheels], compiled[stdlib], lock)


def closure(packages: dict[str, dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """A package of a lock file and all it depends on."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [name]
    while waiting:
        next_one = waiting.pop()
        if next_one not in found:
            found[next_one] = packages[next_one]
            waiting += packages[next_one]["depends"]
    return list(found.values())


def run_inside(work: Path) -> dict[str, Any]:
    """Run `inside/packages.py` on a work folder and return its result.

    Raises:
        BuildError: Node failed, a source is not valid Python, or a wheel needs a package or version that is not there.
    """
    info = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    (work / "info.json").write_text(json.dumps(info), encoding="utf-8")
    argv: list[str | Path] = ["node", SCRIPTS[0], PYODIDE, _tools(), work]
    logged(argv, "packages", "could not compile the Python packages to bytecode")
    result: dict[str, Any] = json.loads((work / "result.json").read_text(encoding="utf-8"))
    if "error" in result:
        raise BuildError(f"runtime/wheels.txt: {result['error']}")
    return result


def _make(wheels: Sequence[Path], missing: dict[Path, Path], locked: Path) -> None:
    """Compile the archives into their folders and write the lock file. A folder that exists is complete."""
    work = BYTECODE / "work"
    shutil.rmtree(work, ignore_errors=True)
    for name in ("archives", "wheels"):
        (work / name).mkdir(parents=True)
    for wheel in wheels:
        shutil.copy(wheel, work / "wheels")
    for archive in missing:
        copy_for_compiling(archive, work / "archives" / archive.name)
    result = run_inside(work)
    for archive, folder in missing.items():
        compiled = work / "archives" / result["compiled"][archive.name]
        name = hashed_wheel(compiled.name, compiled.read_bytes()) if compiled.suffix == ".whl" else compiled.name
        _put(compiled, folder, name)
    lock = work / "lock.json"
    lock.write_text(json.dumps(result["lock"]), encoding="utf-8")
    _put(lock, locked, lock.name)


def _put(file: Path, folder: Path, name: str) -> None:
    """Move a file into a new folder, atomically."""
    partial = file.with_name(f"{file.name}.folder")
    partial.mkdir()
    file.rename(partial / name)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def copy_for_compiling(archive: Path, target: Path) -> None:
    """Copy an archive; if it is a wheel, with a RECORD of the `.pyc` files that pyodide-build will put into it.

    pyodide-build leaves RECORD as it is. The hash and size of a `.pyc` file may be left out
    (https://packaging.python.org/specifications/recording-installed-packages).
    """
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".dist-info/RECORD"):
                content = _SOURCE_IN_RECORD.sub(rb"\1c,,", content)
            new.writestr(name, content)


def _tools() -> Path:
    """The packages of `runtime/build-wheels.txt`, unpacked, so that Python can cache their bytecode."""
    wheels = fetch_wheels(BUILD_WHEEL_LIST)
    folder = TOOLS / digest_files(wheels)
    if not folder.exists():
        shutil.rmtree(TOOLS, ignore_errors=True)
        partial = TOOLS / "partial"
        unpack(wheels, partial)
        partial.rename(folder)
    return folder
