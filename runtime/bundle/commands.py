"""The commands of `build.py`, inside the virtual environment."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

from bundle.assemble import build
from bundle.checks import AT_ONCE, CHECKS, FORMATTERS, run_check, run_tool
from bundle.fetch import (
    CODE_WHEEL_LIST,
    fetch_inspect_tests,
    fetch_mcp_tests,
    fetch_node_modules,
    fetch_simulators,
    fetch_wheels,
)
from bundle.rings import NEED_BROWSER, NEED_DIST, selected
from bundle.shell import DIST, ROOT, BuildError, alone, become, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from sparewheel.headless.browser import Engine

HELP = {"-h", "--help"}
OTHER_ENGINES: Final[tuple[Engine, ...]] = ("firefox", "webkit")


def perform(args: argparse.Namespace, passed_on: Sequence[str]) -> int:
    """Run a command and return the exit code.

    Args:
        args: the parsed command line; `command` is the name of the command.
        passed_on: the arguments of the commands that start another program (`PASSED_ON` in build.py).

    Raises:
        BuildError: a step failed.
    """
    match args.command:
        case "build":
            build(args.public_url)
        case "serve":
            from sparewheel.headless.files import serve

            build()
            serve(DIST, args.port, open_page=args.open, tell=say)
        case "run":
            run(passed_on)
        case "test":
            test(passed_on)
        case "bench" | "fuzz" | "matrix" | "screenshots":
            become_program(args.command, passed_on, in_browser=True)
        case "chaos":
            become_program("chaos", passed_on, in_browser=any(word.startswith("--engine") for word in passed_on))
        case "conformance":
            build()
            fetch_mcp_tests()
            become_program("mcp", passed_on, in_browser=False)
        case "package":
            package()
        case "check":
            return check()
        case "format":
            return format_sources()
    return 0


def run(passed_on: Sequence[str]) -> NoReturn:
    """Build, install the wanted browser if it is missing, then replace this process by the headless command line."""
    from sparewheel.errors import ConfigError
    from sparewheel.headless import browser
    from sparewheel.headless.arguments import parse

    engine = parse(["run", *passed_on]).engine  # ends the process on --help and on bad usage
    build()
    if engine != "node":
        with suppress(ConfigError):  # the command finds no browser either and reports it as an `error` event
            browser.ensure(engine, say)
    become([sys.executable, "-m", "sparewheel.headless", "run", "--dist", DIST, *passed_on])


def test(passed_on: Sequence[str]) -> NoReturn:
    """Prepare what the selected tests need (`bundle.rings`), then replace this process by pytest."""
    if not HELP & set(passed_on):
        rings = selected(passed_on)
        with ThreadPoolExecutor(1) as during_build:
            fetched = during_build.submit(fetch_for_browsers) if rings & NEED_BROWSER else None
            if rings & NEED_DIST:
                build()
            else:
                with alone("build"):
                    fetch_node_modules()
            if fetched is not None:
                fetched.result()
    os.chdir(ROOT)  # pytest looks for its configuration here
    become([sys.executable, "-m", "pytest", *passed_on])


def fetch_for_browsers() -> None:
    """Install what only the tests in browsers need. Raises BuildError."""
    install_browser()
    install_other_engines()
    with alone("simulators"):
        fetch_simulators()
        fetch_mcp_tests()
        fetch_inspect_tests()
        fetch_wheels(CODE_WHEEL_LIST)


def become_program(name: str, passed_on: Sequence[str], *, in_browser: bool) -> NoReturn:
    """Prepare what `tests.NAME` needs, a build and a browser if it uses one, then replace this process by it."""
    if in_browser and not HELP & set(passed_on):
        build()
        install_browser()
    become([sys.executable, "-m", f"tests.{name}", *passed_on], {"PYTHONPATH": str(ROOT)})


def package() -> None:
    """Build, then make the packages for PyPI and npm."""
    from bundle.release import make_packages

    build()
    for path in make_packages():
        say(f"{path} is ready: {path.stat().st_size / 1e6:.1f} MB")


def install_browser() -> None:
    """Install a Chromium if none is found."""
    from sparewheel.errors import SparewheelError
    from sparewheel.headless import browser

    try:
        browser.ensure("chromium", say)
    except SparewheelError as error:
        raise BuildError(f"{error}. {error.info.hint}") from error


def install_other_engines() -> None:
    """Install Firefox and WebKit if they are not found. The tests' summary names an engine that is still missing."""
    from sparewheel.errors import ConfigError
    from sparewheel.headless import browser

    for engine in OTHER_ENGINES:
        try:
            browser.ensure(engine, say)
        except ConfigError as error:
            say(f"no test is run in {engine}: {error}. {error.info.hint}")


def check() -> int:
    """Run every check, print the output of those that fail, and return 1 if one did."""

    def run(name: str) -> str | None:
        say(f"check {name}")
        return run_check(name)

    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, output in zip(CHECKS, pool.map(run, CHECKS), strict=True):
            if output is not None:
                failed.append(name)
                print(output, file=sys.stderr)
    say(f"check failed: {', '.join(failed)}" if failed else "all checks pass")
    return 1 if failed else 0


def format_sources() -> int:
    """Format the sources in place; print what must be fixed by hand, and return 1 if there is any."""
    failed = False
    for argv in FORMATTERS:
        output = run_tool(argv)
        if output is not None:
            failed = True
            print(output, file=sys.stderr)
    return 1 if failed else 0
