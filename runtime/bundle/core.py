"""Pyodide's own files, as they go into `dist/`.

Its scripts get three changes; the hash of each file is that of the result:

* They do not import the package `ws`, which gives sockets to Python under Node: bundlers and development servers try to
  resolve it.
* They do not name a source map that is not shipped.
* Under Node, Deno and Bun they read their files by `globalThis.sparewheelFiles` where it is set (`web/node/files.js`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bundle.shell import CACHE, BuildError

if TYPE_CHECKING:
    from pathlib import Path

CORE_FILES: Final = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
FOLDER: Final = CACHE / "core"
_SOCKETS: Final = re.compile(rb'(?:await import|\brequire)\("ws"\)')
_FILES: Final = b'await import("node:fs/promises")'
_OWN_FILES: Final = b"globalThis.sparewheelFiles??" + _FILES
_SOURCE_MAP: Final = re.compile(rb"\n//# sourceMappingURL=\S+\s*\Z")


def core_files(pyodide: Path) -> dict[str, Path]:
    """The files by name. `pyodide` is the folder of the npm package.

    Raises:
        BuildError: a script is not as expected, because the version is another.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {name: pyodide / name for name in CORE_FILES}
    for name in (name for name in CORE_FILES if name.endswith(".mjs")):
        content = adapted(name, files[name].read_bytes())
        files[name] = FOLDER / name
        if not files[name].is_file() or files[name].read_bytes() != content:
            files[name].write_bytes(content)
    return files


def adapted(name: str, script: bytes) -> bytes:
    """A script with the changes. Raises `BuildError`."""
    script, found = _SOCKETS.subn(b"({})", script)
    reads = script.count(_FILES)
    if not found or b'"ws"' in script or reads != 1:
        raise BuildError(f"{name} of this Pyodide is not as expected: adapt runtime/bundle/core.py")
    return _SOURCE_MAP.sub(b"\n", script.replace(_FILES, _OWN_FILES))
