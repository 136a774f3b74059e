"""What a batch may use: requests and tokens a minute, money, rows, failures; and what its report says of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sparewheel import ConfigError
from sparewheel.batch import Outcome, map_unordered
from sparewheel.batch.outcome import Tally
from sparewheel.errors import ErrorInfo, SparewheelError
from sparewheel.headless import BatchReport, run_batch
from sparewheel.headless.batch.budget import Rows
from sparewheel.headless.batch.cooldowns import dated, remaining
from sparewheel.headless.batch.pace import Pace
from sparewheel.headless.cli import main
from sparewheel.testing import Reply, Request, ScriptedProvider, Usage, errors, openai_chat
from tests.support.door import ENV, KEY, agent_file
from tests.support.fakeloop import run


def outcome(tokens: int | None = 3, cost: float | None = None, requests: int = 1, text: str = "") -> Outcome:
    tally = Tally()
    usage = None if tokens is None else {"input_tokens": tokens - 1, "output_tokens": 1}
    tally.see([{"type": "usage", "cost": cost}])
    attempts = [{"attempt": number, "model": "m", "outcome": "ok"} for number in range(requests)]
    message = {"content": text}
    return tally.answered(
        {"message": message, "model": "m", "finish_reason": "stop", "usage": usage, "attempts": attempts}
    )


class Server:
    """Answers each prompt after `latency` seconds of the loop's clock, and keeps when it was asked."""

    def __init__(self, latency: float, **answer: Any) -> None:
        self.asked: list[float] = []
        self._latency = latency
        self._answer = answer

    async def __call__(self, prompt: object) -> Outcome:
        self.asked.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self._latency)
        return outcome(**self._answer)

    async def all(self, pace: Pace, count: int, parallel: int = 50) -> list[float]:
        """Ask so many prompts; returns when each was asked, from the first one on."""

        async def ask(prompt: object) -> Outcome:
            return await pace.ask(self, prompt)

        async for _ in map_unordered(ask, enumerate("x" * count), parallel):
            pass
        return [at - self.asked[0] for at in self.asked]


def most(times: list[float], seconds: float = 60.0) -> int:
    """The most requests within so many seconds."""
    return max(sum(start <= at < start + seconds - 1e-6 for at in times) for start in times)


@pytest.mark.parametrize("latency", [0.0, 1.0, 45.0])
def test_no_minute_has_more_requests_than_the_limit_and_none_is_wasted(latency: float) -> None:
    times = run(Server(latency).all(Pace(rpm=30), 70))
    assert most(times) == 30
    assert times[-1] == pytest.approx(69 * 2.0)


def test_the_requests_of_a_turn_count_and_so_do_its_tokens() -> None:
    times = run(Server(0.5, requests=3).all(Pace(rpm=30), 20, parallel=1))
    assert times[-1] == pytest.approx(19 * 6.0)
    times = run(Server(0.5, tokens=1000).all(Pace(tpm=20_000), 40))
    assert most(times) == 20
    assert times[1] == pytest.approx(3.0)  # the first is alone, and tells what one uses
    assert times[-1] == pytest.approx(39 * 3.0)


def test_the_slower_of_two_limits_counts_and_answers_without_a_count_are_estimated() -> None:
    assert run(Server(0, tokens=100).all(Pace(rpm=60, tpm=60_000), 10))[-1] == pytest.approx(9.0)
    assert run(Server(0, tokens=2000).all(Pace(rpm=60, tpm=60_000), 10))[-1] == pytest.approx(18.0)
    times = run(Server(0, tokens=None, text="a" * 3999).all(Pace(tpm=60_000), 10))
    assert times[-1] == pytest.approx(9.0)


def test_a_share_is_a_part_of_the_limit_and_begins_with_a_wait() -> None:
    async def play() -> tuple[float, list[float]]:
        pace, server = Pace(rpm=60), Server(0)
        began = asyncio.get_running_loop().time()
        pace.share(0.5)
        return began, [at + server.asked[0] for at in await server.all(pace, 5)]

    began, times = run(play())
    assert [at - began for at in times] == pytest.approx([2.0, 4.0, 6.0, 8.0, 10.0])


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ConfigError):
        Pace(rpm=limit)


def taken(rows: Rows) -> list[Any]:
    """All rows that may be asked now."""
    found = []
    while (row := next(rows, None)) is not None:
        found.append(row[0])
    return found


def test_a_budget_is_never_exceeded_by_what_is_under_way() -> None:
    rows = Rows(enumerate("abcdefgh"), budget=1.0, spent=0.25)
    assert taken(rows) == [0]  # what one costs is not known yet
    rows.answered(outcome(cost=0.2))
    assert taken(rows) == [1, 2]
    rows.answered(outcome(cost=0.1))
    assert taken(rows) == [3]  # 0.55 are spent, and two under way may cost 0.4
    rows.answered(outcome(cost=0.1))
    rows.answered(outcome(cost=0.2))
    assert (taken(rows), rows.over) == ([], True)
    assert rows.spent == pytest.approx(0.85)


def test_a_budget_that_lasts_to_the_last_row_is_not_over() -> None:
    rows = Rows(enumerate("ab"), budget=0.4, spent=0.0)
    for _ in range(2):
        assert len(taken(rows)) == 1
        rows.answered(outcome(cost=0.2))
    assert (taken(rows), rows.over) == ([], False)


def test_cooldowns_that_go_from_worker_to_worker_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    entries: list[dict[str, Any]] = [{"name": "a", "seconds": 10.0, "kind": "quota"}]
    for _ in range(9):
        entries = dated(entries)
        now += 1
        entries = remaining(entries)
    assert [entry["seconds"] for entry in entries] == [pytest.approx(1.0)]
    now += 1
    assert remaining(dated([])) == []
    now += 5
    assert remaining([{"name": "a", "until": 1005.0}]) == []


def test_a_report_counts_fallbacks_by_model_and_reason() -> None:
    failed: dict[str, Any] = {"outcome": "failed", "kind": "overloaded"}
    attempts: Any = [{**failed, "model": "a"}, {**failed, "model": "a"}, {"outcome": "ok", "model": "b"}]
    report = BatchReport()
    report.add({**outcome(cost=0.5), "attempts": attempts})
    report.add(Tally().failed(SparewheelError(ErrorInfo("quota", "gone"), attempts=[{**failed, "model": "a"}])))
    report.seconds = 2.0
    facts = report.to_dict()
    assert facts["fallbacks"] == [{"from": "a", "to": "b", "kind": "overloaded", "count": 1}]
    assert (facts["rows"], facts["ok"], facts["failed"], facts["errors"]) == (2, 1, 1, {"quota": 1})
    assert (facts["requests"], facts["cost"], facts["rows_per_second"], facts["answers"]) == (4, 0.5, 1.0, {"m": 1})
    assert facts["usage"]["input_tokens"] == 2
    assert "fallback: 1 from a to b (overloaded)" in list(report.lines())


def test_percentiles_are_values_that_were_measured() -> None:
    report = BatchReport()
    assert report.latency() is None
    for seconds in range(1, 201):
        report.add({**outcome(), "seconds": float(seconds)})
    assert report.latency() == {"p50": 100.0, "p90": 180.0, "p99": 198.0, "max": 200.0}


def echo(request: Request) -> Reply:
    prompt = request.json["messages"][-1]["content"]
    if prompt == "p2":
        return errors.openai_invalid_key()
    return Reply(openai_chat(text=f"to {prompt}", usage=Usage(1000, 100)))


def priced(server: ScriptedProvider) -> str:
    """An agent file whose model takes 0.001 dollars for a prompt of `echo`, and 0.002 for its answer."""
    models = "models:\n  dear: {provider: mine, model: a, cost: {input: 1, output: 20}}\n"
    return agent_file(server, more=models).replace("model: mine/a", "model: dear")


def rows_of(count: int) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "prompt": f"p{number}"} for number in range(count)]


def read(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


async def test_a_run_stops_at_the_first_failure_or_after_the_first_rows_and_a_failure_is_asked_again_once(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.jsonl"
    with ScriptedProvider(default=[echo]) as server:
        given: dict[str, Any] = {"agent": agent_file(server), "rows": rows_of(8), "out": out, "env": ENV}
        report = await run_batch(**given, limit=2)
        assert (report.total, report.done, report.stopped) == (2, 2, None)
        report = await run_batch(**given, concurrency=1, fail_fast=True)
        assert (report.total, report.done, report.stopped, report.failed) == (8, 3, "fail_fast", 1)
        report = await run_batch(**given)
        assert (report.rows, report.done, report.stopped) == (5, 8, None)
        server.script("a", Reply(openai_chat(text="after all")))
        report = await run_batch(**given, retry_failed=True)
        assert (report.rows, report.failed) == (1, 0)
    found = read(out)
    assert sorted(row["id"] for row in found) == [f"r{number}" for number in range(8)]  # once each
    assert {row["text"] for row in found if row["id"] == "r2"} == {"after all"}
    assert not (tmp_path / "out.jsonl.tidy").exists()


async def test_a_budget_holds_for_all_runs_of_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with ScriptedProvider(default=[lambda _: Reply(openai_chat(text="Yes.", usage=Usage(1000, 100)))]) as server:
        given: dict[str, Any] = {"agent": priced(server), "rows": rows_of(40), "out": out, "env": ENV}
        report = await run_batch(**given, budget=0.01)
        assert (report.rows, report.stopped) == (3, "budget")
        assert report.spent == pytest.approx(0.009)
        report = await run_batch(**given, budget=0.0155)
        assert (report.rows, report.done, report.stopped) == (2, 5, "budget")
        report = await run_batch(**given, budget=0.0155)
        assert (report.rows, report.stopped) == (0, "budget")
        assert len(server.requests) == 5
    assert sum(row["cost"] for row in read(out)) == pytest.approx(0.015)


def test_the_command_has_a_report_and_says_why_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows_of(2))))
    words = [str(tmp_path / name) for name in ("agent.yaml", "in.jsonl")]
    words += ["--out", str(tmp_path / "out.jsonl"), "--report", str(tmp_path / "report.json")]
    with ScriptedProvider(default=[echo]) as server:
        (tmp_path / "agent.yaml").write_text(agent_file(server))
        assert main(["batch", *words, "--env", f"TEST_KEY={KEY}"]) == 0
    facts = json.loads((tmp_path / "report.json").read_text())
    assert (facts["done"], facts["usage"]["output_tokens"], facts["answers"]) == (2, 200, {"mine/a": 2})
    told = capsys.readouterr().err
    assert "tokens: 2,000 input, 200 output" in told
    assert KEY not in told
    for wrong in (["--budget", "5EUR"], ["--budget", "0USD"], ["--rpm", "0"], ["--limit", "x"]):
        with pytest.raises(SystemExit):
            main(["batch", *words, *wrong])
    with pytest.raises(SystemExit):
        main(["batch", *words, "--processes", "2", "--dask", "tcp://127.0.0.1:1"])
