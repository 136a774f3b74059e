"""Traces of batches: for a collector, and a file that is written turn by turn."""

from __future__ import annotations

import io
import itertools
import json
from pathlib import Path

import pytest

from sparewheel import ConfigError
from sparewheel.headless import run_batch
from sparewheel.headless.trace_file import TraceFile
from sparewheel.testing import Reply, ScriptedProvider
from tests.support.door import ANSWER, ENV, agent_file
from tests.support.otlp import LOG, receiver

ROWS = [{"id": f"r{number}", "prompt": "hi"} for number in range(3)]


async def test_a_receiver_gets_the_spans_of_a_batch(tmp_path: Path) -> None:
    async with receiver() as (url, spans):
        with ScriptedProvider() as models:
            models.script("a", Reply(ANSWER, repeat=True))
            file = agent_file(models)
            report = await run_batch(file, ROWS, tmp_path / "out.jsonl", env=ENV, otlp=url)
            assert report.done == 3
            report = await run_batch(file, ROWS, tmp_path / "other.jsonl", env=ENV, otlp=url, processes=2, chunk=1)
            assert report.done == 3
    assert sorted(spans) == ["chat a"] * 6 + ["invoke_agent root"] * 6 + ["step 1"] * 6


async def test_a_batch_has_no_collector_that_serves_models(tmp_path: Path) -> None:
    with ScriptedProvider() as models:
        for url in (models.url, "https://api.openai.com"):
            with pytest.raises(ConfigError, match="serves models"):
                await run_batch(agent_file(models), ROWS, tmp_path / "out.jsonl", env=ENV, otlp=url)
    assert models.requests == []


async def test_the_file_of_a_batch_has_a_place_for_each_turn_that_runs_at_the_same_time(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    with ScriptedProvider() as models:
        models.script("a", Reply(ANSWER, repeat=True))
        rows = [{"prompt": "hi"}] * 9
        await run_batch(agent_file(models), rows, tmp_path / "out.jsonl", env=ENV, concurrency=2, trace=str(trace))
    events = json.loads(trace.read_text())
    turns = [event for event in events if event["name"] == "invoke_agent root"]
    assert len(turns) == 9
    assert {event["pid"] for event in events} == {1, 2}
    for place in (1, 2):
        own = sorted((event["ts"], event["ts"] + event["dur"]) for event in turns if event["pid"] == place)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(own))
    names = [event["args"]["name"] for event in events if event["ph"] == "M"]
    assert sorted(names) == ["turn 1 of those at the same time", "turn 2 of those at the same time"]


async def test_a_trace_is_of_one_runtime_and_needs_a_file(tmp_path: Path) -> None:
    with ScriptedProvider() as models:
        file = agent_file(models)
        with pytest.raises(ConfigError, match="a trace is of one runtime"):
            await run_batch(file, ROWS, tmp_path / "out.jsonl", env=ENV, trace=str(tmp_path / "t"), processes=2)
        with pytest.raises(ConfigError, match="cannot be written"):
            await run_batch(file, ROWS, tmp_path / "out.jsonl", env=ENV, trace=str(tmp_path))


def test_a_turn_without_an_end_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    file = TraceFile(str(path), contents=False)
    file.listener()([LOG[0][1]])
    file.close()
    assert [event["name"] for event in json.loads(path.read_text())[1:]] == ["invoke_agent root", "step 1", "chat a"]
    file = TraceFile(str(path), contents=False)
    file.close()
    assert json.loads(path.read_text()) == []


def test_a_full_disk_ends_the_trace_with_one_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = TraceFile(str(tmp_path / "trace.json"), contents=False)
    file._file.close()
    monkeypatch.setattr(file, "_file", Full())
    for _ in range(2):
        file.listener()([event for _, event in LOG])
    file.close()
    assert capsys.readouterr().err.count("goes on without a trace: No space left") == 1


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")
