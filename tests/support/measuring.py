"""Tests that measure have the machine for themselves while others of the same run wait in other processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bundle.shell import CACHE


@contextmanager
def share(*, alone: bool) -> Iterator[None]:
    """Hold the machine during a test, together with other processes or `alone`.

    Only processes of pytest-xdist wait for each other. (None do on Windows, which lacks `flock`.)
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or sys.platform == "win32":
        yield
        return
    import fcntl

    CACHE.mkdir(exist_ok=True)
    with (CACHE / "tests.turn.lock").open("w") as turn, (CACHE / "tests.lock").open("w") as machine:
        fcntl.flock(turn, fcntl.LOCK_EX)  # who waits to be alone holds it: nothing else begins
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(turn, fcntl.LOCK_UN)
        yield
