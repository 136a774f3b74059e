"""The scripts and styles of the pages, bundled, so that a browser requests few files instead of one per module.

What the page imports with `import()` becomes files of its own below `app/`, which are requested when they are needed:
`app/NAME-HASH.js` for the module `NAME.js`, `app/chunk-HASH.js` for what several of them share. The modules that the
Node engine and the tests import (`boot/`, `assets/`, `client/`) are in `dist/` unbundled as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bundle.fetch import NODE_MODULES
from bundle.shell import CACHE, WEB, files_below, logged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# These share one chunk, so that the error classes are the same in both.
TOGETHER = ("sparewheel.js", "compat/docker-agent.js")
ADAPTERS = (
    "adapters/ag-ui.js",
    "adapters/ai-sdk.js",
    "adapters/chat.js",
    "adapters/webmcp.js",
)  # entries of the npm package, each one file
PAGE = ("app/main.js",)  # with what it loads late
# app/first.js and app/start.js run before everything else of the page.
ALONE = (
    "app/first.js",
    "app/start.js",
    "app/style.css",
    "app/keys/derive-worker.js",
    "service-worker.js",
    "worker.js",
)
CODE = ("client/code/sandbox.js",)  # loaded when the first code runs; alone, so that the others stay as they are
SANDBOX = ("sandbox/frame.js", "sandbox/worker.js")  # classic scripts, which bundle/sandbox.py takes further
ONLY_INSIDE = ("journal", "sandbox")  # folders of modules that only bundles import
SHORT = ("--minify-whitespace", "--minify-syntax")  # names stay, for the stack traces of embedders
NOT_BUNDLED = ("./sparewheel.js", "./app/start.js")
_PACKAGE = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/]+)/")


@dataclass(frozen=True)
class Bundle:
    """The results of a bundling: `files` by path below `dist/`, and the npm packages whose code is in them."""

    files: dict[str, Path]
    packages: frozenset[str]


def bundled_scripts() -> Bundle:
    """Bundle the scripts and styles.

    Raises:
        BuildError: esbuild failed.
    """
    out = CACHE / "scripts"
    shutil.rmtree(out, ignore_errors=True)
    external = [f"--external:{path}" for path in NOT_BUNDLED]
    late = [f"--external:./{path}" for path in CODE]
    packages = {
        *_esbuild(TOGETHER, out, "--splitting", "--chunk-names=sparewheel-[hash]", *SHORT, *late),
        *_esbuild(CODE, out, *SHORT),
        *_esbuild(ADAPTERS, out, *SHORT, *external),
        *_esbuild(PAGE, out, "--splitting", "--chunk-names=app/[name]-[hash]", "--minify", *external),
        *_esbuild([entry for entry in ALONE if entry.startswith("app/")], out, *SHORT),
        *_esbuild([entry for entry in ALONE if not entry.startswith("app/")], out),
    }
    for pattern in ("app/*.js", "adapters/*.js", "sparewheel*.js"):
        for path in out.glob(pattern):
            _rebase(path, out)
    return Bundle({path.relative_to(out).as_posix(): path for path in files_below(out)}, frozenset(packages))


def sandbox_scripts() -> dict[str, Path]:
    """Bundle the scripts of the sandbox, by their names: each is one classic script.

    Raises:
        BuildError: esbuild failed.
    """
    out = CACHE / "sandbox-scripts"
    shutil.rmtree(out, ignore_errors=True)
    _esbuild(SANDBOX, out, *SHORT, form="iife")
    return {path.name: path for path in files_below(out)}


def is_inside_a_bundle(name: str) -> bool:
    """Whether `dist/` needs this script or style sheet of `web/` only as a part of a bundle."""
    entries = (*TOGETHER, *ADAPTERS, *PAGE, *ALONE)
    folders = {*ONLY_INSIDE, *(PurePosixPath(entry).parts[0] for entry in entries if "/" in entry)}
    path = PurePosixPath(name)
    is_inside = path.parts[0] in folders or name.startswith("client/code/")
    return is_inside and path.suffix in (".js", ".css") and name not in (*entries, *CODE)


def _rebase(script: Path, out: Path) -> None:
    """Name what is not bundled by its place in `dist/`: esbuild names it by the way from `out` to `web/`."""
    sources = os.path.relpath(WEB, out).replace(os.sep, "/")
    own = os.path.relpath(out, script.parent).replace(os.sep, "/")
    script.write_bytes(script.read_bytes().replace(f'"{sources}/'.encode(), f'"{own}/'.encode()))


def _esbuild(entries: Sequence[str], out: Path, *options: str, form: str = "esm") -> set[str]:
    """Bundle some entries; returns the names of the npm packages whose code is in the results."""
    esbuild = NODE_MODULES / "esbuild" / "bin" / "esbuild"
    program = ["node", str(esbuild), "--bundle", f"--format={form}", "--target=es2022"]
    report = CACHE / "scripts.json"
    logged(
        [*program, f"--outdir={out}", "--outbase=.", f"--metafile={report}", *options, *entries],
        "esbuild",
        "could not bundle the scripts and styles of web/",
        cwd=WEB,
    )
    outputs = json.loads(report.read_text("utf-8"))["outputs"].values()
    used = (path for output in outputs for path, part in output["inputs"].items() if part["bytesInOutput"])
    return {found[1] for found in map(_PACKAGE.search, used) if found}
