"""Every way to hang a worker, one after the other: a line for each, then a table. Exit code 1 if one has failed."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, get_args

from sparewheel.headless import find, find_dist
from sparewheel.headless.browser import Engine
from sparewheel.testing import ScriptedProvider
from tests.bench.report import Table
from tests.hang.ring import ANSWERED_MS, SETTLED_MS, WAYS, Outcome, answer, probe
from tests.support.browser import Site
from tests.support.tabs import open_tab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sparewheel.headless.browser import Launch

WAYS_PER_BROWSER: Final[dict[Engine, int]] = {"chromium": 8, "firefox": 8, "webkit": 1}  # a hung worker may go on there
MAX_LOAD: Final = 1.0  # of the machine, at the start
_PAGE: Final = Path(__file__).resolve().parents[1] / "e2e" / "theirs"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hang", description=__doc__)
    parser.add_argument("--engine", choices=get_args(Engine), default="chromium")
    parser.add_argument("--way", action="append", choices=WAYS, help="only this one; repeatable")
    parser.add_argument("--count", type=int, default=len(WAYS), help="only so many, evenly spread")
    args = parser.parse_args(argv)
    load = os.getloadavg()[0]
    found = asyncio.run(run(args.engine, args.way or spread(WAYS, args.count)))
    failed = [outcome for outcome in found if outcome.problem]
    say(f"\n{table(args.engine, found, load)}\n")
    for outcome in failed:
        say(f"{outcome.way}: {outcome.problem}")
    say(f"{len(found)} ways, {len(failed)} problems")
    return 1 if failed else 0


def spread(ways: Sequence[str], count: int) -> list[str]:
    """So many of the ways, from all their kinds."""
    count = min(count, len(ways))
    return [ways[number * len(ways) // count] for number in range(count)]


async def run(engine: Engine, ways: Sequence[str]) -> list[Outcome]:
    """Probe the ways one after the other, each on a page that is loaded for it."""
    launch = await asyncio.to_thread(find, engine)
    found: list[Outcome] = []
    with Site({"/some/deep/path/spare/": find_dist(), "/theirs/": _PAGE}) as site:
        waiting = list(ways)
        while waiting:
            tried = await _in_one_browser(launch, site, waiting[: WAYS_PER_BROWSER[engine]])
            found += tried
            del waiting[: len(tried)]
    return found


async def _in_one_browser(launch: Launch, site: Site, ways: Sequence[str]) -> list[Outcome]:
    """Probe ways until one has failed: it may have taken the browser's process down."""
    found: list[Outcome] = []
    async with open_tab(launch) as tab:
        for way in ways:
            try:
                await tab.goto(f"{site.origin}/theirs/")
                with ScriptedProvider({"a": [answer]}) as provider:
                    outcome = await probe(tab, provider, way)
            except Exception as error:  # of the browser
                outcome = Outcome(way, failure=f"{type(error).__name__}: {error}".splitlines()[0][:200])
            found.append(outcome)
            times = f"boot {outcome.boot:5} ms  settled {outcome.settled:5} ms  others {outcome.answered:5} ms"
            say(f"{way:28} {times}  {outcome.problem or outcome.early[:60] or 'ok'}")
            if outcome.failure:
                break
    return found


def table(engine: Engine, found: Sequence[Outcome], load: float) -> Table:
    """The median and the worst of what was measured, against the limits."""
    columns = ("milliseconds", "median", "worst", "limit", "of")
    report = Table(f"{len(found)} ways to hang a worker in {engine}", columns)

    def add(name: str, measured: Callable[[Outcome], int], limit: object) -> None:
        worst = max(found, key=measured)
        report.add(name, round(median(map(measured, found))), measured(worst), limit, worst.way)

    add("every promise settled, after the abort", lambda each: each.settled, SETTLED_MS)
    add("another session has answered, after that", lambda each: each.answered, ANSWERED_MS)
    add("a runtime started (for comparison)", lambda each: each.boot, "")
    if load > MAX_LOAD:
        report.note(f"The machine's load was {load:.1f} at the start. The limits are for a machine that is not busy.")
    return report


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
