"""Ways that are fast because something was done before: whether they were taken. One that was not fails `--strict`."""

from __future__ import annotations

from collections import Counter

from sparewheel.classify import classify
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.frames import Frames
from sparewheel.providers.registry import wire_format
from sparewheel.providers.shortcut import Shortcut
from sparewheel.sse import ServerSentEvent, SSEDecoder

from .report import Table


class FastPaths:
    """Counts, by what is to be fast."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()

    def saw(self, what: str, *, taken: bool) -> None:
        self._times[what] += 1
        self._missed[what] += not taken

    @property
    def missed(self) -> list[str]:
        return [f"{what} ({count} of {self._times[what]})" for what, count in self._missed.items() if count]

    def table(self) -> Table:
        table = Table("Fast paths", ("", "times", "not taken"))
        for what, times in self._times.items():
            table.add(what, times, self._missed[what])
        return table


class _Counting(Frames):
    count = 0

    def feed(self, event: ServerSentEvent) -> None:
        self.count += 1
        super().feed(event)


def parsed_share(body: bytes) -> float:
    """The share of the events of a Chat Completions stream that is parsed: of the others only the text is taken."""
    assembly = Assembly("bench/bench")
    frames = _Counting(wire_format("openai_chatcompletions").decoder(assembly), lambda body: classify(body=body))
    events = SSEDecoder().feed(body)
    Shortcut(frames, assembly).feed(events)
    return frames.count / len(events)
