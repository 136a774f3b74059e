"""Measures batches: what kills cost, throughput against a plain loop, memory, and Dask's workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from .batch_cluster import LATENCY
from .batch_cluster import measure as measure_cluster
from .batch_kills import Kills
from .batch_provider import provider
from .batch_speed import Speed, grown
from .report import Table

KILLS: Final = 20


async def batches(
    rows: int, seed: int, dist: Path | None, tell: Callable[[str], None]
) -> tuple[dict[str, Any], list[Table], list[str]]:
    """Facts, tables, and what does not hold."""
    facts: dict[str, Any] = {}
    tables: list[Table] = []
    broken: list[str] = []

    def keep(name: str, measured: tuple[dict[str, Any], Table]) -> None:
        facts[name] = measured[0]
        tables.append(measured[1])
        if "ratio" in measured[0] and measured[0]["ratio"] < measured[0]["limit"]:
            broken.append(f"{name}: {measured[0]['ratio']:.2f} is below {measured[0]['limit']}")

    with TemporaryDirectory() as name:
        folder = Path(name)
        async with provider() as url:
            losses = await Kills(folder, url, rows, seed).run(KILLS, tell)
            keep("kills", (losses.facts(), losses.table()))
            if not losses.sound:
                broken.append("kills: rows are lost, twice in the file, or wrong")
            speed = Speed(url, max(rows // 5, 100), folder, dist)
            for engine in ("native", "chromium"):
                tell(f"throughput, {engine}")
                keep(engine, await speed.compare(engine))
            tell("memory")
            keep("memory", await grown(Speed(url, rows, folder, dist)))
        async with provider(LATENCY) as url:
            tell("Dask")
            keep("dask", await measure_cluster(url, max(rows // 5, 100), folder))
    return facts, tables, broken
