"""Runs inside Pyodide: what needs files, random numbers and packages that are not in the snapshot; as plain data."""

from __future__ import annotations

import importlib.metadata
import json
import random
import secrets
import sys
import tempfile
import traceback
import uuid
from typing import Any


def imported(name: str) -> str:
    try:
        return type(__import__(name, fromlist=["x"])).__name__
    except ImportError as error:
        return type(error).__name__


def source_lines() -> list[str]:
    """The lines of code in the traceback of an error within the standard library."""
    try:
        json.loads("{")
    except ValueError as error:
        return [frame.line or "" for frame in traceback.extract_tb(error.__traceback__)[1:]]
    return []


async def main() -> str:
    import pyodide_js

    before = {name for name in ("csv", "pydantic.networks") if name in sys.modules}
    found: dict[str, Any] = {
        "before": sorted(before),
        "csv": imported("csv"),
        "pydantic.networks": imported("pydantic.networks"),
        "lines": source_lines(),
        "random": [random.random(), tempfile.mktemp(), secrets.token_hex(4), str(uuid.uuid4())],
        "loaded": sorted(pyodide_js.loadedPackages.to_py()),
    }
    await pyodide_js.loadPackage(["micropip", "pyodide-http"])
    found["micropip"] = [imported("micropip"), imported("pyodide_http")]
    found["loaded since"] = sorted(pyodide_js.loadedPackages.to_py())
    try:
        found["version"] = importlib.metadata.version("pydantic")
    except importlib.metadata.PackageNotFoundError:
        found["version"] = None
    return json.dumps(found)
