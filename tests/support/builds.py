"""Builds of `dist/` for tests: another build of the same files, to be deployed over the first one."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

from bundle.offline import service_worker
from bundle.plan import is_packed
from bundle.shell import files_below

LOCK = "pyodide/pyodide-lock.json"
_COMPRESSED = (".br", ".gz")


def deploy_another(folder: Path, build: str = "f" * 16) -> None:
    """Replace the build in a folder by another one: another id and lock file, other names of Pyodide and a chunk."""
    [old_build] = re.findall(r'BUILD = "([0-9a-f]{16})"', (folder / "boot/build.js").read_text(encoding="utf-8"))
    lock = (folder / LOCK).read_bytes()
    core = json.loads(lock)["tool"]["sparewheel"]["core"].rstrip("/")
    new_core = f"core-{build}"
    new_lock = lock.replace(core.encode(), new_core.encode())
    (folder / "pyodide" / core).rename(folder / "pyodide" / new_core)
    _write(folder / LOCK, new_lock)
    [chunk] = (path.name for path in folder.glob("sparewheel-*.js"))
    new_chunk = f"sparewheel-{build}.js"
    (folder / chunk).rename(folder / new_chunk)
    old_hash, new_hash = (hashlib.sha256(each).hexdigest().encode() for each in (lock, new_lock))
    for path in files_below(folder):
        if path.suffix in (".js", ".html") and path.name != "service-worker.js":
            text = path.read_bytes().replace(old_build.encode(), build.encode()).replace(old_hash, new_hash)
            text = text.replace(chunk.encode(), new_chunk.encode())
            if text != path.read_bytes():
                _write(path, text)
    list_files(folder)


def list_files(folder: Path) -> None:
    """Write the service worker of what is in a folder."""
    script, _, _ = (folder / "service-worker.js").read_bytes().rpartition(b"\nserve(")
    _write(folder / "service-worker.js", service_worker(files_of(folder), script))


def files_of(folder: Path) -> dict[str, Path | bytes]:
    """The files of a `dist/` by name, without their compressed forms; of what is stored only compressed, the bytes."""
    names = {path.relative_to(folder).as_posix(): path for path in files_below(folder)}
    files: dict[str, Path | bytes] = {name: path for name, path in names.items() if not name.endswith(_COMPRESSED)}
    packed = [
        name.removesuffix(".gz") for name in names if name.endswith(".gz") and is_packed(name.removesuffix(".gz"))
    ]
    return files | {name: stored(folder / name) for name in packed}


def stored(path: Path) -> bytes:
    """The bytes of a file of `dist/`, which may be there only compressed."""
    return path.read_bytes() if path.is_file() else gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())


def _write(path: Path, content: bytes) -> None:
    """Write a file, and remove its compressed forms."""
    for suffix in _COMPRESSED:
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
    path.write_bytes(content)
