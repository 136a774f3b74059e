"""`ag-ui-validate` (PyPI) judges the AG-UI events of random turns."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from ag_ui_validate.pytest_plugin import validate_agui

PROGRAM = Path(__file__).with_name("ag_ui_events.mjs")
TURNS = os.environ.get("SPAREWHEEL_LOGS", "60")


def test_the_validator_finds_nothing_in_the_events_of_any_turn() -> None:
    done = subprocess.run(["node", PROGRAM, TURNS], capture_output=True, text=True, check=True)
    streams = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(streams) == int(TURNS)
    for seed, events in enumerate(streams):
        report = validate_agui(events)
        found = [finding for finding in report.diagnostics if finding.severity in ("error", "warning")]
        assert not found, f"seed {seed}: {found}"


def test_the_validator_finds_what_is_wrong() -> None:
    done = subprocess.run(["node", PROGRAM, "1"], capture_output=True, text=True, check=True)
    events = json.loads(done.stdout)
    assert validate_agui(events[:-1]).summary.errors
