"""Batches in other threads, processes and machines: workers that are lost, and each row once in the file."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sparewheel import ConfigError
from sparewheel.errors import ErrorInfo, SparewheelError
from sparewheel.headless import run_batch
from sparewheel.headless.batch.chunk import Answers, Chunk, ask_chunk
from sparewheel.headless.batch.job import Job
from sparewheel.testing import Reply, Request, ScriptedProvider, errors, openai_chat
from tests.bench.batch_cluster import dask
from tests.bench.batch_cluster import run as run_on_cluster
from tests.bench.batch_kills import Kills
from tests.bench.batch_provider import provider
from tests.support.door import ENV, KEY, agent_file

ROWS = 30


def echo(request: Request) -> Reply:
    prompt = request.json["messages"][-1]["content"]
    return errors.openai_server_error() if prompt == "fail" else Reply(openai_chat(text=f"to {prompt}"))


class Lossy(Executor):
    """Runs calls in threads; `lose` are how the first ones are lost: before the call, or after it."""

    def __init__(self, *lose: str) -> None:
        self.chunks: list[list[Any]] = []
        self._threads = ThreadPoolExecutor(2)
        self._lose = list(lose)

    def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        [chunk] = args
        self.chunks.append([name for name, _ in chunk.items])
        how = self._lose.pop(0) if self._lose else ""
        return self._threads.submit(self._run, how, call, chunk)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    @staticmethod
    def _run(how: str, call: Any, chunk: Chunk) -> Any:
        answers = None if how == "before" else call(chunk)
        if how:
            raise OSError("the worker is gone")
        return answers


def rows_of(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "prompt": f"p{number}"} for number in range(count)]


def check(out: Path, count: int = ROWS) -> None:
    """Each row is in the file once, with its answer."""
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert sorted((row["id"], row["text"]) for row in rows) == [(number, f"to p{number}") for number in range(count)]


async def test_any_executor_asks_and_a_failure_is_a_row(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    rows = [*rows_of(ROWS), {"id": "bad", "prompt": "fail"}, {"id": "none"}]
    with ScriptedProvider(default=[echo]) as server, ThreadPoolExecutor(3) as executor:
        file = agent_file(server).replace("retries: 1", "retries: -1")
        report = await run_batch(file, rows, out, env=ENV, executor=executor, workers=3, concurrency=4)
    assert (report.rows, report.failed) == (ROWS + 2, 2)
    assert dict(report.errors) == {"server_error": 1, "config": 1}
    text = out.read_text()
    assert KEY not in text
    out.write_text("".join(line for line in text.splitlines(keepends=True) if '"ok"' in line))
    check(out)


@pytest.mark.parametrize("lose", [["before"], ["after"], ["after", "before", "after"], ["before"] * 5])
async def test_what_a_lost_worker_had_is_asked_again_and_is_in_the_file_once(tmp_path: Path, lose: list[str]) -> None:
    executor = Lossy(*lose)
    with ScriptedProvider(default=[echo]) as server, executor:
        report = await run_batch(
            agent_file(server), rows_of(ROWS), tmp_path / "out.jsonl", env=ENV, executor=executor, workers=2, chunk=4
        )
    assert (report.rows, report.failed) == (ROWS, 0)
    check(tmp_path / "out.jsonl")


async def test_a_prompt_with_which_workers_are_lost_fails_alone(tmp_path: Path) -> None:
    class Poisoned(Lossy):
        @staticmethod
        def _run(how: str, call: Any, chunk: Chunk) -> Any:
            return Lossy._run("before" if any(name == 7 for name, _ in chunk.items) else "", call, chunk)

    executor = Poisoned()
    with ScriptedProvider(default=[echo]) as server, executor:
        report = await run_batch(
            agent_file(server), rows_of(ROWS), tmp_path / "out.jsonl", env=ENV, executor=executor, workers=2, chunk=4
        )
    assert (report.rows, report.failed) == (ROWS, 1)
    assert [chunk for chunk in executor.chunks if 7 in chunk] == [[4, 5, 6, 7], [7], [7]]
    [failed] = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines() if '"error":{' in line]
    assert (failed["id"], failed["error"]["kind"]) == (7, "internal")


async def test_workers_that_are_all_lost_or_cannot_start_end_the_run(tmp_path: Path) -> None:
    given: dict[str, Any] = {"rows": rows_of(200), "out": tmp_path / "out.jsonl", "env": ENV, "workers": 2, "chunk": 4}
    with ScriptedProvider() as server:
        with Lossy(*["before"] * 200) as executor, pytest.raises(ConfigError, match="all workers were lost"):
            await run_batch(agent_file(server), executor=executor, **given)
        given["env"] = {}
        with ThreadPoolExecutor(2) as threads, pytest.raises(SparewheelError, match="TEST_KEY"):
            await run_batch(agent_file(server), executor=threads, **given)
    assert (tmp_path / "out.jsonl").read_text() == ""


async def test_the_cooldowns_of_one_worker_are_those_of_the_next(tmp_path: Path) -> None:
    limited = errors.openai_rate_limit(retry_after=3000)
    with ScriptedProvider({"a": [limited]}, default=[echo]) as server:
        job = Job(agent_file(server, "a", "b"), tuple(ENV.items()))
        first = await asyncio.to_thread(ask_chunk, Chunk(job, ((0, "p0"),)))
        assert [entry["kind"] for entry in first.cooldowns] == ["rate_limit"]
        fresh = Chunk(job, ((1, "p1"),), cooldowns=tuple(first.cooldowns))
        with ThreadPoolExecutor(1) as threads:
            rows = await asyncio.get_running_loop().run_in_executor(threads, _in_another_loop, fresh)
    assert [attempt["model"] for attempt in rows.rows[0][1]["attempts"]] == ["mine/b"]
    assert KEY not in repr(job)


def _in_another_loop(chunk: Chunk) -> Answers:
    """As another worker: with a loop, and so with a health, of its own."""
    from sparewheel.headless.batch.chunk import _Worker

    worker = _Worker()
    try:
        return asyncio.run_coroutine_threadsafe(worker.ask(chunk), worker.loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(_close(worker), worker.loop).result()


async def _close(worker: Any) -> None:
    for here in worker._here.values():
        await here.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"processes": 0}, "processes"),
        ({"processes": 2, "dask": "tcp://127.0.0.1:1"}, "either processes, or dask"),
        ({"engine": "lynx"}, "lynx"),
        ({"engine": "native", "connect": "ws://127.0.0.1:1"}, "for browsers"),
        ({"concurrency": 1001}, "at most 1000"),
        ({"budget": -1.0}, "budget"),
        ({"rpm": 0}, "rate limit"),
        ({"dask": "nowhere"}, "no Dask scheduler"),
    ],
)
async def test_options_that_cannot_be_meant_are_refused(tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with ScriptedProvider() as server, pytest.raises(ConfigError, match=told):
        await run_batch(agent_file(server), rows_of(1), tmp_path / "out.jsonl", env=ENV, **options)


async def test_nothing_is_lost_and_nothing_is_twice_when_workers_and_the_batch_are_killed(tmp_path: Path) -> None:
    async with provider() as url:
        losses = await Kills(tmp_path, url, rows=300, seed=1).run(2)
    assert losses.facts() | {"kills": dict(losses.kills)} == {
        **{"rows": 300, "runs": 2, "kills": {"a worker": 1, "the driver": 1}},
        **{"lost": [], "twice": [], "wrong": []},
    }


async def test_two_of_dasks_workers_of_which_one_is_killed_answer_each_row_once(tmp_path: Path) -> None:
    async with provider(0.02) as url, dask(2, tmp_path) as cluster:
        report = await run_on_cluster(cluster, url, 120, tmp_path / "out.jsonl", kill=True)
    assert (report.rows, report.failed) == (120, 0)


def test_an_error_of_a_worker_is_sent_as_what_can_be_pickled() -> None:
    import pickle

    answers = Answers([], [], ErrorInfo("config", "no browser", "Install one."))
    assert pickle.loads(pickle.dumps(answers)) == answers
