"""Batches on Dask's workers: two against one, and two of which one is killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sparewheel.headless import BatchReport, run_batch

from .batch_provider import ENV, ROOT, agent_file, answer, prompt
from .report import Table

LATENCY: Final = 0.1  # seconds of a turn
CONCURRENCY: Final = 8  # so that the provider and the workers do not wait for the processor
LIMIT: Final = 1.7  # times the throughput of one worker
START_LIMIT: Final = 60.0  # seconds


class Cluster:
    """A Dask scheduler and its workers, all on this machine, each in a process of its own."""

    def __init__(self, address: str, workers: list[asyncio.subprocess.Process]) -> None:
        self.address = address
        self.workers = workers

    def kill(self) -> None:
        """Kill a worker."""
        os.kill(self.workers[0].pid, signal.SIGKILL)


@asynccontextmanager
async def dask(count: int, folder: Path) -> AsyncIterator[Cluster]:
    """A cluster of so many workers with one thread each. They keep their files in `folder`."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    started = [await _start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", file=file)]
    try:
        async with asyncio.timeout(START_LIMIT):
            address = await asyncio.to_thread(_address, file)
            for _ in range(count):
                options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(folder))
                started.append(await _start("worker", *options, file=file))
            await asyncio.to_thread(_wait_for_workers, address, count)
        yield Cluster(address, started[1:])
    finally:
        for process in reversed(started):
            if process.returncode is None:
                process.kill()
                await process.wait()


async def run(cluster: Cluster, url: str, rows: int, out: Path, *, kill: bool = False) -> BatchReport:
    """A batch on the cluster; `kill`: a worker is killed when a third of the rows is there."""
    killed = not kill

    def watch(report: BatchReport) -> None:
        nonlocal killed
        if not killed and report.rows >= rows // 3:
            killed = True
            cluster.kill()

    _forget(out)
    items = [{"id": number, "prompt": prompt(number)} for number in range(rows)]
    report = await run_batch(
        agent_file(url), items, out, env=ENV, dask=cluster.address, concurrency=CONCURRENCY, on_progress=watch
    )
    found = Counter((row["id"], row["text"]) for row in _rows(out))
    if found != Counter((number, answer(prompt(number))) for number in range(rows)):
        raise RuntimeError(f"the file of a batch on {len(cluster.workers)} workers has not each row once")
    return report


async def measure(url: str, rows: int, folder: Path) -> tuple[dict[str, Any], Table]:
    """One worker, two, and two of which one is killed."""
    table = Table("Batch on Dask's workers, 100 ms a turn", ["workers", "rows", "rows/s"])
    rates = {}
    for workers in (1, 2):
        async with dask(workers, folder) as cluster:
            await run(cluster, url, 2 * CONCURRENCY * workers, folder / "warm.jsonl")  # runtimes are started
            began = time.monotonic()
            await run(cluster, url, rows, folder / "cluster.jsonl")
            rates[workers] = rows / (time.monotonic() - began)
            table.add(workers, rows, f"{rates[workers]:.1f}")
            if workers == 2:
                report = await run(cluster, url, rows, folder / "killed.jsonl", kill=True)
                table.add("2, one killed", rows, f"{report.rows / report.seconds:.1f}")
    ratio = rates[2] / rates[1]
    table.note(f"two have {ratio:.2f} times the throughput of one (at least {LIMIT}); each row is in the file once")
    return {"rates": rates, "ratio": ratio, "limit": LIMIT}, table


async def _start(command: str, *words: str, file: Path) -> asyncio.subprocess.Process:
    path = os.pathsep.join([str(ROOT / "runtime"), str(ROOT)])
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "distributed.cli.dask_" + command, "--scheduler-file", str(file), *words),
        env={**os.environ, "PYTHONPATH": path, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def _forget(file: Path) -> None:
    file.unlink(missing_ok=True)


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _address(file: Path) -> str:
    """The scheduler's address, once it has written it. Raises RuntimeError if it does not."""
    until = time.monotonic() + START_LIMIT
    while not file.exists() or not file.read_text():
        if time.monotonic() > until:
            raise RuntimeError(f"the scheduler has not started within {START_LIMIT} s")
        time.sleep(0.05)  # another process writes the file
    address: str = json.loads(file.read_text())["address"]
    return address


def _wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    connect: Any = Client  # it has no types
    with connect(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=START_LIMIT)
