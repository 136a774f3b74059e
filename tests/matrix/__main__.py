"""The matrix as a command: each row on a line of a table; exit code 1 if one does not hold."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from bundle.release import make_packages
from sparewheel.headless import find
from sparewheel.headless.browser import BrowserNotFound

from .hosts import HOSTS
from .lab import EXTENSION, Outcome, open_lab
from .projects import Failed
from .rows import BUNDLERS
from .types import TYPES, judge

ROWS = (*HOSTS, EXTENSION, *BUNDLERS, *TYPES)
_HEAD = f"{'row':20} {'':6} {'ready':>8} {'to plain':>8} {'sent':>9}  started"


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py matrix", description="Use the npm package in fresh projects of other tools, and on odd hosts."
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these, by their beginning: {', '.join(ROWS)}")
    parser.add_argument("--tarball", type=Path, metavar="FILE", help="a package that was made before")
    args = parser.parse_args(argv)
    for word in args.rows:
        if not any(row.startswith(word) for row in ROWS):
            parser.error(f"no row begins with {word!r}; there are: {', '.join(ROWS)}")
    return args


def line(outcome: Outcome) -> str:
    """A row of the table."""
    state = "failed" if outcome.verdict else "ok"
    cells = f"{outcome.name:20} {state:6}"
    if seen := outcome.visit:
        cells += f" {seen.ready:5,} ms {outcome.ratio:7.2f}x {seen.sent / 1e6:6.2f} MB  {seen.mode}"
    return f"{cells}\n    {outcome.verdict}" if outcome.verdict else cells


async def main(args: argparse.Namespace) -> int:
    wanted = [row for row in ROWS if not args.rows or any(row.startswith(word) for word in args.rows)]
    tarball = (args.tarball or make_packages()[1]).resolve()
    launch = await asyncio.to_thread(find, "chromium")
    failed = 0
    print(_HEAD, flush=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch.arguments())
        async with open_lab(browser, tarball) as lab:
            for name in wanted:
                if name in TYPES:
                    outcome = await typed(name, tarball)
                else:
                    outcome = await lab.play(name)
                failed += bool(outcome.verdict)
                print(line(outcome), flush=True)
        await browser.close()
    print(f"{failed} of {len(wanted)} rows failed" if failed else f"all {len(wanted)} rows hold")
    return 1 if failed else 0


async def typed(name: str, tarball: Path) -> Outcome:
    try:
        await judge(name, tarball)
    except Failed as failed:
        return Outcome(name, str(failed))
    return Outcome(name)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(parse())))
    except BrowserNotFound as error:
        sys.exit(f"matrix: {error}. {error.info.hint}")
