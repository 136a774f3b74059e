"""Paths, progress and child processes. Standard library only: `build.py` uses it before anything is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
WEB = ROOT / "web"
DIST = ROOT / "dist"
INSIDE = ROOT / "runtime" / "bundle" / "inside"  # scripts that Node runs
_LEFT_OUT = {"node_modules", "__pycache__"}


class BuildError(Exception):
    """A step failed. The message is one line: what failed, and what to do about it."""


def say(message: str) -> None:
    """Report progress on stderr; stdout is for the JSON lines of `run`."""
    print(f"build: {message}", file=sys.stderr, flush=True)


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Hold the lock `what`; other processes wait for it. (No lock on Windows, which lacks `flock`.)"""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{what}.lock").open("w") as handle:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another build to finish")
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def logged(argv: Sequence[str | Path], log: str, failure: str, *, cwd: Path = ROOT) -> None:
    """Run a child process with its output in `.cache/logs/LOG.log`.

    Raises:
        BuildError: the child failed or could not be started; the message is `failure` and the log's path.
    """
    path = CACHE / "logs" / f"{log}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        try:
            code = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode
        except OSError as error:
            raise BuildError(f"{failure} ({argv[0]}: {error.strerror})") from error
    if code:
        raise BuildError(f"{failure} (details: {path.relative_to(ROOT)})")


def become(argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> NoReturn:
    """Replace this process by another program, which then gets the signals and sets the exit code."""
    words = [str(word) for word in argv]
    environment = {**os.environ, **(env or {})}
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":  # os.exec* on Windows ends the process that the shell waits for
        sys.exit(subprocess.call(words, env=environment))
    os.execve(words[0], words, environment)


def files_below(folder: Path) -> list[Path]:
    """List the files in a folder and its subfolders in a fixed order, without caches, dotfiles and `node_modules`."""
    found = []
    for path, subfolders, names in os.walk(folder):
        subfolders[:] = [name for name in subfolders if not name.startswith(".") and name not in _LEFT_OUT]
        found += [Path(path, name) for name in names if not name.startswith(".")]
    return sorted(found)
