"""Which browser a test of an engine gets, and what the end of a run says of engines that are not here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

import pytest

from sparewheel.headless import find
from sparewheel.headless.browser import VARIABLE, BrowserNotFound, Engine, Launch

_NOT_RUN = "not run in "


def launch_of(engine: Engine) -> Launch:
    """How to start the engine. Skips the test where it is not here; without Chromium it fails."""
    if engine == "chromium":
        return find(engine)
    if os.environ.get(VARIABLE):
        pytest.skip(f"{_NOT_RUN}{engine}: {VARIABLE} names one browser for all")
    try:
        return find(engine)
    except BrowserNotFound as error:
        pytest.skip(f"{_NOT_RUN}{engine}: {error}. {error.info.hint}")


def not_run(reasons: Iterable[str]) -> list[str]:
    """A line for each missing engine, with the number of tests. `reasons`: of all skipped tests."""
    texts = [reason.removeprefix("Skipped: ") for reason in reasons]
    counted = Counter(text for text in texts if text.startswith(_NOT_RUN))
    return [f"[{count}] {text}" for text, count in sorted(counted.items())]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name at the end what was not run, whatever the options; a plain skip is one letter in a row of dots."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    lines = not_run(str(place[2]) for place in skipped if isinstance(place, tuple))
    if lines:
        terminalreporter.section("not run", yellow=True)
    for line in lines:
        terminalreporter.write_line(line, yellow=True)
