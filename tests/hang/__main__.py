"""The ring as a command: a line for each way to hang a worker on stdout, exit code 1 if one has held it up."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, get_args

from sparewheel.headless.browser import Engine
from sparewheel.testing import ScriptedProvider
from tests.hang.ring import WAYS, Outcome, answer, probe
from tests.support.embedding import embedding

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hang", description=__doc__)
    parser.add_argument("--engine", choices=get_args(Engine), default="chromium")
    parser.add_argument("--way", action="append", choices=WAYS, help="only this one; repeatable")
    args = parser.parse_args(argv)
    found = asyncio.run(run(args.engine, args.way or WAYS))
    failed = [outcome for outcome in found if outcome.problem]
    settled, answered = max(each.settled for each in found), max(each.answered for each in found)
    say(f"{len(found)} ways, {len(failed)} problems; settled after {settled} ms, others after {answered} ms at most")
    return 1 if failed else 0


async def run(engine: Engine, ways: Sequence[str]) -> list[Outcome]:
    """Probe the ways one after the other, each in a browser of its own: one may take its process down."""
    found = []
    for way in ways:
        with ScriptedProvider({"a": [answer]}) as provider:
            async with embedding(engine) as theirs:
                try:
                    outcome = await probe(theirs.page, provider, way)
                except Exception as error:  # of the browser
                    outcome = Outcome(way, failure=f"{type(error).__name__}: {error}".splitlines()[0][:200])
        found.append(outcome)
        times = f"boot {outcome.boot:5} ms  settled {outcome.settled:5} ms  others {outcome.answered:5} ms"
        say(f"{way:28} {times}  {outcome.problem or outcome.early[:60] or 'ok'}")
    return found


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
