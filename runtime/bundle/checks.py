"""The checks and formatters, which need no browser and no build: lint, format, types, layers, words, lengths."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from bundle.fetch import NODE_MODULES, fetch_node_modules
from bundle.shell import ROOT, alone

if TYPE_CHECKING:
    from collections.abc import Sequence

PYTHON_SOURCES = ["build.py", "runtime", "tests"]
PYTHON = [sys.executable, "-m"]
PYTEST = [*PYTHON, "pytest", "--quiet", "-p", "no:cacheprovider"]
TSC = ["node", str(NODE_MODULES / "typescript" / "bin" / "tsc"), "--noEmit", "-p"]
PRETTIER = ["node", str(NODE_MODULES / "prettier" / "bin" / "prettier.cjs"), "--config=web/.prettierrc.json"]
PAGE_SOURCES = ["web/**/*.{css,html,js,ts}", "runtime/**/*.{js,mjs}", "tests/bench/page/*", "tests/chaos/*.js"]

AT_ONCE = 2  # checks that run at the same time
CHECKS = {
    "lint": [*PYTHON, "ruff", "check", "--no-fix", *PYTHON_SOURCES],
    "format (Python)": [*PYTHON, "ruff", "format", "--check", *PYTHON_SOURCES],
    "format (page)": [*PRETTIER, "--check", "--log-level=warn", *PAGE_SOURCES],
    "types (Python)": [*PYTHON, "mypy"],
    "types (page)": [*TSC, "web/tsconfig.json"],
    "types (worker)": [*TSC, "web/tsconfig.worker.json"],
    "layers": [*PYTEST, "tests/unit/test_layers.py"],
    "words": [*PYTEST, "tests/unit/test_words.py"],
    "lengths": [*PYTEST, "tests/unit/test_lengths.py"],
}
FORMATTERS = [
    [*PYTHON, "ruff", "check", "--fix", *PYTHON_SOURCES],
    [*PYTHON, "ruff", "format", *PYTHON_SOURCES],
    [*PRETTIER, "--write", "--log-level=warn", *PAGE_SOURCES],
]


def run_check(name: str) -> str | None:
    """Run one of `CHECKS` and return its output if it fails, else None. Raises the errors of `run_tool`."""
    return run_tool(CHECKS[name])


def run_tool(argv: Sequence[str]) -> str | None:
    """Run a checker or formatter and return its output if it fails, else None.

    Raises:
        BuildError: npm could not fetch it.
    """
    if argv[0] == "node":
        with alone("build"):
            fetch_node_modules()
    done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    return (done.stdout + done.stderr).strip() or f"{argv[0]} ended with exit code {done.returncode} and no output"
