"""Child processes that end with this process, even if it is killed by SIGKILL."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from threading import Lock
from typing import Final

END_LIMIT: Final = 5.0  # seconds from SIGTERM to SIGKILL

# Collects process ids until its input ends, by `close` or with this process; then ends those processes.
_REAPER: Final = 'pids=; while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill $pids'


class Children:
    """A group of child processes. POSIX only."""

    def __init__(self) -> None:
        self._reaper = subprocess.Popen(["/bin/sh", "-c", _REAPER], stdin=subprocess.PIPE, start_new_session=True)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = Lock()

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Add a process; ends it at once if the group is closed already. Thread-safe."""
        with self._lock:
            stdin = self._reaper.stdin
            assert stdin
            if not stdin.closed:
                stdin.write(f"{process.pid}\n".encode())
                stdin.flush()
                self._processes.append(process)
                return
        process.kill()
        process.wait()

    def close(self) -> None:
        """End the processes and wait for them."""
        with self._lock:
            assert self._reaper.stdin
            self._reaper.stdin.close()
        self._reaper.wait()  # before any `wait` on them: until then no process id is reused
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_LIMIT)
            process.kill()
            process.wait()
