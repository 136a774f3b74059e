"""The short form of the soak: the runtime is left as it was, round after round, and what is counted is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TURNS = 100
EXACT = ("sessions", "tasks", "python_proxies", "js_proxies", "wasm_mb")


def test_turns_leave_nothing_in_the_browser(tmp_path: Path) -> None:
    report = tmp_path / "soak.json"
    argv = [sys.executable, "-m", "tests.bench", "--soak", str(TURNS), "--json", str(report)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(report.read_text(encoding="utf-8"))
    assert sum(facts["ends"].values()) == TURNS
    first, *others = facts["rounds"]
    for each in others:
        assert {name: each[name] for name in EXACT} == {name: first[name] for name in EXACT}, done.stdout
    assert first["sessions"] == 1  # that of who counts
    assert first["python_proxies"] == 0
    assert first["worker_js_mb"] > first["page_js_mb"] > 0
    assert 0 < first["python_mb"] < first["wasm_mb"]
