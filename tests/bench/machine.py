"""What the operating system says of a browser's processes. Linux only; elsewhere these numbers are missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
# How the processes in which pages run are told from the rest of a browser.
_PAGES: Final = (b"--type=renderer", b"-isForBrowser")


def page_processes() -> list[int]:
    """The processes of this program's browsers in which pages run, by id; none where they cannot be told."""
    if not PROC.is_dir():
        return []
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            # The second field is a name that may hold anything, parentheses too.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
    return [process for process in parents if _descends(process, parents) and _is_page(process)]


def cpu_seconds(processes: list[int]) -> float:
    """The time that all threads of these processes have had so far."""
    nanoseconds = 0
    for process in processes:
        for file in (PROC / str(process) / "task").glob("*/schedstat"):
            try:
                nanoseconds += int(file.read_text().split()[0])
            except OSError:
                continue
    return nanoseconds / 1e9


def anonymous_mb(processes: list[int]) -> float:
    """The memory of the largest of these processes that is its own and in use (RssAnon), in MB."""
    return max((_anonymous_kb(process) for process in processes), default=0) / 1024


def _anonymous_kb(process: int) -> int:
    try:
        status = (PROC / str(process) / "status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")), 0)


def _descends(process: int, parents: dict[int, int]) -> bool:
    while process in parents:
        process = parents[process]
        if process == os.getpid():
            return True
    return False


def _is_page(process: int) -> bool:
    try:
        command = (PROC / str(process) / "cmdline").read_bytes()
    except OSError:
        return False
    return any(mark in command for mark in _PAGES)
