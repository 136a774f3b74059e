"""Where the milliseconds of a first delta and of a fallback go: on the way to the server, and back from it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections import defaultdict
from typing import Final

from .api import Api
from .lab import OURS, RAW, Contender, Facts, Lab, median, shuffled
from .report import Table, ms
from .sizes import Sizes
from .stream import CHAT, SESSION

WAYS: Final = ((RAW, "raw"), (OURS, "session"), (CHAT, "chat() with a known file"), (SESSION, "new session"))
FIRST: Final = ("prompt to request", "answer to first delta")
FALLBACK: Final = ("prompt to first request", "429 to second request", "answer to first delta")
SECOND: Final = {"another host": "other/flood-1", "the same host": "flood-1"}


async def where(lab: Lab, sizes: Sizes) -> tuple[Facts, list[Table]]:
    """Medians of each part. All run in one page, because the clocks of two browsers differ."""
    async with lab.contender(OURS) as ours:
        for _ in range(2):  # engines compile what has run for a while
            for name, _ in WAYS:
                await ours.run("flood-2000", name=name)
        return await _parts(ours, lab, sizes)


async def _parts(ours: Contender, lab: Lab, sizes: Sizes) -> tuple[Facts, list[Table]]:
    parts: defaultdict[str, list[tuple[float, ...]]] = defaultdict(list)
    for name, _ in shuffled(WAYS, sizes.firsts):
        lab.tell(f"parts of a first delta, {name}")
        run = await ours.run("flood-1", name=name)
        asked = await _asked(lab.api, "flood-1")
        parts[name].append((asked - run.began, run.began + run.first_ms - asked))
    first = Table("Where a first delta spends its time (ms)", ("", *FIRST, "in all"))
    for name, title in WAYS:
        first.add(title, *map(ms, _medians(parts[name])))
    cells = [(name, host) for name in (RAW, OURS) for host in SECOND]
    for number, (name, host) in enumerate(shuffled(cells, sizes.fallbacks)):
        lab.tell(f"parts of a fallback to {host}, {name}")
        failing = f"status-429-where-{number}"  # used once: a model that has failed rests
        run = await ours.run(failing, SECOND[host], name=name)
        failed = await _asked(lab.api, failing)
        asked = await _asked(lab.api if host == "the same host" else lab.other_api, "flood-1")
        parts[f"{name}, {host}"].append((failed - run.began, asked - failed, run.began + run.first_ms - asked))
    second = Table("Where a fallback after a 429 spends its time (ms)", ("", *FALLBACK, "in all"))
    for host in SECOND:
        for name in (RAW, OURS):
            second.add(f"{name}, {host}", *map(ms, _medians(parts[f"{name}, {host}"])))
    second.note(f"Medians of each column: {sizes.firsts} first deltas of each, {sizes.fallbacks} fallbacks.")
    return {key: _medians(value) for key, value in parts.items()}, [first, second]


def _medians(times: list[tuple[float, ...]]) -> list[float]:
    """That of each part, and that of their sums."""
    return [*map(median, zip(*times, strict=True)), median([sum(each) for each in times])]


async def _asked(api: Api, model: str) -> float:
    """When the last request for a model was read, and its answer began."""

    def read() -> float:
        with urllib.request.urlopen(f"{api.url}/times", timeout=10) as response:
            return float(json.load(response)[model])

    return await asyncio.to_thread(read)
