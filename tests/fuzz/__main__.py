"""The fuzz ring as a command: a line for each reader on stdout, finds as tests, exit code 1 if there is any."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from functools import partial
from typing import Final

from sparewheel.errors import SparewheelError
from tests.fuzz.browser import BROWSER, fuzz_browser
from tests.fuzz.readers import READERS
from tests.fuzz.ring import FINDS, Report, as_test, fuzz, replay, save, timed

EXAMPLES: Final = 200  # inputs of one reader before the next one has its turn
BROWSER_SHARE: Final = 0.2  # of the time


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py fuzz",
        description="Give every reader of foreign bytes inputs that are nearly right, on CPython and in a browser.",
        epilog=f"A find is printed as a test and kept in {FINDS.name}/; the next run begins with it.",
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="repeat the run that printed this number")
    parser.add_argument("--reader", action="append", choices=[*READERS, BROWSER], help="only this one; repeatable")
    return parser.parse_args(argv)


def main(args: argparse.Namespace) -> int:
    """Run the ring and return the exit code."""
    start = secrets.randbelow(1 << 32) if args.seed is None else args.seed
    say(f"seed {start}")
    names = args.reader or [*READERS, BROWSER]
    host = [name for name in names if name != BROWSER]
    failed = [report for name in host for report in replay(name, partial(timed, READERS[name].check))]
    seconds = args.minutes * 60
    reports = {name: Report(name) for name in names}
    if host:
        run_readers([reports[name] for name in host], start, seconds * (1 - BROWSER_SHARE * (BROWSER in names)))
    if BROWSER in names:
        failed += fuzz_browser(reports[BROWSER], start, seconds * (BROWSER_SHARE if host else 1))
    for report in reports.values():
        print(f"{report.name:10} {report.inputs:8,} inputs, the slowest took {report.slowest * 1000:.0f} ms")
    found = [report for report in reports.values() if report.problem]
    for report in found:
        print(f"\n{report.problem}\n{as_test(report)}\nkept in {save(report)}")
    for report in failed:
        print(f"\n{report.problem}\n{as_test(report)}\nstill there: {report.path}")
    print(f"\n{sum(report.inputs for report in reports.values()):,} inputs, {len(found) + len(failed)} finds")
    return 1 if found or failed else 0


def run_readers(reports: list[Report], start: int, seconds: float) -> None:
    """Give the readers their inputs in turns, for so long. A reader with a find is left out afterwards."""
    end = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < end and (left := [report for report in reports if not report.problem]):
        for report in left:
            if time.monotonic() < end:
                fuzz(report, examples=EXAMPLES, start=start + turn)
        turn += 1
        say(", ".join(f"{report.name} {report.inputs:,}" for report in reports))


def say(text: str) -> None:
    print(f"fuzz: {text}", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main(parse()))
    except SparewheelError as error:
        sys.exit(f"fuzz: {error}. {error.info.hint}")
