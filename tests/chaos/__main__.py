"""The chaos ring as a command: counts on stdout, a broken rule as a test, exit code 1 if there is one."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from typing import TYPE_CHECKING

from sparewheel.errors import SparewheelError
from tests.chaos.ring import Report, chaos
from tests.chaos.world import play

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from tests.chaos.episodes import Episode


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py chaos",
        description="Take turns against models, tools, pages and users that fail at random, and check what must hold.",
    )
    parser.add_argument("--turns", type=int, default=1_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="repeat the run that printed this number")
    parser.add_argument(
        "--engine",
        choices=("native", "chromium", "firefox"),
        default="native",
        help="native: on CPython with a fake clock; or in a browser with real servers (default: %(default)s)",
    )
    return parser.parse_args(argv)


def main(args: argparse.Namespace) -> int:
    """Run the ring and return the exit code."""
    start = secrets.randbelow(1 << 32) if args.seed is None else args.seed
    say(f"seed {start}")
    began = time.monotonic()
    report = run(args, start)
    counts = ", ".join(f"{name} {count:,}" for name, count in sorted(report.seen.items()) if name != "turns")
    print(f"{report.turns:,} turns in {report.episodes:,} episodes and {time.monotonic() - began:.0f} s")
    print(counts)
    if report.problem:
        print(f"\n{report.problem}\ndef test_find() -> None:  # seed {start}\n    play({report.find!r})")
    print(f"\n{'one violation' if report.problem else 'zero violations'}")
    return 1 if report.problem else 0


def run(args: argparse.Namespace, start: int) -> Report:
    """Play the episodes on the wanted engine."""

    def take(play: Callable[[Episode], Counter[str]], *, shrink: bool) -> Report:
        return chaos(args.turns, start, play, shrink=shrink, tell=lambda report: say(f"{report.turns:,} turns"))

    if args.engine == "native":
        return take(play, shrink=True)
    from tests.chaos.browser import playing

    with playing(args.engine) as in_browser:
        return take(in_browser, shrink=False)  # it takes minutes


def say(text: str) -> None:
    print(f"chaos: {text}", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main(parse()))
    except SparewheelError as error:
        sys.exit(f"chaos: {error}. {error.info.hint}")
