"""A run of all tests gives the few tests in a browser that failed a second try, in a process of their own.

A browser on a busy machine can be late in a way that no wait foresees. A test that passes the second time does not fail
the run; the summary names it, because it is a defect of the test or of the product. Tests of the other rings, and more
than `MOST` failures, get no second try; nor does a run of selected tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

RING: Final = "tests/e2e/"
MOST: Final = 5
_VARIABLE: Final = "SPAREWHEEL_SECOND_RUN"  # set in the process of the second try
_TRIED: Final = pytest.StashKey[tuple[list[str], str, bool]]()  # node ids, output, whether all passed


def _worth_trying(config: pytest.Config) -> list[str]:
    """The tests that failed, if they get a second try."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get(_VARIABLE) or config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return []
    reports = [report for outcome in ("failed", "error") for report in reporter.stats.get(outcome, [])]
    ids = list(dict.fromkeys(report.nodeid for report in reports))
    return ids if len(ids) <= MOST and all(each.startswith(RING) for each in ids) else []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus != pytest.ExitCode.TESTS_FAILED or not (ids := _worth_trying(session.config)):
        return
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *ids]
    environment = {**os.environ, _VARIABLE: "1"}
    tried = subprocess.run(
        command,
        cwd=session.config.rootpath,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    passed = tried.returncode == pytest.ExitCode.OK
    session.config.stash[_TRIED] = (ids, tried.stdout, passed)
    if passed:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ids, output, passed = config.stash.get(_TRIED, ([], "", False))
    if not ids:
        return
    terminalreporter.section("second try")
    terminalreporter.write_line(output)
    color = {"yellow": passed, "red": not passed}
    outcome = "passed the second time only: find out why" if passed else "did not all pass the second time either"
    terminalreporter.write_line(f"[{len(ids)}] {outcome}", **color)
    for each in ids:
        terminalreporter.write_line(f"  {each}", **color)
