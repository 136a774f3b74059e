"""Runs the readers: saved finds first, then hypothesis; a find is shrunk, printed as a test, and saved."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.readers import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FINDS: Final = Path(__file__).resolve().parents[2] / ".fuzz"
LIMIT: Final = 3.0  # seconds of processor time for one input; a reader that needs more blocks the worker


class TooSlow(Exception):
    """An input took more than `LIMIT` seconds."""


@dataclass
class Report:
    """What one reader was given. `slowest` is in seconds of processor time."""

    name: str
    inputs: int = 0
    slowest: float = 0.0
    find: Any = None
    problem: str = ""
    started: int = 0
    path: Path | None = None  # where a find is kept
    last: Any = None

    def attempt(self, run: Callable[[], object], start: int) -> None:
        """Run a test of hypothesis; if it fails, the last input is the find."""
        try:
            run()
        except Exception as error:
            error.__notes__ = []  # hypothesis' own way to print the input
            self.problem = "".join(traceback.format_exception(error, limit=-6))
            self.find, self.started = self.last, start


def fuzz(report: Report, *, examples: int, start: int) -> None:
    """Give the reader of a report so many inputs, made from the seed `start`. It has the find afterwards, shrunk."""
    reader = READERS[report.name]

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(reader.inputs)
    def one(value: Any) -> None:
        report.inputs += 1
        report.last = value
        report.slowest = max(report.slowest, timed(reader.check, value))

    report.attempt(one, start)


def timed(check: Callable[[Any], object], value: Any) -> float:
    """Check one input and return the processor time that it took. Raises `TooSlow`, and what `check` raises."""
    before = time.process_time()
    with _limit():
        check(value)
    took = time.process_time() - before
    if took > LIMIT:  # where no signal could end it
        raise TooSlow(f"{took:.1f} s")
    return took


@contextmanager
def _limit() -> Iterator[None]:
    """End the block with `TooSlow` after `LIMIT` seconds of processor time, on platforms with such a timer."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def end(*_: object) -> None:
        raise TooSlow(f"more than {LIMIT:g} s")

    previous = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def as_test(report: Report) -> str:
    """The find as a test function."""
    check = f'READERS["{report.name}"].check' if report.name in READERS else "check_in_browser"
    return f"def test_find_{_digest(report.find)}() -> None:  # seed {report.started}\n    {check}({report.find!r})\n"


def save(report: Report, folder: Path = FINDS) -> Path:
    """Keep the find in a file, to be replayed first the next time."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{report.name}-{_digest(report.find)}.json"
    path.write_text(json.dumps({"seed": report.started, "input": _to_json(report.find)}))
    return path


def replay(name: str, check: Callable[[Any], object], folder: Path = FINDS) -> list[Report]:
    """Check the finds that were kept for a reader. Returns those that are still there; forgets the others."""
    failed: list[Report] = []
    for path in sorted(folder.glob(f"{name}-*.json")):
        kept = json.loads(path.read_text())
        report = Report(name, 1, find=_from_json(kept["input"]), started=kept["seed"], path=path)
        try:
            check(report.find)
        except Exception:
            report.problem = traceback.format_exc(limit=-6)
            failed.append(report)
        else:
            path.unlink()
    return failed


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_to_json(value)).encode()).hexdigest()[:8]


def _to_json(value: Any) -> Any:
    """JSON has no bytes."""
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else {"value": value}


def _from_json(kept: dict[str, Any]) -> Any:
    return base64.b64decode(kept["base64"]) if "base64" in kept else kept["value"]
