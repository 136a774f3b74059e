"""Child processes end with the group that holds them, and with the process that made it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from sparewheel.headless.children import Children

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="watches processes as Linux does")

SLEEP = ["sleep", "1000"]


def ended(process: int) -> bool:
    """Whether the process of a pidfd ends within 10 s."""
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_closing_ends_them() -> None:
    children = Children()
    processes = [subprocess.Popen(SLEEP) for _ in range(2)]
    for process in processes:
        children.add(process)
    children.close()
    assert [process.returncode for process in processes] == [-signal.SIGTERM] * 2
    children.close()  # a second time does nothing


def test_one_that_ignores_the_request_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparewheel.headless.children.END_LIMIT", 0.1)
    children = Children()
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    stubborn = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert stubborn.stdout
    with stubborn.stdout as output:
        output.readline()
        children.add(stubborn)
        children.close()
    assert stubborn.returncode == -signal.SIGKILL


def test_one_that_comes_late_is_ended_at_once() -> None:
    children = Children()
    children.close()
    late = subprocess.Popen(SLEEP)
    children.add(late)
    assert late.returncode == -signal.SIGKILL


def test_they_end_when_their_parent_is_killed() -> None:
    code = (
        "import subprocess, time; from sparewheel.headless.children import Children;"
        f"child = subprocess.Popen({SLEEP}, stdout=subprocess.DEVNULL); children = Children(); children.add(child);"
        "print(child.pid, flush=True); time.sleep(1000)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout
    with parent.stdout as output:
        child = os.pidfd_open(int(output.readline()))
        assert not select.select([child], [], [], 0)[0]
        parent.kill()
        parent.wait()
    assert ended(child)
