"""Makes `dist/` hold exactly the files of `bundle.plan`, if a source or an output has changed.

A build writes a file only if its content changed, and writes its record (`.cache/build.json`) last. An interrupted
build leaves no record, so the next one checks every file.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from bundle.plan import contents
from bundle.shell import CACHE, DIST, ROOT, alone, files_below, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

RECORD = CACHE / "build.json"
SOURCES = ("LICENSE", "pyproject.toml", "runtime", "web")


def build(public_url: str | None = None) -> None:
    """Update `dist/`. Does nothing, and needs no network, if no source and no output has changed.

    Args:
        public_url: where `dist/` will be, with a slash at its end; written into what must contain its own address.

    Raises:
        BuildError: a download failed, or something cannot be bundled.
    """
    with alone("build"):
        sources = fingerprint(ROOT, SOURCES) + (f" for {public_url}" if public_url else "")
        if is_current(RECORD, sources, DIST):
            return
        RECORD.unlink(missing_ok=True)
        changed = synchronize(DIST, contents(public_url))
        record(RECORD, sources, DIST)
        size = sum(path.stat().st_size for path in files_below(DIST))
        say(f"dist/ is ready: {size / 1e6:.1f} MB, {changed} files changed")


def synchronize(folder: Path, plan: Mapping[str, Path | bytes]) -> int:
    """Make a folder hold exactly the planned files; each is replaced atomically. Returns the number of changes."""
    folder.mkdir(exist_ok=True)
    changed = _remove_others(folder, plan)
    for relative, source in plan.items():
        target = folder / relative
        content = source if isinstance(source, bytes) else source.read_bytes()
        if target.is_file() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.partial")
        partial.write_bytes(content)
        partial.replace(target)
        changed += 1
    return changed


def _remove_others(folder: Path, plan: Mapping[str, Path | bytes]) -> int:
    """Remove files that are not planned, and empty folders. Returns the number of removed files."""
    removed = 0
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            file = folder / path / name
            if file.relative_to(folder).as_posix() not in plan:
                file.unlink()
                removed += 1
        if path != str(folder) and not os.listdir(path):
            os.rmdir(path)
    return removed


def fingerprint(root: Path, sources: Iterable[str]) -> str:
    """Hash the paths and contents of the sources: files, or folders with all files that `files_below` lists."""
    total = hashlib.sha256()
    for source in sources:
        path = root / source
        for file in files_below(path) if path.is_dir() else [path]:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()


def record(file: Path, sources: str, folder: Path) -> None:
    """Write the fingerprint of the sources, and the size and modification time (ns) of every output."""
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps({"sources": sources, "outputs": _state(folder)}), encoding="utf-8")
    partial.replace(file)


def is_current(file: Path, sources: str, folder: Path) -> bool:
    """Whether the folder was built from these sources and has not been changed since."""
    try:
        recorded = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return bool(recorded == {"sources": sources, "outputs": _state(folder)})


def _state(folder: Path) -> dict[str, list[int]]:
    stats = {path.relative_to(folder).as_posix(): path.stat() for path in files_below(folder)}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}
