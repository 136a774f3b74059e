#!/usr/bin/env python3
"""Build, serve, run, test and check Sparewheel: `python3 build.py --help`.

Needs Python 3.11 or newer with Node 20 or newer and npm; everything else is fetched into this folder. This file makes
the virtual environment and continues inside it; the commands are in `runtime/bundle`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PYTHON_MIN = (3, 11)
NODE_MIN = 20
# Commands that pass their arguments to another program.
PASSED_ON = ("run", "test", "bench", "fuzz", "chaos", "matrix", "conformance", "screenshots")


def parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse the command line. The second value is what follows one of `PASSED_ON`, unchanged."""
    parser = argparse.ArgumentParser(prog="build.py", description="Build and use Sparewheel.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    make = commands.add_parser("build", help="make dist/: a static folder that runs from any static host")
    make.add_argument(
        "--public-url", type=https_url, metavar="URL", help="where dist/ will be: for sign-ins to MCP servers"
    )
    serve = commands.add_parser("serve", help="build, then serve the page on this machine")
    serve.add_argument("--port", type=port, default=8000, help="0: any free port (default: %(default)s)")
    serve.add_argument("--open", action="store_true", help="open the page in the default browser")
    commands.add_parser("run", help="build, then run one turn headless; prints events as JSON lines")
    commands.add_parser("test", help="run all tests, or those that pytest's arguments select; builds if they need it")
    commands.add_parser("bench", help="build, then measure against raw JavaScript; --quick, --json FILE, --soak")
    commands.add_parser("fuzz", help="feed every reader of foreign bytes mutated input; --minutes N, --seed S")
    commands.add_parser("chaos", help="run turns against servers that fail at random; --turns N, --seed S, --engine")
    commands.add_parser("matrix", help="build, then use the npm package with each bundler and host; [ROW…]")
    commands.add_parser("conformance", help="build, then play the client scenarios of the MCP conformance suites")
    commands.add_parser("screenshots", help="build, then take pictures of the page's main states in docs/screenshots")
    commands.add_parser("package", help="build, then make the packages for PyPI and npm in .cache/packages")
    commands.add_parser("check", help="lint, format, types, layers, words, lengths")
    commands.add_parser("format", help="format the sources, and fix what the linter can fix")
    passed_on = argv[1:] if argv and argv[0] in PASSED_ON else []
    return parser.parse_args(argv[: len(argv) - len(passed_on)]), passed_on


def port(text: str) -> int:
    """Parse a TCP port."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")
    return int(text)


def https_url(text: str) -> str:
    """Parse the https address of a folder; it ends with a slash then."""
    if not re.fullmatch(r"https://[^/?#@\\\s]+(/[^?#\\\s]*)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an https address without a query")
    return text if text.endswith("/") else f"{text}/"


def check_tools() -> None:
    """Exit with one line if Python, Node or npm is missing or too old."""
    if sys.version_info < PYTHON_MIN:
        stop(f"Python {sys.version.split()[0]} is too old: run it with Python 3.11 or newer")
    node = shutil.which("node")
    if not node:
        stop(f"Node is missing: install Node {NODE_MIN} or newer (https://nodejs.org)")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    major = re.match(r"v(\d+)", version)
    if not major or int(major[1]) < NODE_MIN:
        stop(
            f"Node {version.strip() or '(no version)'} is too old: install Node {NODE_MIN} or newer (https://nodejs.org)"
        )
    if not shutil.which("npm"):
        stop("npm is missing: it comes with Node from https://nodejs.org (Debian: apt-get install npm)")


def ensure_environment() -> None:
    """Make or update .venv, unless it was made in this folder from the present pyproject.toml."""
    import tomllib

    from bundle.shell import logged, say

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [str(ROOT), project["project"], project["build-system"], project["tool"]["hatch"]]
    key = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    stamp = VENV / "made-from"
    complete = VENV_PYTHON.exists() and stamp.exists()  # the Python that it links to may have been removed
    if complete and stamp.read_text() == key:
        return
    say("installing the Python tools into .venv (once; about half a minute)")
    if not complete:
        logged(
            [sys.executable, "-m", "venv", "--clear", VENV],
            "venv",
            "could not make .venv: Python's venv module does not work here (Debian: apt-get install python3-venv)",
        )
    logged(
        [VENV_PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-e", ".[dev]"],
        "pip",
        "could not install the Python tools: check the network and run it again",
    )
    stamp.write_text(key)


def inside() -> bool:
    """Whether this is the Python of the virtual environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def stop(message: str) -> NoReturn:
    """Exit with code 1 and a line on stderr."""
    sys.exit(f"build.py: {message}")


def main(argv: list[str]) -> int:
    args, passed_on = parse(argv)
    check_tools()
    sys.path.insert(0, str(ROOT / "runtime"))
    from bundle.shell import BuildError, alone, become

    try:
        with alone("environment"):
            ensure_environment()
        if not inside():
            become([VENV_PYTHON, ROOT / "build.py", *argv])
        from bundle.commands import perform

        return perform(args, passed_on)
    except (BuildError, OSError) as error:
        stop(str(error))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
