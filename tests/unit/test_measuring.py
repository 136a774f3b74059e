"""Who may run beside a test, in a run of several processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import measuring
from tests.support.measuring import share

fcntl = pytest.importorskip("fcntl")


def free(folder: Path, lock: int) -> bool:
    """Whether another test could begin now: one that shares the machine, or one that is to be alone."""
    with (folder / "tests.turn.lock").open("w") as turn, (folder / "tests.lock").open("w") as machine:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(machine, lock | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_who_measures_is_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measuring, "CACHE", tmp_path)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    with share(alone=False), share(alone=False):
        assert free(tmp_path, fcntl.LOCK_SH)
        assert not free(tmp_path, fcntl.LOCK_EX)
    with share(alone=True):
        assert not free(tmp_path, fcntl.LOCK_SH)
    assert free(tmp_path, fcntl.LOCK_EX)


def test_one_process_waits_for_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measuring, "CACHE", tmp_path)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    with share(alone=True):
        assert list(tmp_path.iterdir()) == []
