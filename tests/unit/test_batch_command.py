"""`sparewheel batch`: rows in, rows out, and a file that the next run goes on with, whatever stopped the last one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sparewheel.headless.batch.progress import Progress
from sparewheel.headless.batch.report import BatchReport
from sparewheel.headless.cli import main
from sparewheel.testing import Gate, Reply, Request, ScriptedProvider, errors, openai_chat
from tests.support.door import KEY, agent_file

ROOT = Path(__file__).resolve().parents[2]


def echo(request: Request) -> Reply:
    prompt = request.json["messages"][-1]["content"]
    return errors.openai_server_error() if prompt == "fail" else Reply(openai_chat(text=f"to {prompt}"))


class Batch:
    """A folder with an agent file and rows; `words` are the arguments of the command."""

    def __init__(self, folder: Path, server: ScriptedProvider, *rows: Any) -> None:
        self.out = folder / "out.jsonl"
        (folder / "agent.yaml").write_text(agent_file(server).replace("retries: 1", "retries: -1"))
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (folder / "in.jsonl").write_text("\n".join(lines) + "\n")
        files = [str(folder / "agent.yaml"), str(folder / "in.jsonl")]
        self.words = ["batch", *files, "--out", str(self.out), "--env", f"TEST_KEY={KEY}"]

    def run(self, *more: str) -> int:
        return main([*self.words, *more])

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.read_text().splitlines()]


def rows_of(count: int) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "prompt": f"p{number}"} for number in range(count)]


def untimed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_every_row_has_its_outcome_and_a_second_run_asks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        "no json",
        "[1]",
        {"id": "r4"},
        {"id": 1.5, "prompt": "x"},
        "",
        {"prompt": [{"type": "text", "text": "hi"}]},
    ]
    with ScriptedProvider(default=[echo]) as server:
        batch = Batch(tmp_path, server, *rows_of(2), {"id": "bad", "prompt": "fail"}, *wrong)
        assert batch.run("--concurrency", "3") == 1
        rows = {row["id"]: row for row in batch.rows}
        assert set(rows) == {"r0", "r1", "bad", 4, 5, "r4", 7, 9}
        assert [rows[name]["text"] for name in ("r0", "r1", 9)] == ["to p0", "to p1", "to hi"]
        assert (rows["r0"]["status"], rows["r0"]["error"], rows["r0"]["model"]) == ("ok", None, "mine/a")
        kinds = {name: row["error"]["kind"] for name, row in rows.items() if row["status"] == "error"}
        assert kinds == {"bad": "server_error", 4: "config", 5: "config", "r4": "config", 7: "config"}
        assert "8 of 8 rows, 5 failed" in capsys.readouterr().err
        asked = len(server.requests)
        assert batch.run() == 0
        assert (len(server.requests), len(batch.rows)) == (asked, 8)
        assert batch.run("--retry-failed") == 1
        assert len(server.requests) == asked + 1
        assert KEY not in batch.out.read_text()


def test_a_last_row_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    with ScriptedProvider(default=[echo]) as server:
        batch = Batch(tmp_path, server, *rows_of(5))
        assert batch.run("--concurrency", "1") == 0
        whole, rows = batch.out.read_bytes(), untimed(batch.rows)
        for cut in (1, 2, 40):
            batch.out.write_bytes(whole[:-cut])
            assert batch.run("--concurrency", "1") == 0
            assert untimed(batch.rows) == rows


def test_an_interrupt_leaves_a_file_that_goes_on(tmp_path: Path) -> None:
    gate = Gate()
    held = Reply(openai_chat(text="late"), gates={0: gate})
    with ScriptedProvider(default=[Reply(openai_chat(text="now")), held, held, echo]) as server:
        batch = Batch(tmp_path, server, *rows_of(6))
        process = subprocess.Popen(
            [sys.executable, "-m", "sparewheel", *batch.words, "--concurrency", "2"],
            env={**os.environ, "PYTHONPATH": str(ROOT / "runtime")},
            stderr=subprocess.PIPE,
        )
        server.wait_for_request(3)  # so the first one is written, or about to be
        process.send_signal(signal.SIGINT)
        assert process.stderr
        with process.stderr as stderr:
            told = stderr.read().decode()
        assert process.wait() == 130
        assert "run the same command to go on" in told
        gate.open()
        assert len(batch.rows) == 1
        assert batch.run() == 0
        assert sorted(row["id"] for row in batch.rows) == [f"r{number}" for number in range(6)]
        assert {row["status"] for row in batch.rows} == {"ok"}


@pytest.mark.parametrize(
    ("rows", "words", "out", "told"),
    [
        ([{"id": 1, "prompt": "a"}, {"id": 1, "prompt": "b"}], [], None, "the id 1 is there twice"),
        ([{"q": "a"}], ["--map", "answer=q"], None, "prompt=COLUMN or id=COLUMN"),
        ([{"q": "a"}], ["--concurrency", "0"], None, "1 to 1000"),
        ([{"prompt": "a"}], [], "a diary\n", "line 1 is not the row of a batch"),
        ([{"prompt": "a"}], [], '{"id": 1}\n', "line 1 is not the row of a batch"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_no_file_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[Any], words: list[str], out: str | None, told: str
) -> None:
    with ScriptedProvider() as server:
        batch = Batch(tmp_path, server, *rows)
        if out is not None:
            batch.out.write_text(out)
        try:
            code = batch.run(*words)
        except SystemExit as exit:
            code = int(str(exit.code))
        assert code in (1, 2)
        assert told in capsys.readouterr().err
        assert server.requests == []
        assert (batch.out.read_text() if batch.out.exists() else None) == out


def test_columns_have_the_names_that_the_command_says(tmp_path: Path) -> None:
    with ScriptedProvider(default=[echo]) as server:
        batch = Batch(tmp_path, server, {"key": 7, "question": "a"})
        assert batch.run("--map", "prompt=question", "--map", "id=key") == 0
        assert [(row["id"], row["text"]) for row in batch.rows] == [(7, "to a")]


def test_progress_has_a_rate_and_the_time_that_is_left() -> None:
    times = iter([0.0, 10.0, 10.0, 10.0])
    progress = Progress(lambda: next(times))
    report = BatchReport(total=4000, done=110, rows=10, failed=2, spent=1.5)
    assert progress.line(report) == "110 of 4000 rows, 2 failed, 1.0 rows/s, 1.50 USD, 1:04:50 left"
