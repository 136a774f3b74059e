"""The rows of the matrix without a browser: what TypeScript and the judges of packages say of the package."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from .projects import make_project
from .rows import TOOLS

TYPES: Final = {
    "types, bundler": "tsc",
    "types, nodenext": "tsc --module nodenext --moduleResolution nodenext",
    "publint": "publint --strict node_modules/sparewheel",
    "attw": "attw {tarball} --profile esm-only",
}


async def judge(name: str, tarball: Path) -> None:
    """Run a row of `TYPES`. Raises `Failed` with what the tool has found."""
    with tempfile.TemporaryDirectory(prefix="matrix-", ignore_cleanup_errors=True) as folder:
        project = await make_project(Path(folder), tarball, "types", TOOLS["types"], "")
        await project.run(*(word.format(tarball=tarball) for word in TYPES[name].split()))
