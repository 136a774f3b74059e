"""The ring as a command: a line for each thing that a hostile text has done; exit code 1 if there is one."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from typing import TYPE_CHECKING, get_args

from sparewheel.headless import find
from sparewheel.headless.browser import Engine
from tests.hostile import speed
from tests.hostile.ring import PLACES, open_visit
from tests.support.busy import watched
from tests.support.hostile import TEXTS
from tests.support.tabs import PlaywrightTab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.hostile.ring import Place, Visit

PORTION = 34  # texts of one turn


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--engine", choices=get_args(Engine), default="chromium")
    parser.add_argument("--only", default="", help="places whose names contain this")
    parser.add_argument("--speed", action="store_true", help="texts that cost time, one by one, instead of all others")
    parser.add_argument("--text", default="", help="with --speed: texts whose names contain this")
    args = parser.parse_args(argv)
    # The runtime ends an answer that repeats itself: such answers come from imported conversations.
    places = [place for place in PLACES[1 if args.speed else 0 :] if args.only in place.__name__]
    return 1 if asyncio.run(run(args.engine, places, args.text if args.speed else None)) else 0


async def run(engine: Engine, places: Sequence[Place], text: str | None) -> list[str]:
    async with open_visit(find(engine)) as visit:
        portions = [(name, [each]) for name, each in speed.TEXTS.items() if text is not None and text in name]
        if text is None:
            portions = [(str(start), list(TEXTS[start : start + PORTION])) for start in range(0, len(TEXTS), PORTION)]
        for place in places:
            for name, texts in portions:
                await take(visit, place, name, texts)
        say(f"{len(visit.found)} findings")
        return visit.found


async def take(visit: Visit, place: Place, name: str, texts: Sequence[str]) -> None:
    began, known = time.monotonic(), len(visit.found)
    async with watched(visit.tab.page if isinstance(visit.tab, PlaywrightTab) else None) as busy:
        try:
            await place(visit, visit.arm(texts))
        except Exception as error:  # the other places are looked at all the same
            shown = "".join(await visit.tab.texts("body"))
            visit.found.append(f"{error!r}; the page shows {shown[-600:]!r}")
            await visit.load()
    if busy.longest > speed.LIMIT_MS:
        visit.found.append(f"the longest task took {busy.longest:.0f} ms of CPU")
    say(f"{place.__name__}, {name}: {time.monotonic() - began:.1f} s, longest task {busy.longest:.0f} ms")
    for line in dict.fromkeys(visit.found[known:]):
        say(f"  {line[:1500]}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n".encode("ascii", "backslashreplace").decode())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
