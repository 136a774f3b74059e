"""A trace for Perfetto and Chrome that is written turn by turn, so that a batch of any length takes no memory.

It is the format's list of events, whose end may be missing: what a killed run has written can be opened.
"""

from __future__ import annotations

import itertools
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..traces.chrome import events_of, process_name
from ..traces.fold import Fold
from .notes import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..traces.spans import Span


class TraceFile:
    """The file at `path`, which is replaced. Raises `ConfigError` if it cannot be written.

    Turns that run at the same time have places of their own: processes, in the words of the format. If writing fails
    later, that is noted once, and the turns go on.
    """

    def __init__(self, path: str, *, contents: bool) -> None:
        try:
            self._file = Path(path).open("w", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
        self._path = path
        self._contents = contents
        self._failed = False
        self._before = "[\n"
        self._named: set[int] = set()  # places
        self._open: dict[Fold, int] = {}  # with a turn that runs, and its place

    def listener(self) -> Callable[[Iterable[Mapping[str, Any]]], None]:
        """Takes the events of one session, as they come."""
        fold = Fold(contents=self._contents)

        def see(events: Iterable[Mapping[str, Any]]) -> None:
            at = time.time_ns()
            for event in events:
                spans = fold.push(at, event)
                if spans:
                    self._write(spans, self._open.pop(fold, 0) or self._free())
                if fold.open and fold not in self._open:
                    self._open[fold] = self._free()

        return see

    def _free(self) -> int:
        taken = set(self._open.values())
        return next(place for place in itertools.count(1) if place not in taken)

    def close(self) -> None:
        """Write the turns that have not ended, and the end of the list."""
        for fold, place in self._open.items():
            self._write(fold.rest(time.time_ns()), place)
        with suppress(OSError):
            self._file.write("[]\n" if self._before == "[\n" else "\n]\n")
            self._file.close()

    def _write(self, spans: list[Span], place: int) -> None:
        events = events_of(spans, place)
        if place not in self._named:
            self._named.add(place)
            events = [process_name(place, f"turn {place} of those at the same time"), *events]
        try:
            for event in events if not self._failed else ():
                self._file.write(self._before + json.dumps(event))
                self._before = ",\n"
        except OSError as error:
            self._failed = True
            note(f"{self._path} cannot be written, the run goes on without a trace: {error.strerror}")
