"""Writes into the scripts and pages of `dist/` which build they are of, so that those of two builds notice each other.

`web/boot/build.js` has the places: the id of the build, and the SHA-256 of the lock file, which has those of the other
files that run. The chunk that `sparewheel.js` imports gets our own hash into its name, because esbuild makes its hash
before the places are filled in.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from bundle.naming import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BUILD, LOCK = b"{{build}}", b"{{lock}}"
CHUNK = re.compile(r"sparewheel-[A-Z0-9]{8}\.js")


def stamped(plan: Mapping[str, Path | bytes], lock: str) -> dict[str, Path | bytes]:
    """The plan of `dist/` with every place filled in.

    Args:
        plan: everything that scripts run, by path.
        lock: the path of the lock file.
    """
    contents = {name: source if isinstance(source, bytes) else source.read_bytes() for name, source in plan.items()}
    build = digest(*(part for name in sorted(contents) for part in (name.encode(), contents[name]))).encode()
    sha256 = hashlib.sha256(contents[lock]).hexdigest().encode()
    filled = {name: _fill(content, build, sha256) for name, content in contents.items() if _has_places(name, content)}
    result = dict(plan) | filled
    for name in [name for name in plan if CHUNK.fullmatch(name)]:
        result = _renamed(result, name, f"sparewheel-{digest(_read(result[name]))}.js")
    return result


def _has_places(name: str, content: bytes) -> bool:
    return name.endswith((".js", ".html")) and (BUILD in content or LOCK in content)


def _fill(content: bytes, build: bytes, lock: bytes) -> bytes:
    return content.replace(BUILD, build).replace(LOCK, lock)


def _renamed(plan: Mapping[str, Path | bytes], old: str, new: str) -> dict[str, Path | bytes]:
    """Rename a file, also where scripts and pages name it."""
    texts = {name: _read(source) for name, source in plan.items() if name.endswith((".js", ".html"))}
    naming = {name: text.replace(old.encode(), new.encode()) for name, text in texts.items() if old.encode() in text}
    return {new if name == old else name: source for name, source in (dict(plan) | naming).items()}


def _read(source: Path | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()
