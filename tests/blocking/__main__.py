"""The ring as a command: a line for each input, the longest blocking first; exit code 1 if one is over the limit."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, get_args

from sparewheel.headless.browser import Engine
from tests.blocking.ring import LIMIT_MS, NAMES, Outcome, open_ring

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.blocking", description=__doc__)
    parser.add_argument("--engine", choices=get_args(Engine), default="chromium")
    parser.add_argument("--only", default="", help="inputs whose names contain this")
    parser.add_argument("--rounds", type=int, default=3, help="how many times each (default: %(default)s)")
    args = parser.parse_args(argv)
    found = asyncio.run(run(args.engine, [name for name in NAMES if args.only in name], args.rounds))
    over = [outcome for outcome in found if outcome.blocked > LIMIT_MS]
    say(f"{len(found)} inputs, {len(over)} over {LIMIT_MS} ms:")
    for outcome in sorted(found, key=lambda each: -each.blocked):
        say(line(outcome))
    return 1 if over else 0


async def run(engine: Engine, names: Sequence[str], rounds: int) -> list[Outcome]:
    async with open_ring(engine) as ring:
        found = []
        for name in names:
            found.append(await ring.run(name, rounds))
            say(line(found[-1]))
    return found


def line(outcome: Outcome) -> str:
    return f"{outcome.blocked:7.0f} ms  {outcome.name} ({outcome.took:.0f} ms)  {outcome.outcome}"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
