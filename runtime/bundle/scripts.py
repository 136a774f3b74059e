"""The scripts and styles of the pages, bundled, so that a browser requests few files instead of one per module.

The modules that the Node engine and the tests import (`boot/`, `assets/`, `client/`) are in `dist/` unbundled as well.
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

# These share one chunk, so that the error classes are the same in both.
TOGETHER = ("sparewheel.js", "compat/docker-agent.js")
ALONE = ("app/main.js", "app/style.css", "service-worker.js", "worker.js")
ONLY_INSIDE = ("journal",)  # folders of modules that only bundles import
KEPT = ("app/start.js",)  # a script of its own: the page starts it before everything else
NOT_BUNDLED = ("*/sparewheel.js", "*/start.js")


def bundled_scripts() -> dict[str, Path]:
    """Bundle the scripts; returns the results by path below `dist/`.

    Raises:
        BuildError: esbuild failed.
    """
    out = CACHE / "scripts"
    shutil.rmtree(out, ignore_errors=True)
    _esbuild(TOGETHER, out, "--splitting", "--chunk-names=sparewheel-[hash]")
    _esbuild(ALONE, out, *(f"--external:{pattern}" for pattern in NOT_BUNDLED))
    return {path.relative_to(out).as_posix(): path for path in files_below(out)}


def is_inside_a_bundle(name: str) -> bool:
    """Whether `dist/` needs this script or style sheet of `web/` only as a part of a bundle."""
    entries = (*TOGETHER, *ALONE)
    folders = {*ONLY_INSIDE, *(PurePosixPath(entry).parts[0] for entry in entries if "/" in entry)}
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
