"""Starting in each engine: a first and a second visit, from the snapshot, in turns, against Chromium."""

from __future__ import annotations

import asyncio
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args

from sparewheel.headless import find
from sparewheel.headless.browser import Engine
from sparewheel.headless.static import StaticServer
from tests.support.browser import BOOT_LIMIT, within
from tests.support.tabs import Tab, open_tab

from .lab import Facts
from .report import Table, ratio

ROUNDS: Final = 5
_VISITS: Final = ("first", "second")
_START: Final = """async () => {
  const began = performance.now();
  const { createRuntime } = await import("./sparewheel.js");
  const runtime = await createRuntime();
  const ms = performance.now() - began;
  runtime.dispose();
  return { ...runtime.boot, ms };
}"""


async def engines(dist: Path, tell: Callable[[str], object], rounds: int = ROUNDS) -> tuple[Facts, Table]:
    """From the import of the embed API to `ready`, in ms: medians. Each round has one new browser of each engine.

    Raises:
        BrowserNotFound: an engine is not here.
        RuntimeError: a start was not from the snapshot.
    """
    launches = {engine: await asyncio.to_thread(find, engine) for engine in get_args(Engine)}
    times: defaultdict[tuple[Engine, str], list[float]] = defaultdict(list)
    with StaticServer(dist) as server:
        for number in range(1, rounds + 1):
            for engine, launch in launches.items():
                tell(f"start {number} of {rounds} in {engine}")
                async with open_tab(launch) as tab:
                    for visit in _VISITS:
                        times[engine, visit].append(await _start(tab, server.url))
    medians = {cell: statistics.median(each) for cell, each in times.items()}
    facts: Facts = {}
    table = Table("Start in each engine, to ready (ms)", ("engine", *(f"{visit} visit" for visit in _VISITS), "ratios"))
    for engine in launches:
        ratios = [medians[engine, visit] / medians["chromium", visit] for visit in _VISITS]
        for visit, value in zip(_VISITS, ratios, strict=True):
            facts |= {f"{engine}_{visit}_ms": medians[engine, visit], f"{engine}_{visit}_ratio": value}
        cells = [f"{medians[engine, visit]:,.0f}" for visit in _VISITS]
        table.add(engine, *cells, ", ".join(map(ratio, ratios)))
    table.note(f"{rounds} new browsers each, in turns. Ratios: to Chromium's.")
    return facts, table


async def _start(tab: Tab, url: str) -> float:
    await tab.goto(f"{url}headless.html")
    started: dict[str, Any] = await within(tab.evaluate(_START), BOOT_LIMIT)
    if started["mode"] != "snapshot":
        raise RuntimeError(f"it started plainly: {started['reason']}")
    ms: float = started["ms"]
    return ms
