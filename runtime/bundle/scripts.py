"""The scripts and styles that a page starts with, each as one file: a browser asks for few files, not for one a module.

What the Node engine and the tests import (`boot/`, `assets/`, `client/`) is in `dist/` as well, as it is in `web/`.
"""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bundle.fetch import NODE_MODULES
from bundle.shell import CACHE, WEB, files_below, logged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# These share a file of their own, so that an error of the one is an `instanceof` for users of the other.
TOGETHER = ("sparewheel.js", "compat/docker-agent.js")
ALONE = ("app/main.js", "app/style.css", "worker.js")
KEPT = ("app/start.js",)  # the page has it started by itself, before everything else
NOT_BUNDLED = ("*/sparewheel.js", "*/start.js")


def bundled_scripts() -> dict[str, Path]:
    """Bundle the scripts; what was made, by its path below `dist/`.

    Raises:
        BuildError: esbuild failed.
    """
    out = CACHE / "scripts"
    shutil.rmtree(out, ignore_errors=True)
    _esbuild(TOGETHER, out, "--splitting", "--chunk-names=sparewheel-[hash]")
    _esbuild(ALONE, out, *(f"--external:{pattern}" for pattern in NOT_BUNDLED))
    return {path.relative_to(out).as_posix(): path for path in files_below(out)}


def is_inside_a_bundle(name: str) -> bool:
    """Is this script or style sheet of `web/` needed in `dist/` only as a part of a bundle?"""
    entries = (*TOGETHER, *ALONE)
    folders = {PurePosixPath(entry).parts[0] for entry in entries if "/" in entry}
    path = PurePosixPath(name)
    return path.parts[0] in folders and path.suffix in (".js", ".css") and name not in (*entries, *KEPT)


def _esbuild(entries: Sequence[str], out: Path, *options: str) -> None:
    program = ["node", str(NODE_MODULES / "esbuild" / "bin" / "esbuild"), "--bundle", "--format=esm", "--target=es2022"]
    logged(
        [*program, f"--outdir={out}", "--outbase=.", *options, *entries],
        "esbuild",
        "could not bundle the scripts and styles of web/",
        cwd=WEB,
    )
