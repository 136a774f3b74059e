"""Runs a batch: rows in, outcomes in a file that the next run goes on with, whatever stopped the last one."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...batch import DEFAULT_PARALLEL
from ...batch.files import Prompts, Results
from ...batch.mapping import MAX_PARALLEL
from ...config.reading import read_agent_file
from ...errors import ConfigError
from .budget import Rows
from .here import Here
from .job import ENGINES, Engine, Job
from .pools import Given, cluster, processes
from .report import BatchReport
from .spread import Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from concurrent.futures import Executor

    from .here import Answered
    from .pools import Workers

CHUNKS_A_SLOT: Final = 4  # at least, so that no worker has much left when the others have ended


async def run_batch(
    agent: str | os.PathLike[str],
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    out: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    agent_name: str | None = None,
    auto_approve: bool = False,
    engine: Engine | None = None,
    concurrency: int = DEFAULT_PARALLEL,
    processes: int = 1,
    connect: str | None = None,
    assets: str | None = None,
    dask: str | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    worker_env: Sequence[str] = (),
    chunk: int | None = None,
    rpm: float | None = None,
    tpm: float | None = None,
    budget: float | None = None,
    limit: int | None = None,
    fail_fast: bool = False,
    retry_failed: bool = False,
    record: str | None = None,
    replay: str | None = None,
    timed: bool = False,
    otlp: str | None = None,
    trace: str | None = None,
    trace_contents: bool = False,
    dist: str | os.PathLike[str] | None = None,
    on_progress: Callable[[BatchReport], object] | None = None,
    report: BatchReport | None = None,
) -> BatchReport:
    """Ask the prompt of every row in a conversation of its own, and append the outcomes to a file.

        report = await run_batch("agent.yaml", "in.jsonl", "out.jsonl", env={"MY_KEY": key}, processes=2)

    The file is the state: a row is on the disk before it counts as done, and rows that are in it are not asked again.
    So run it again after a stop, a crash or a full disk. Cancelling the task stops what is under way.

    Args:
        agent: Path of an agent file, or its YAML text (anything with a line break).
        rows: A file with a JSON object a line, or the objects themselves.
        out: The file of the outcomes (`Outcome`, with the row's `id`). One run at a time writes it.
        columns: The columns of `prompt` and `id`. A row without an id has its number, from 1.
        env: Keys and variables of the agent file.
        agent_name: The agent of the file to run; None: the first.
        auto_approve: Run tools that change something without approval.
        engine: `native` (this Python, the default), or `chromium` (the default with `connect`), `firefox`, `webkit` or
            `node`, which need the built files.
        concurrency: How many prompts are under way in each runtime, 1 to 1000.
        processes: Runtimes on this machine, each in a process of its own. As always with spawned processes, the program
            must not start a batch when it is only imported.
        connect: Drive browsers that run elsewhere (as in `headless.open`).
        assets: The address of the built files, for such browsers (as in `headless.open`).
        dask: The address of a Dask scheduler, whose workers ask: a runtime each, and `concurrency` for each thread.
        executor: Any executor whose workers can import this package, instead of `processes` or `dask`.
        workers: How many calls `executor` runs at the same time. None: as many as this machine has cores.
        worker_env: Variables of the agent file that workers read from their own environment.
        chunk: Prompts of one call of a worker. None: twice `concurrency`, or fewer so that all workers have some.
        rpm: Requests to models a minute, of all runtimes together. A turn of several requests delays later prompts.
        tpm: Tokens a minute, likewise.
        budget: US dollars for all rows of the file, those of earlier runs included. No prompt starts that would exceed
            it if it costs as much as the most expensive one so far.
        limit: Ask the first rows only, so many.
        fail_fast: Stop at the first row that fails.
        retry_failed: Ask rows again that are in the file and have failed.
        record, replay, timed: A recording to make, or to play (as in `headless.open`), with one runtime.
        otlp, trace_contents: A collector for the spans of all turns (as in `open_agent`). The process that drives a
            runtime sends its spans, so that with `dask` workers do.
        trace: A file for Perfetto and Chrome, which is replaced; of one runtime. With traces, runtimes send all events,
            which takes more time.
        dist: The built files; None: as `headless.open`.
        on_progress: Called with the report whenever rows have been written.
        report: Is filled meanwhile, and returned.

    Raises:
        ConfigError: an option, the agent file or the rows cannot be used, or `out` cannot be written.
        SparewheelError: a runtime does not start, or all workers were lost.
    """
    job = Job(
        agent=f"{read_agent_file(agent)}\n",
        env=tuple((env or {}).items()),
        worker_env=tuple(worker_env),
        engine=engine or ("chromium" if connect else "native"),
        connect=connect,
        assets=assets,
        dist=None if dist is None else str(dist),
        agent_name=agent_name,
        auto_approve=auto_approve,
        concurrency=concurrency,
        rpm=rpm,
        tpm=tpm,
        record=record,
        replay=replay,
        timed=timed,
        otlp=otlp,
        trace=trace,
        trace_contents=trace_contents,
    )
    _check(job, processes=processes, workers=workers, chunk=chunk, budget=budget, limit=limit)
    if sum((dask is not None, executor is not None, processes != 1)) > 1:
        raise ConfigError("a batch has either processes, or dask, or an executor")
    if dask is not None or executor is not None or processes != 1:
        for name, given in (("recording", record or replay), ("trace", trace)):
            if given:
                raise ConfigError(f"a {name} is of one runtime", "Leave out processes, dask and executor.")
    prompts = Prompts(Path(rows) if isinstance(rows, str | os.PathLike) else list(rows), columns)
    report = report or BatchReport()
    began = time.monotonic()
    try:
        ids = (await asyncio.to_thread(prompts.ids))[:limit]
        with Results(Path(out)) as results:
            wanted = ("ok",) if retry_failed else ("ok", "error")
            done = {name for name in ids if results.done.get(name) in wanted}
            report.total, report.done, report.spent = len(ids), len(done), results.cost
            left = ((name, prompt) for name, prompt in itertools.islice(prompts, limit) if name not in done)
            source = Rows(left, budget, results.cost, results.dearest)
            if len(done) < len(ids):
                async with AsyncExitStack() as stack:
                    crew: Here | Spread
                    if dask is None and executor is None and processes == 1:
                        crew = await stack.enter_async_context(Here(job))
                    else:
                        pool = await _workers(stack, dask, executor, workers, processes)
                        size = chunk or await _size(job, pool, len(ids) - len(done))
                        crew = Spread(job, pool, size)
                    await _write(crew.outcomes(source), source, results, report, fail_fast, on_progress)
            if source.over:
                report.stopped = "budget"
            await asyncio.to_thread(results.tidy)
    except asyncio.CancelledError:
        report.stopped = "interrupted"
        raise
    finally:
        report.seconds = time.monotonic() - began
    return report


async def _write(
    answered: Answered,
    source: Rows,
    results: Results,
    report: BatchReport,
    fail_fast: bool,
    on_progress: Callable[[BatchReport], object] | None,
) -> None:
    """Write the outcomes as they come."""
    async with aclosing(answered) as lists:
        async for outcomes in lists:
            await _finished(asyncio.to_thread(results.add, outcomes))
            for _, outcome in outcomes:
                source.answered(outcome)
                report.add(outcome)
            report.done += len(outcomes)
            report.spent = results.cost
            if on_progress is not None:
                on_progress(report)
            if fail_fast and any(outcome["status"] == "error" for _, outcome in outcomes):
                report.stopped = "fail_fast"
                return


async def _finished(writing: Coroutine[Any, Any, None]) -> None:
    """Wait for rows to be written, also if the task is cancelled meanwhile: the file is closed after that."""
    task = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _workers(
    stack: AsyncExitStack, dask: str | None, executor: Executor | None, workers: int | None, count: int
) -> Workers:
    if executor is not None:
        return Given(executor, workers or os.cpu_count() or 1)
    return await stack.enter_async_context(processes(count) if dask is None else cluster(dask))


async def _size(job: Job, workers: Workers, rows: int) -> int:
    slots = max(await workers.slots(), 1)
    return max(1, min(2 * job.concurrency, -(-rows // (slots * CHUNKS_A_SLOT))))


def _check(job: Job, **numbers: float | None) -> None:
    """Raises `ConfigError` for what cannot be meant."""
    if job.engine not in ENGINES:
        raise ConfigError(f"engine: {job.engine!r} is unknown"[:200], f"There are: {', '.join(ENGINES)}.")
    if job.connect is not None and job.engine in ("native", "node"):
        raise ConfigError(f"connect is for browsers, not for {job.engine}")
    for name, value in {"concurrency": job.concurrency, **numbers}.items():
        whole = name != "budget"
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not value > 0:
            raise ConfigError(f"{name} must be a {'whole ' if whole else ''}number above 0")
    if job.concurrency > MAX_PARALLEL:
        raise ConfigError(f"concurrency must be at most {MAX_PARALLEL}")
