"""The checks that need no browser and no build: lint, format, types of both languages, and the layers."""

from __future__ import annotations

import subprocess
import sys

from bundle.fetch import NODE_MODULES, fetch_node_modules
from bundle.shell import ROOT, alone

PYTHON_SOURCES = ["build.py", "runtime", "tests"]
PYTHON = [sys.executable, "-m"]
TSC = ["node", str(NODE_MODULES / "typescript" / "bin" / "tsc"), "--noEmit", "-p"]

CHECKS = {
    "lint": [*PYTHON, "ruff", "check", "--no-fix", *PYTHON_SOURCES],
    "format": [*PYTHON, "ruff", "format", "--check", *PYTHON_SOURCES],
    "types (Python)": [*PYTHON, "mypy"],
    "types (page)": [*TSC, "web/tsconfig.json"],
    "types (worker)": [*TSC, "web/tsconfig.worker.json"],
    "layers": [*PYTHON, "pytest", "--quiet", "-p", "no:cacheprovider", "tests/unit/test_layers.py"],
}


def run_check(name: str) -> str | None:
    """Run one of `CHECKS` and return what it says if it fails, else None.

    Raises:
        BuildError: npm could not fetch the TypeScript compiler.
    """
    argv = CHECKS[name]
    if argv[0] == "node":
        with alone("build"):
            fetch_node_modules()
    done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    return (done.stdout + done.stderr).strip() or f"{argv[0]} ended with exit code {done.returncode} and no output"
