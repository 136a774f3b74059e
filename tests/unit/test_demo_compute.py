"""The demo model that computes: the code it writes for a question runs, and its answer is what the code has printed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sparewheel.files import File
from sparewheel.sandboxed import start
from sparewheel.transports.demo_compute import TOOL, next_step
from tests.support.harness import LIMITS

BICYCLES = (Path(__file__).resolve().parents[2] / "web" / "examples" / "bicycles.csv").read_text(encoding="utf-8")
SHOPS = "Jahr;Filiale;Umsatz|netto\n2024;Süd;1.5\n2025;'Nord' \"A\";\n2025;Süd;2.5\n2025;'Nord' \"A\";3\n;;\nx;y;no\n"


class Chart:
    """Stands for a chart of pygal."""

    made: Chart

    def __init__(self, kind: str, title: str) -> None:
        self.kind, self.title = kind, title
        self.x_labels: list[str] = []
        self.series: list[tuple[str, list[float]]] = []
        Chart.made = self

    def _repr_svg_(self) -> str:
        return "<svg></svg>"

    def add(self, title: str, values: list[float]) -> None:
        self.series.append((title, values))


def asked(question: str, *files: File, tools: tuple[str, ...] = (TOOL,), result: str = "") -> dict[str, Any]:
    """The body of a request."""
    text = "".join(file.as_text() for file in files)  # nothing separates the parts of a prompt
    messages: list[dict[str, Any]] = [{"role": "system", "content": "x"}]
    messages.append({"role": "user", "content": text + question})
    if result:
        messages += [{"role": "assistant"}, {"role": "tool", "content": result}]
    return {"messages": messages, "tools": [{"type": "function", "function": {"name": name}} for name in tools]}


def ran(question: str, file: File, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the code for a question prints."""
    code, text = next_step(asked(question, file))
    assert text == ""
    (folder / file.name).write_text(file.text, encoding="utf-8")
    kinds = {kind: lambda title, show_legend, kind=kind: Chart(kind, title) for kind in ("Line", "HorizontalBar")}
    monkeypatch.setitem(sys.modules, "pygal", SimpleNamespace(**kinds))
    message = {"type": "run", "id": 1, "code": code, "files": {}, "keep": False, "functions": [], "limits": LIMITS}
    sent: list[dict[str, Any]] = []

    async def work() -> None:
        done = asyncio.Event()

        def take(text: str) -> None:
            sent.append(json.loads(text))
            if sent[-1]["type"] == "result":
                done.set()

        start(take, str(folder))(json.dumps(message))
        await done.wait()

    asyncio.run(work())
    assert "error" not in sent[-1]
    printed: str = "".join(each["text"] for each in sent if each["type"] == "output") + sent[-1]["value"]["text"]
    return printed


@pytest.mark.parametrize(
    ("question", "sentence", "kind"),
    [
        ("Which station counted the most bicycles?", "Market square has the highest total: 498,", "HorizontalBar"),
        ("Average bicycles by station", "Market square has the highest average: 41,", "HorizontalBar"),
        ("How did it go, month by month?", "2026-06 has the highest total: 1", "Line"),
        ("", "2026-06 has the highest total: 1", "Line"),
    ],
)
def test_a_question_about_the_example(
    question: str, sentence: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = ran(question, File("text/csv", "bicycles.csv", text=BICYCLES), tmp_path, monkeypatch)
    assert printed.startswith(sentence)
    assert Chart.made.kind == kind
    _, answer = next_step(asked(question, result=f"Output:\n{printed}\n[Picture 1: image/svg+xml]"))
    rows = answer.splitlines()
    assert rows[0].startswith(sentence)
    assert rows[3] == "|---|---|"
    assert len(rows) == 4 + len(Chart.made.x_labels)


def test_other_files_have_other_names_and_separators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = ran("Umsatz je Filiale?", File("text/plain", "a 'b' `c`.txt", text=SHOPS), tmp_path, monkeypatch)
    assert printed.startswith("Süd has the highest total: 4.0.")
    assert Chart.made.series == [("Umsatz|netto", [4.0, 3.0])]


def test_without_a_table_or_a_tool_it_tells_what_it_needs() -> None:
    words = File("text/plain", "a.txt", text="one\ntwo, three\n")
    for request in (asked("How many?"), asked("How many?", words), asked("How many?", File("text/csv", "b.csv"))):
        assert next_step(request) == ("", next_step(asked("?"))[1])
        assert next_step(request)[1].startswith("Attach a CSV file")
    assert next_step(asked("How many?", tools=("other",)))[1].startswith("I answer with Python code")


def test_a_run_that_failed_is_quoted() -> None:
    assert next_step(asked("?", result="Stopped after 10 s"))[1] == "The code gave no answer: Stopped after 10 s"
