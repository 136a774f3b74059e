"""Throughput of a batch against a plain loop of asyncio and httpx that makes the same requests, and its memory."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from sparewheel.batch import DEFAULT_PARALLEL
from sparewheel.headless import BatchReport, run_batch

from .batch_provider import ENV, agent_file, answer, prompt
from .report import Table

ROUNDS: Final = 3
LIMITS: Final = {"native": 0.5, "chromium": 0.3}  # of the loop's throughput, at least


async def raw(url: str, count: int) -> float:
    """Seconds in which the loop has `count` answers."""
    began = time.monotonic()
    numbers = iter(range(count))

    async def work(client: httpx.AsyncClient) -> None:
        for number in numbers:
            messages = [{"role": "user", "content": prompt(number)}]
            body = {"model": "a", "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
            headers = {"authorization": f"Bearer {ENV['TEST_KEY']}"}
            text = ""
            async with client.stream("POST", f"{url}/v1/chat/completions", json=body, headers=headers) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        for choice in json.loads(line[6:])["choices"]:
                            text += choice["delta"].get("content") or ""
            assert text == answer(prompt(number))

    async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
        await asyncio.gather(*(work(client) for _ in range(DEFAULT_PARALLEL)))
    return time.monotonic() - began


class Speed:
    """Measures batches of `count` prompts against the model server at `url`; files are in `folder`."""

    def __init__(self, url: str, count: int, folder: Path, dist: Path | None) -> None:
        self._url = url
        self._count = count
        self._folder = folder
        self._dist = dist

    async def compare(self, engine: str, rounds: int = ROUNDS) -> tuple[dict[str, Any], Table]:
        """The loop and the batch in turn. Facts have rows per second, and the median of the ratios."""
        table = Table(f"Batch, {engine}", ["round", "loop, rows/s", "batch, rows/s", "ratio"])
        ratios = []
        for number in range(1, rounds + 1):
            plain = self._count / await raw(self._url, self._count)
            ours = await self.batch(engine)
            ratios.append(ours / plain)
            table.add(number, f"{plain:.0f}", f"{ours:.0f}", f"{ours / plain:.2f}")
        ratio = statistics.median(ratios)
        table.note(f"median ratio {ratio:.2f} (at least {LIMITS[engine]})")
        return {"ratios": ratios, "ratio": ratio, "limit": LIMITS[engine]}, table

    async def batch(self, engine: str, watch: Callable[[BatchReport], object] | None = None) -> float:
        """Rows per second of a batch, from its first row to its last: a browser has been started by then."""
        out = self._folder / "speed.jsonl"
        out.unlink(missing_ok=True)
        rows = [{"id": number, "prompt": prompt(number)} for number in range(self._count)]
        marks: list[tuple[float, int]] = []

        def see(report: BatchReport) -> None:
            marks.append((time.monotonic(), report.rows))
            if watch is not None:
                watch(report)

        await run_batch(
            agent_file(self._url),
            rows,
            out,
            env=ENV,
            engine=engine,  # type: ignore[arg-type]  # one of LIMITS
            dist=self._dist,
            on_progress=see,
        )
        (began, first), (ended, last) = marks[0], marks[-1]
        assert last == self._count
        return (last - first) / (ended - began)


async def grown(speed: Speed) -> tuple[dict[str, Any], Table]:
    """How much memory this process has after each tenth of a native batch."""
    marks: list[float] = []

    def watch(report: BatchReport) -> None:
        if report.rows >= (len(marks) + 1) * report.total / 10:
            marks.append(_resident())

    await speed.batch("native", watch)
    growth = marks[-1] - marks[len(marks) // 5]
    table = Table("Memory of a native batch", ["rows", "MB"])
    for number, size in enumerate(marks, 1):
        table.add(f"{number * 10} %", f"{size:.1f}")
    table.note(f"{growth:+.1f} MB from a fifth of it to its end")
    return {"mb": marks, "growth_mb": growth}, table


def _resident() -> float:
    """MB of this process in memory. Linux only."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024
