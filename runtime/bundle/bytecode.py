"""Archives with bytecode in place of sources, made by Pyodide's own Python under Node, and kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bundle.fetch import PYODIDE
from bundle.naming import digest_files, hashed_wheel
from bundle.shell import CACHE, ROOT, logged, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BYTECODE = CACHE / "bytecode"
INSIDE = ROOT / "runtime" / "bundle" / "inside"
TOOLS = (INSIDE / "compile_archives.mjs", INSIDE / "compile_archive.py")
PLACES = {".whl": "/lib/python3.14/site-packages/", ".zip": "/lib/python314.zip/"}


def compile_archives(archives: Sequence[Path]) -> list[Path]:
    """Return a compiled archive for each wheel (under its hashed name) or zip; compiles only what is new.

    Raises:
        BuildError: Node failed, or a source is not valid Python.
    """
    tools = [*TOOLS, PYODIDE / "package.json"]
    folders = {archive: BYTECODE / digest_files([archive, *tools]) for archive in archives}
    missing = [archive for archive, folder in folders.items() if not _made(folder)]
    if missing:
        say(f"compiling {len(missing)} archives to bytecode")
        _compile({archive: folders[archive] for archive in missing})
    for folder in BYTECODE.iterdir():
        if folder not in folders.values():
            shutil.rmtree(folder)
    return [_made(folder)[0] for folder in folders.values()]


def _made(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*") if path.suffix in PLACES]


def _compile(folders: dict[Path, Path]) -> None:
    argv: list[str | Path] = ["node", TOOLS[0], PYODIDE, TOOLS[1]]
    for archive, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        argv += [archive, folder / "partial", PLACES[archive.suffix]]
    logged(argv, "bytecode", "could not compile the Python packages to bytecode")
    for archive, folder in folders.items():
        partial = folder / "partial"
        wheel = archive.suffix == ".whl"
        partial.rename(folder / (hashed_wheel(archive.name, partial.read_bytes()) if wheel else archive.name))
