"""Tests in a browser that failed get a second try, and no other tests do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.second_run import MOST

ROOT = Path(__file__).parents[2]
# Fails until it has run as often as it says.
FLAKY = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_it(number):
    seen = Path({folder!r}, f"seen{{number}}")
    runs = len(seen.read_text()) if seen.exists() else 0
    seen.write_text("x" * (runs + 1))
    assert runs >= {failures}
"""


def run(folder: Path, ring: str, *, count: int = 1, failures: int = 1, select: bool = False) -> tuple[int, str, int]:
    """Exit code, output, and how often each test ran."""
    tests = folder / "tests" / ring
    tests.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\naddopts = --import-mode=importlib\n")
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.support.second_run"]\n')
    (tests / "test_flaky.py").write_text(FLAKY.format(folder=str(folder), count=count, failures=failures))
    selected = [f"tests/{ring}/test_flaky.py"] if select else []
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *selected],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    runs = {len(path.read_text()) for path in folder.glob("seen*")}
    assert len(runs) == 1
    return outcome.returncode, outcome.stdout, runs.pop()


def test_a_test_that_passes_the_second_time_is_named_and_fails_nothing(tmp_path: Path) -> None:
    code, output, runs = run(tmp_path, "e2e")
    assert (code, runs) == (0, 2)
    assert "[1] passed the second time only: find out why\n  tests/e2e/test_flaky.py::test_it[0]\n" in output


def test_a_test_that_fails_twice_fails(tmp_path: Path) -> None:
    code, output, runs = run(tmp_path, "e2e", failures=2)
    assert (code, runs) == (1, 2)
    assert "did not all pass the second time either" in output


@pytest.mark.parametrize(
    ("ring", "count", "select"),
    [("unit", 1, False), ("e2e", MOST + 1, False), ("e2e", 1, True)],
    ids=["of another ring", "too many", "selected"],
)
def test_others_get_no_second_try(tmp_path: Path, ring: str, count: int, select: bool) -> None:
    code, output, runs = run(tmp_path, ring, count=count, select=select)
    assert (code, runs) == (1, 1)
    assert "second t" not in output
