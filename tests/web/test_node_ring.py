"""The node ring: every `*.test.mjs` in this folder, under Node's own test runner."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
FILES = sorted(HERE.glob("*.test.mjs"))


def node_test(file: Path) -> tuple[int, list[str], str]:
    """Run a test file; returns the exit code, the names of the top-level tests that ran, and the report (TAP)."""
    argv = ["node", "--test", "--test-reporter=tap", str(file)]
    done = subprocess.run(argv, cwd=HERE.parents[1], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    # Node counts a file without tests as one test, named after the file.
    names = [
        name for name in re.findall(r"^(?:not )?ok \d+ - (.*)$", done.stdout, re.MULTILINE) if file.name not in name
    ]
    return done.returncode, names, done.stdout + done.stderr


def test_there_are_files() -> None:
    assert FILES, "no *.test.mjs beside this file"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_file(file: Path) -> None:
    code, names, report = node_test(file)
    assert code == 0, f"\n{report}"
    assert names, f"no test ran in {file.name}:\n{report}"


def test_a_file_without_tests_runs_none(tmp_path: Path) -> None:
    file = tmp_path / "empty.test.mjs"
    file.write_text("export {};\n")
    assert node_test(file)[:2] == (0, [])


def test_a_failing_test_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "failing.test.mjs"
    file.write_text('import test from "node:test";\ntest("that fails", () => { throw new Error("as it should"); });\n')
    code, names, report = node_test(file)
    assert (code, names) == (1, ["that fails"])
    assert "as it should" in report
