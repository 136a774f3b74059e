"""Compressed siblings of the files in `dist/`, `.br` and `.gz`, for hosts that serve them."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING

import deflate

from bundle.shell import CACHE, INSIDE, logged, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMPRESSED = CACHE / "compressed"
SUFFIXES = (
    ".bin",
    ".css",
    ".html",
    ".js",
    ".json",
    ".mjs",
    ".svg",
    ".wasm",
    ".yaml",
)  # archives are compressed already
SMALLEST = 1024  # bytes; smaller files are not compressed
QUALITY = 9
# These change only with a new Pyodide. The best quality takes half a minute and makes a first visit 5 % smaller.
RARELY_CHANGED = (".wasm", ".asm.mjs")
BEST = 11
SNAPSHOT = "pyodide/snapshot."
SMALL = ("app/", "sparewheel")  # the scripts of the page: the best quality takes a second or two
HIGH = 10  # takes a few times as long as 9, and makes a snapshot 10 % smaller
# The largest files by far. libdeflate makes their `.gz` 4 to 6 % smaller than zlib can, in ten seconds.
LARGE = (".wasm",)
LIBDEFLATE = 12  # its best level


def compress(plan: Mapping[str, Path | bytes]) -> dict[str, Path]:
    """Make the compressed siblings, by path below `dist/`; those of unchanged contents are kept from earlier builds.

    Raises:
        BuildError: Node failed.
    """
    COMPRESSED.mkdir(parents=True, exist_ok=True)
    made: dict[str, Path] = {}
    todo: list[tuple[str, str, int]] = []
    large: list[tuple[bytes, Path]] = []
    for name, source in plan.items():
        content = source if isinstance(source, bytes) else source.read_bytes()
        if not name.endswith(SUFFIXES) or len(content) < SMALLEST:
            continue
        is_best = name.endswith(RARELY_CHANGED) or name.startswith(SMALL)
        quality = BEST if is_best else HIGH if name.startswith(SNAPSHOT) else QUALITY
        is_large = name.endswith(LARGE) or name.startswith(SNAPSHOT)
        base = COMPRESSED / f"{hashlib.sha256(content).hexdigest()}-{quality}{'-large' if is_large else ''}"
        made |= {f"{name}{suffix}": base.with_name(f"{base.name}{suffix}") for suffix in (".br", ".gz")}
        if not made[f"{name}.gz"].exists():  # written last
            todo.append((str(_file(source, base)), str(base), quality))
            if is_large:
                large.append((content, made[f"{name}.gz"]))
    if todo:
        say(f"compressing {len(todo)} files")
        todo_list = COMPRESSED / f"todo-{threading.get_ident()}.json"
        todo_list.write_text(json.dumps(todo), encoding="utf-8")
        logged(["node", INSIDE / "compress.mjs", todo_list], "compress", "could not compress the files")
    for content, target in large:
        partial = target.with_suffix(".partial")
        partial.write_bytes(deflate.gzip_compress(content, LIBDEFLATE))
        partial.replace(target)
    return made


def sweep(used: Mapping[str, Path]) -> None:
    """Delete compressed files that are no longer used."""
    keep = set(used.values())
    for path in COMPRESSED.iterdir():
        if path not in keep:
            path.unlink()


def _file(source: Path | bytes, base: Path) -> Path:
    if not isinstance(source, bytes):
        return source
    raw = base.with_name(f"{base.name}.raw")
    raw.write_bytes(source)
    return raw
