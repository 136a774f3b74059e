"""The commands of `build.py`, inside the virtual environment."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from bundle.assemble import build
from bundle.checks import CHECKS, run_check
from bundle.shell import DIST, ROOT, BuildError, become, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

HELP = {"-h", "--help"}


def perform(args: argparse.Namespace, passed_on: Sequence[str]) -> int:
    """Carry out a parsed command line and return the exit code.

    Args:
        args: what `build.py` parsed; `command` says which command.
        passed_on: the arguments of `run`, `test` and `bench`, which belong to the program they start.

    Raises:
        BuildError: a step failed.
    """
    match args.command:
        case "build":
            build()
        case "serve":
            build()
            serve(args.port, args.open)
        case "run":
            run(passed_on)
        case "test":
            test(passed_on)
        case "bench":
            build_for_a_browser(passed_on)
            become([sys.executable, "-m", "tests.bench", *passed_on], {"PYTHONPATH": str(ROOT)})
        case "check":
            return check()
    return 0


def serve(port: int, open_page: bool) -> None:
    """Serve `dist/` until Ctrl-C."""
    from sparewheel.headless.static import StaticServer

    try:
        server = StaticServer(DIST, port)
    except OSError as error:
        raise BuildError(f"cannot serve on port {port}: {error.strerror}; pass another one with --port") from error
    with server:
        say(f"serving {server.url} (Ctrl-C ends it)")
        if open_page:
            webbrowser.open(server.url)
        try:
            server.wait()
        except KeyboardInterrupt:
            say("stopped")


def run(passed_on: Sequence[str]) -> NoReturn:
    """Build, install a browser if the wanted one is missing, then become the headless command line."""
    from sparewheel.errors import ConfigError
    from sparewheel.headless import browser
    from sparewheel.headless.arguments import parse

    engine = parse(["run", *passed_on]).engine  # ends the process on --help and on bad usage
    build()
    if engine != "node":
        with suppress(ConfigError):  # the command finds no browser either and reports it as an `error` event
            browser.ensure(engine, say)
    become([sys.executable, "-m", "sparewheel.headless", "run", "--dist", DIST, *passed_on])


def test(passed_on: Sequence[str]) -> None:
    """Build, make sure that there is a browser, then become pytest."""
    build_for_a_browser(passed_on)
    os.chdir(ROOT)  # where pytest finds its configuration and the tests
    become([sys.executable, "-m", "pytest", *passed_on])


def build_for_a_browser(passed_on: Sequence[str]) -> None:
    """Build, and make sure that there is a browser, unless the program that comes next is only asked for help."""
    from sparewheel.errors import SparewheelError
    from sparewheel.headless import browser

    if HELP & set(passed_on):
        return
    build()
    try:
        browser.ensure("chromium", say)
    except SparewheelError as error:
        raise BuildError(f"{error}. {error.info.hint}") from error


def check() -> int:
    """Run every check, show what those that fail say, and return 1 if one did."""
    failed = []
    for name in CHECKS:
        say(f"check {name}")
        output = run_check(name)
        if output is not None:
            failed.append(name)
            print(output, file=sys.stderr)
    say(f"check failed: {', '.join(failed)}" if failed else "all checks pass")
    return 1 if failed else 0
