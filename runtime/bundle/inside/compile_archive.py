"""Runs inside Pyodide: an archive with bytecode in place of sources, made by the very Python that will load it.

Equal archives give equal bytes, on any machine: the new one is written by Pyodide's own zlib, without times.
"""

from __future__ import annotations

import base64
import hashlib
import py_compile
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


def compile_archive(source: str, target: str, place: str) -> None:
    """Write the wheel or zip at `source` to `target` with every `.py` compiled to a `.pyc` that stands in its place.

    `place` is where its files will be imported from, as tracebacks show it; with a slash at its end.

    Raises:
        py_compile.PyCompileError: a source is not valid Python.
    """
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        record = next((name for name in old.namelist() if name.endswith(".dist-info/RECORD")), None)
        lines = []
        for entry in old.infolist():
            if entry.is_dir() or entry.filename == record:
                continue
            name, content = entry.filename, old.read(entry)
            if name.endswith(".py"):
                name, content = f"{name}c", _bytecode(place + name, content)
            _write(new, name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(content)}\n")
        if record:
            _write(new, record, "".join([*lines, f"{record},,\n"]).encode())


def _bytecode(path: str, content: bytes) -> bytes:
    source, target = Path("/tmp/source.py"), Path("/tmp/source.pyc")
    source.write_bytes(content)
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(
        str(source), cfile=str(target), dfile=path, doraise=True, optimize=0, invalidation_mode=unchecked
    )
    return target.read_bytes()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content, compresslevel=9)
