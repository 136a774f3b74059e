"""The memory snapshot, made under Node from the compiled runtime and its dependencies. See `web/boot/restore.js`."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bundle.fetch import PYODIDE, unpack
from bundle.function_table import table_start
from bundle.naming import digest_files, hashed, sha256
from bundle.shell import CACHE, INSIDE, WEB, logged, say

if TYPE_CHECKING:
    from collections.abc import Sequence

SNAPSHOTS = CACHE / "snapshot"
TOOLS = (
    INSIDE / "make_snapshot.mjs",
    INSIDE / "pack.mjs",
    Path(__file__).with_name("function_table.py"),
    WEB / "boot" / "container.js",
    WEB / "boot" / "side-modules.js",
)
SITE_PACKAGES = "/lib/python3.14/site-packages/"
NOT_LATE = (".so", ".pyi")  # restored with the snapshot; for type checkers only


@dataclass(frozen=True)
class Snapshot:
    """A finished snapshot: its files by their names in `dist/pyodide`, and their description for the lock file."""

    files: dict[str, Path | bytes]
    facts: dict[str, Any]


def make_snapshot(wheels: Sequence[Path], stdlib: Path) -> Snapshot:
    """Make the snapshot of a Python that has imported the runtime, unless one of the same wheels exists.

    Args:
        wheels: the runtime and its dependencies, compiled.
        stdlib: Python's standard library, compiled.

    Raises:
        BuildError: Python did not start with them, or has state that a snapshot cannot hold: for example a JavaScript
            object, other than a global one, that a module made when it was imported.
    """
    folder = SNAPSHOTS / digest_files([*wheels, stdlib, *TOOLS, PYODIDE / "package.json"])
    site, memory = folder / "site", folder / "memory.bin"
    start = table_start((PYODIDE / "pyodide.asm.wasm").read_bytes())
    if not memory.exists():
        say("making the memory snapshot")
        shutil.rmtree(SNAPSHOTS, ignore_errors=True)
        unpack(wheels, site)
        partial = memory.with_suffix(".partial")
        argv: list[str | Path] = ["node", TOOLS[0], str(start), PYODIDE, stdlib, site, partial]
        logged(argv, "snapshot", "could not make the memory snapshot")
        partial.rename(memory)
    return _describe(site, memory, start)


def _describe(site: Path, memory: Path, start: int) -> Snapshot:
    content = memory.read_bytes()
    name, archive = hashed("snapshot.bin", content), pack_site(site)
    files: dict[str, Path | bytes] = {name: memory, (late := hashed("site.bin", archive)): archive}
    side_modules = []
    for library in sorted(site.rglob("*.so")):
        file = hashed(f"{library.name.partition('.')[0]}.wasm", library.read_bytes())
        files[file] = library
        side_modules.append({"path": SITE_PACKAGES + library.relative_to(site).as_posix(), "file": file})
    facts = {
        "file": name,
        "size": len(content),
        "sha256": sha256(content),
        "tableStart": start,
        "sideModules": side_modules,
    }
    return Snapshot(files, {"site": late, "snapshot": facts})


def pack_site(site: Path) -> bytes:
    """Pack the files of a folder: a JSON line with paths and sizes, then the contents. Leaves out `NOT_LATE`."""
    paths = [path for path in sorted(site.rglob("*")) if path.is_file() and path.suffix not in NOT_LATE]
    contents = [path.read_bytes() for path in paths]
    sizes = [len(content) for content in contents]
    index = [[path.relative_to(site).as_posix(), size] for path, size in zip(paths, sizes, strict=True)]
    return b"".join([json.dumps(index).encode(), b"\n", *contents])
