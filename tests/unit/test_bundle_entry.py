"""`build.py`: its command line, and what it says when a tool is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import build

BUILD = Path(build.__file__)


@pytest.mark.parametrize(
    ("argv", "command", "passed_on"),
    [
        (["build"], "build", []),
        (["run"], "run", []),
        (["run", "agent.yaml", "Hi", "--env", "K=V", "--engine", "node"], "run", None),
        (["run", "--env", "K=V", "--", "-x"], "run", None),
        (["run", "--help"], "run", None),
        (["test", "-k", "chain", "tests/unit"], "test", None),
    ],
)
def test_what_follows_run_and_test_is_passed_on(argv: list[str], command: str, passed_on: list[str] | None) -> None:
    args, rest = build.parse(argv)
    assert args.command == command
    assert rest == (argv[1:] if passed_on is None else passed_on)


def test_serve_takes_a_port_and_open() -> None:
    args, _ = build.parse(["serve", "--port", "0", "--open"])
    assert (args.port, args.open) == (0, True)
    assert build.parse(["serve"])[0].port == 8000


@pytest.mark.parametrize(
    "argv", [[], ["bake"], ["build", "extra"], ["serve", "--port", "70000"], ["serve", "--port", "-1"]]
)
def test_bad_usage_exits_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build.parse(argv)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: build.py" in err


def tool(folder: Path, name: str, output: str = "") -> None:
    """Put a program on a PATH of the test's own that prints a line."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in tools are shell scripts")
@pytest.mark.parametrize(
    ("tools", "line"),
    [
        ({}, "build.py: Node is missing: install Node 20 or newer (https://nodejs.org)"),
        ({"node": "v18.19.0"}, "build.py: Node v18.19.0 is too old: install Node 20 or newer (https://nodejs.org)"),
        ({"node": ""}, "build.py: Node (no version) is too old: install Node 20 or newer (https://nodejs.org)"),
        (
            {"node": "v20.0.0"},
            "build.py: npm is missing: it comes with Node from https://nodejs.org (Debian: apt-get install npm)",
        ),
    ],
)
def test_a_missing_tool_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: dict[str, str], line: str
) -> None:
    for name, output in tools.items():
        tool(tmp_path, name, output)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as caught:
        build.check_tools()
    assert caught.value.code == line


@pytest.mark.skipif(os.name == "nt", reason="the stand-in tools are shell scripts")
def test_tools_that_are_there_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, "node", "v24.1.0")
    tool(tmp_path, "npm")
    monkeypatch.setenv("PATH", str(tmp_path))
    build.check_tools()


def test_an_old_python_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "PYTHON_MIN", (99, 0))
    with pytest.raises(
        SystemExit, match=r"^build\.py: Python [\d.]+\S* is too old: run it with Python 3\.11 or newer$"
    ):
        build.check_tools()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in tools are shell scripts")
def test_a_failure_is_one_line_on_stderr_and_exit_1(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, BUILD, "build"], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "build.py: Node is missing: install Node 20 or newer (https://nodejs.org)\n"
