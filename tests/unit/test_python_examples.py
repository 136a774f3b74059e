"""The programs of `runtime/examples`, run as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "runtime" / "examples"


def run(*argv: str) -> str:
    """What the program prints; it must end with exit code 0."""
    done = subprocess.run([sys.executable, *argv], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_agent_in_a_python_program() -> None:
    first, second, answer = run("open_agent.py").splitlines()
    assert first.startswith("Fallback from demo/drops-midway to demo/overloaded: The connection broke")
    assert second == "Fallback from demo/overloaded to demo/hello: Overloaded"
    assert answer.startswith("Hello! I am the spare.")


def test_the_tests_of_an_agent() -> None:
    assert "2 passed" in run("-m", "pytest", "-p", "no:cacheprovider", "test_agent.py")


def test_agent_files_compared(tmp_path: Path) -> None:
    files = ("compare/one.yaml", "compare/chain.yaml", "compare/in.jsonl")
    out = run("-m", "sparewheel", "compare", *files, "--out", str(tmp_path))
    assert "fallback from demo/drops-midway to demo/overloaded (network) 0 6" in " ".join(out.split())
    assert "Both have answered 6 of 6 rows, 6 of them with the same text; chain was faster in 0." in out
