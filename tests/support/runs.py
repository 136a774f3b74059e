"""Command lines of `sparewheel.headless` under way, and the processes that they have started."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from sparewheel.events import TERMINAL
from sparewheel.testing import ScriptedProvider

KEY = "sk-CANARY-0123456789"
ENV = {"TEST_KEY": KEY}


def agent(server: ScriptedProvider, model: str = "m", more: str = "") -> str:
    return f"""
agents:
  root:
    model: main
    instruction: Be brief.
    fallback: {{retries: -1}}
    {more}
models:
  main: {{provider: openai, model: {model}, base_url: "{server.url}/v1", token_key: TEST_KEY}}
"""


class Run:
    """A command under way: its stdout line by line, its stderr in a file."""

    def __init__(self, folder: Path, *words: str, command: str = "run", stderr: int | None = None) -> None:
        self._stderr = folder / "stderr"
        with self._stderr.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sparewheel.headless", command, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr or file,
                env={**os.environ, **ENV},
            )
        assert self.process.stdout
        self.stdout = self.process.stdout
        self.events: list[dict[str, Any]] = []

    def until(self, kind: str) -> dict[str, Any]:
        """Read on to the next event of this type."""
        for line in self.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["type"] == kind:
                return self.events[-1]
        raise AssertionError(f"no {kind}, but {self.types}; stderr: {self.stderr}")

    def end(self) -> int:
        """Read what is left and wait for the exit code."""
        with self.stdout:
            self.events += [json.loads(line) for line in self.stdout]
        return self.process.wait()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def terminals(self) -> list[str]:
        return [kind for kind in self.types if kind in TERMINAL]

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    def descendants(self) -> list[int]:
        """pidfds of every process it has started, their children included."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
        family = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        pidfds = []
        for pid in family - {self.process.pid}:
            with suppress(ProcessLookupError):  # one that has ended meanwhile
                pidfds.append(os.pidfd_open(pid))
        return pidfds


def all_end(pidfds: list[int]) -> bool:
    """Whether each of these processes ends, now or soon."""
    ended = [bool(select.select([pidfd], [], [], 40)[0]) for pidfd in pidfds]
    for pidfd in pidfds:
        os.close(pidfd)
    return all(ended)
