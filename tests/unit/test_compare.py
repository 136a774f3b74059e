"""`sparewheel compare`: several agent files, the same prompts, and a report of what they came to."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from sparewheel.headless.cli import main
from sparewheel.headless.compare import plots
from sparewheel.headless.compare.expected import Check, Expected
from sparewheel.headless.compare.pairs import Estimate
from sparewheel.testing import Reply, Request, ScriptedProvider, Usage, errors, openai_chat
from tests.support.door import KEY, agent_file

HOSTILE = '<script>alert(1)</script>\n````\n| a | <img src="https://evil.example/x"> |\n# Heading \u202e\u200b'


def answer(request: Request) -> Reply:
    """`good` doubles numbers, `poor` mostly; `poor` fails for multiples of 4."""
    number = int(request.json["messages"][-1]["content"].split()[-1])
    if request.json["model"] == "poor" and number % 4 == 0:
        return errors.openai_server_error()
    wrong = request.json["model"] == "poor" and number % 3 == 0
    return Reply(openai_chat(text=[f"It is {number * 2 + wrong}."], usage=Usage(20, 10)))


class Comparing:
    """A folder with two agent files, `first` of the model good and `second` of `models`, and rows."""

    def __init__(self, folder: Path, server: ScriptedProvider, *models: str, rows: int = 12) -> None:
        self.folder, self.out = folder, folder / "out"
        for name, chain in {"first": ("good",), "second": models or ("poor", "good")}.items():
            (folder / f"{name}.yaml").write_text(agent_file(server, *chain).replace("retries: 1", "retries: -1"))
        lines = [{"prompt": f"Twice {number}", "answer": f"{number * 2}."} for number in range(1, rows + 1)]
        self.rows = folder / "in.jsonl"
        self.rows.write_text("\n".join(map(json.dumps, lines)) + "\n")

    def run(self, *more: str, agents: tuple[str, ...] = ("first", "second")) -> int:
        files = [str(self.folder / f"{name}.yaml") for name in agents]
        words = [*files, str(self.rows), "--out", str(self.out), "--env", f"TEST_KEY={KEY}"]
        return main(["compare", *words, *more])

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "report.json").read_text())
        return found


def test_two_agent_files_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedProvider() as server:
        server.default(answer)
        comparing = Comparing(tmp_path, server)
        assert comparing.run("--expect", "answer", "--check", "contains") == 0
        asked = len(server.requests)
        assert comparing.run("--expect", "answer", "--check", "contains") == 0
        assert len(server.requests) == asked  # what is in the folder is not asked again
    first, second = comparing.report["candidates"]
    assert (first["ok"], first["correct"], first["checked"]) == (12, 12, 12)
    assert (second["ok"], second["correct"], second["checked"]) == (12, 9, 12)  # good answers in place of poor for 12
    assert second["fallbacks"] == [{"from": "mine/poor", "to": "mine/good", "kind": "server_error", "count": 3}]
    assert second["usage"]["output_tokens"] == 120
    [pair] = comparing.report["pairs"]
    assert (pair["first"], pair["other"]) == ("first", "second")
    assert (pair["rows"], pair["answered"], pair["same"]) == (12, 12, 9)
    assert (pair["correct_first"], pair["correct_other"]) == (3, 0)
    assert pair["correct"]["mean"] == -0.25
    out = capsys.readouterr().out
    assert re.search(r"^as expected +12 \(100\.0%\) +9 \(75\.0%\)$", out, re.MULTILINE)
    assert "As expected only by first: 3; only by second: 0." in out
    markdown = (comparing.out / "report.md").read_text()
    assert "| as expected | 12 (100.0%) | 9 (75.0%) |" in markdown
    assert "## Rows that differ (3 of 3)" in markdown
    page = (comparing.out / "report.html").read_text()
    assert page.count("<figure>") == 2  # latency and reasons; no price is known
    assert not [finder for finder in sys.meta_path if type(finder).__module__ == "pygal"]
    assert importlib.metadata.version("pygal")  # of the finders, only that one is removed
    assert "not as expected" in page


def test_rows_that_fail_are_facts_of_the_report(tmp_path: Path) -> None:
    with ScriptedProvider() as server:
        server.default(answer)
        comparing = Comparing(tmp_path, server, "poor")
        assert comparing.run("--expect", "answer", "--check", "contains", "--show", "1") == 0
    _, second = comparing.report["candidates"]
    assert (second["ok"], second["failed"], second["correct"]) == (9, 3, 6)
    assert sum(second["errors"].values()) == 3
    [pair] = comparing.report["pairs"]
    assert (pair["only_first"], pair["only_other"], pair["answered"]) == (3, 0, 9)
    assert comparing.report["differing"] == 6
    assert "## Rows that differ (1 of 6)" in (comparing.out / "report.md").read_text()


def test_a_few_rows_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedProvider() as server:
        server.default(answer)
        comparing = Comparing(tmp_path, server)
        assert comparing.run("--limit", "3") == 0
        assert comparing.report["rows"] == 3
        assert "Fewer than 5 rows are too few" in capsys.readouterr().out
        assert comparing.run() == 0
        assert comparing.run("--limit", "3") == 0  # the folder has more by now
    assert [each["done"] for each in comparing.report["candidates"]] == [3, 3]
    assert comparing.report["check"] is None


def test_what_models_write_is_text(tmp_path: Path) -> None:
    def hostile(request: Request) -> Reply:
        return Reply(openai_chat(text=[HOSTILE if request.json["model"] == "poor" else "Fine."]))

    with ScriptedProvider() as server:
        server.default(hostile)
        comparing = Comparing(tmp_path, server, "poor", rows=1)
        assert comparing.run() == 0
    page = (comparing.out / "report.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<img (?!alt=\"[^\"]*\" src=\"data:image/svg\+xml;base64,)", page)
    assert "&lt;script&gt;alert(1)" in page
    markdown = (comparing.out / "report.md").read_text()
    block = markdown.split("second:\n\n")[1]
    assert block.startswith("`````text\n<script>alert(1)</script>\n````\n")  # the fence is longer than any in the text
    for text in (page, markdown):
        assert "\u202e" not in text
        assert "\u200b" not in text


def test_without_pygal_there_are_no_plots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    with ScriptedProvider() as server:
        server.default(answer)
        comparing = Comparing(tmp_path, server, rows=1)
        assert comparing.run() == 0
    assert "sparewheel[compare]" in (comparing.out / "report.html").read_text()
    assert "no plots: pip install 'sparewheel[compare]'" in capsys.readouterr().err


def test_a_budget_that_is_too_small_ends_a_run(tmp_path: Path) -> None:
    with ScriptedProvider() as server:
        server.default(answer)
        comparing = Comparing(tmp_path, server)
        priced = "models: {m: {provider: mine, model: good, cost: {input: 1000, output: 1000}}}\n"
        for name in ("first", "second"):
            path = tmp_path / f"{name}.yaml"
            path.write_text(re.sub(r"model: mine/\w+", "model: m", path.read_text()) + priced)
        assert comparing.run("--budget", "0.05USD", "--concurrency", "1") == 1
        assert [each["done"] < 12 for each in comparing.report["candidates"]] == [True, True]
        assert comparing.run() == 0
    page = (comparing.out / "report.html").read_text()
    assert "Cost of 1,000 rows" in page
    assert comparing.report["candidates"][0]["cost_of_thousand"] == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("agents", "more", "problem"),
    [
        (("first",), (), "a comparison needs two agent files or more"),
        (("first", "first"), (), "two agent files have the same name"),
        (("first", "none"), (), "none.yaml"),
        (("first", "second"), ("--expect", "nothing"), "no row has the column 'nothing'"),
        (("first", "second"), ("--expect", "prompt", "--check", "pattern"), "the pattern cannot be used"),
    ],
)
def test_bad_usage(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    agents: tuple[str, ...],
    more: tuple[str, ...],
    problem: str,
) -> None:
    with ScriptedProvider() as server:
        server.default(lambda request: Reply(openai_chat(text="x")))
        comparing = Comparing(tmp_path, server)
        if "pattern" in more:
            comparing.rows.write_text('{"prompt": "("}\n')
        assert comparing.run(*more, agents=agents) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("check", "value", "text", "meets"),
    [
        ("exact", "Yes", " Yes\n", True),
        ("exact", "Yes", "yes", False),
        ("exact", 12, "12", True),
        ("contains", "yes", "Oh YES!", True),
        ("contains", "no", "Oh yes!", False),
        ("json", {"a": [1]}, '{"a": [1.0]}', True),
        ("json", '{"a": 1}', '{"a": 2}', False),
        ("json", {"a": 1}, "no JSON", False),
        ("json", {"a": 1}, "[" * 100_000, False),
        ("pattern", r"\b4\d\b", "It is 42.", True),
        ("pattern", r"^4\d$", "It is 42.", False),
        ("exact", None, "anything", None),
    ],
)
def test_an_answer_is_checked(check: Check, value: Any, text: str, meets: bool | None) -> None:
    expected = Expected({} if value is None else {"r": value}, check)
    assert expected.meets("r", text) is meets
    assert expected.meets("r", None) is (None if value is None else False)  # a row that has failed
    assert expected.meets("other", text) is None


def test_an_interval_tells_chance_from_difference() -> None:
    assert Estimate.of([1.0] * 4) is None
    clear = Estimate.of([0.9, 1.0, 1.1, 1.2, 0.8] * 10)
    assert clear is not None
    assert clear.is_clear
    assert 0.9 < clear.low < clear.mean < clear.high < 1.1
    doubtful = Estimate.of([-1.0, 1.0, -0.9, 1.0, 0.1] * 3)
    assert doubtful is not None
    assert not doubtful.is_clear
    assert Estimate.of([0.9, 1.0, 1.1, 1.2, 0.8] * 10) == clear
