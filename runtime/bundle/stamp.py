"""Writes into the scripts and pages of `dist/` which build they are of, so that those of two builds notice each other.

`web/boot/build.js` has the places: the id of the build, and the SHA-256 of the lock file, which has those of the other
files that run. The chunks of esbuild (`bundle.scripts`) get our own hash into their names, because esbuild makes its
hashes before the places are filled in.
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
CHUNK = re.compile(r"(?:app/[\w.-]+|sparewheel)-[A-Z0-9]{8}\.js")


def stamped(plan: Mapping[str, Path | bytes], lock: str) -> dict[str, Path | bytes]:
    """The plan of `dist/` with every place filled in.

    Args:
        plan: everything that scripts run, by path.
        lock: the path of the lock file.
    """
    contents = {name: source if isinstance(source, bytes) else source.read_bytes() for name, source in plan.items()}
    build = digest(*(part for name in sorted(contents) for part in (name.encode(), contents[name]))).encode()
    sha256 = hashlib.sha256(contents[lock]).hexdigest().encode()
    result = dict(plan)
    for name in [name for name, content in contents.items() if _has_places(name, content)]:
        result[name] = _fill(contents[name], build, sha256)
    return _renamed(result, [name for name in plan if CHUNK.fullmatch(name)])


def _has_places(name: str, content: bytes) -> bool:
    return name.endswith((".js", ".html")) and (BUILD in content or LOCK in content)


def _fill(content: bytes, build: bytes, lock: bytes) -> bytes:
    return content.replace(BUILD, build).replace(LOCK, lock)


def _renamed(plan: dict[str, Path | bytes], chunks: list[str]) -> dict[str, Path | bytes]:
    """Rename the chunks, also where scripts and pages name them.

    A name follows the contents of the chunk and of all chunks that it names, directly or indirectly: their names, which
    are part of its content, change with them.
    """
    texts = {name: _read(source) for name, source in plan.items() if name.endswith((".js", ".html"))}
    named = {name: [chunk for chunk in chunks if _base(chunk).encode() in text] for name, text in texts.items()}
    new = {chunk: _with_hash(chunk, digest(*(texts[each] for each in _reachable(chunk, named)))) for chunk in chunks}
    for name, inside in named.items():
        for chunk in inside:
            texts[name] = texts[name].replace(_base(chunk).encode(), _base(new[chunk]).encode())
    return {new.get(name, name): texts[name] if named.get(name) else source for name, source in plan.items()}


def _reachable(chunk: str, named: Mapping[str, list[str]]) -> list[str]:
    """A chunk, then the others that it names directly or indirectly, sorted."""
    found = [chunk]
    for name in found:
        found += [other for other in named[name] if other not in found]
    return [chunk, *sorted(found[1:])]


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _with_hash(chunk: str, hash_: str) -> str:
    """`app/late-ABCD2345.js` -> `app/late-0123456789abcdef.js`."""
    return f"{chunk.rpartition('-')[0]}-{hash_}.js"


def _read(source: Path | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()
