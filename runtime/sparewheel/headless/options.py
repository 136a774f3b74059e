"""The parser of every command, and the options that several of them have."""

from __future__ import annotations

import argparse
import os
from typing import Any, Final, NoReturn

_DIST_HELP: Final = "the built files; default: SPAREWHEEL_DIST, else the package's own"
_ENV_HELP: Final = "a variable for the agent file; without =V the value is read from the environment (safer for keys)"


class Parser(argparse.ArgumentParser):
    """Prints one line about bad usage, which quotes no argument: it may have a key in it. Takes no abbreviations."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.format_usage()}{self.prog}: {message}\n")


def add_env(parser: argparse.ArgumentParser) -> None:
    """Add `--env`: `env` is a list of names with values."""
    parser.add_argument("--env", action="append", default=[], type=variable, metavar="K[=V]", help=_ENV_HELP)


def add_dist(parser: argparse.ArgumentParser) -> None:
    """Add `--dist`."""
    parser.add_argument("--dist", metavar="DIR", help=_DIST_HELP)


def variable(text: str) -> tuple[str, str]:
    """The name and the value of `--env`. Raises `argparse.ArgumentTypeError`."""
    # The text may contain a key: no message may quote it.
    name, equals, value = text.partition("=")
    if not name.isidentifier():
        raise argparse.ArgumentTypeError("write it as NAME=VALUE, or NAME")
    if equals:
        return name, value
    if name not in os.environ:
        raise argparse.ArgumentTypeError("a NAME without =VALUE must be set in the environment")
    return name, os.environ[name]
