"""A batch that is killed again and again: its workers and itself, by SIGKILL, at random times. What is lost?"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .batch_provider import ENV, ROOT, agent_file, answer, prompt
from .report import Table

POLL: Final = 0.01  # seconds between two looks at the file
END_LIMIT: Final = 20.0  # seconds in which workers end after their driver


@dataclass
class Losses:
    """What the file has after all runs."""

    rows: int
    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    lost: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.twice or self.wrong)

    def facts(self) -> dict[str, Any]:
        kept = {"lost": self.lost, "twice": self.twice, "wrong": self.wrong}
        return {"rows": self.rows, "runs": self.runs, "kills": dict(self.kills), **kept}

    def table(self) -> Table:
        table = Table("Kills of a batch", ["", "count"])
        for name, count in self.kills.items():
            table.add(f"SIGKILL of {name}", str(count))
        for name, value in (("runs", self.runs), ("rows", self.rows)):
            table.add(name, str(value))
        for name, found in (("lost", self.lost), ("twice", self.twice), ("with a wrong text", self.wrong)):
            table.add(name, str(len(found)))
        return table


class Kills:
    """Runs a batch in `folder` until it is through, and kills as it goes: at rows that `seed` chooses."""

    def __init__(self, folder: Path, url: str, rows: int, seed: int, processes: int = 2) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._losses = Losses(rows)
        self._out = folder / "out.jsonl"
        (folder / "agent.yaml").write_text(agent_file(url), encoding="utf-8")
        lines = [json.dumps({"id": number, "prompt": prompt(number)}) for number in range(rows)]
        (folder / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
        self._words = ["-m", "sparewheel", "batch", "agent.yaml", "in.jsonl", "--out", "out.jsonl"]
        self._words += ["--processes", str(processes), "--env", "TEST_KEY"]

    async def run(self, count: int, tell: Callable[[str], None] = lambda _: None) -> Losses:
        """Kill so many times, in turn the driver and one of its workers, and compare the file with the prompts."""
        losses = self._losses
        at = sorted(self._random.randrange(losses.rows // 50, losses.rows - losses.rows // 20) for _ in range(count))
        victims = ["a worker", "the driver"] * count
        process = await self._start()
        for rows, victim in zip(at, victims, strict=False):
            await self._reaches(rows, process)
            await asyncio.sleep(self._random.random() * 0.05)
            process = await self._kill(process, victim)
            tell(f"{sum(losses.kills.values())} of {count} kills, {self._written()} of {losses.rows} rows")
        if await process.wait() != 0:
            raise RuntimeError(f"the batch ended with exit code {process.returncode}")
        return self._compare()

    async def _start(self) -> asyncio.subprocess.Process:
        self._losses.runs += 1
        environment = {**os.environ, **ENV, "PYTHONPATH": str(ROOT / "runtime")}
        return await asyncio.create_subprocess_exec(
            sys.executable, *self._words, cwd=self._folder, env=environment, stderr=asyncio.subprocess.DEVNULL
        )

    async def _kill(self, process: asyncio.subprocess.Process, victim: str) -> asyncio.subprocess.Process:
        """Kill once. Returns the process that goes on: a new one after the driver was killed."""
        if process.returncode is not None:
            raise RuntimeError(f"the batch ended before it was killed, with exit code {process.returncode}")
        workers = _workers(process.pid)
        if victim == "the driver":
            process.kill()
            await process.wait()
            await asyncio.to_thread(_wait_for_end, workers)
            process = await self._start()
        elif workers:
            with suppress(ProcessLookupError):
                os.kill(self._random.choice(workers), signal.SIGKILL)
        self._losses.kills[victim] += 1
        return process

    async def _reaches(self, rows: int, process: asyncio.subprocess.Process) -> None:
        """Wait until the file has so many rows, or the batch has ended."""
        ended = asyncio.ensure_future(process.wait())
        while self._written() < rows and not ended.done():
            await asyncio.wait({ended}, timeout=POLL)

    def _written(self) -> int:
        if not self._out.exists():
            return 0
        with self._out.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))

    def _compare(self) -> Losses:
        losses, seen = self._losses, Counter[int]()
        for line in self._out.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            seen[row["id"]] += 1
            if row["status"] != "ok" or row["text"] != answer(prompt(row["id"])):
                losses.wrong.append(row["id"])
        losses.lost = [number for number in range(losses.rows) if not seen[number]]
        losses.twice = [number for number, count in seen.items() if count > 1]
        return losses


def _workers(driver: int) -> list[int]:
    """The processes that a batch has started to ask its prompts. Linux only."""
    children = map(int, Path(f"/proc/{driver}/task/{driver}/children").read_text().split())
    return [child for child in children if b"spawn_main" in _read(child, "cmdline")]


def _wait_for_end(processes: list[int]) -> None:
    """Raises RuntimeError if one of them goes on."""
    until = time.monotonic() + END_LIMIT
    while left := [process for process in processes if _runs(process)]:
        if time.monotonic() > until:
            raise RuntimeError(f"workers outlive their driver: {left}")
        time.sleep(POLL)  # the end of another process is no event


def _runs(process: int) -> bool:
    """Whether a process is there, and not only its exit code."""
    stat = _read(process, "stat")
    return bool(stat) and stat.rpartition(b")")[2].split()[0] != b"Z"


def _read(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""
