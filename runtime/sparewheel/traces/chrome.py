"""Spans in the Trace Event Format, which Perfetto (ui.perfetto.dev) and Chrome (chrome://tracing) open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .spans import Span


def to_chrome(spans: Sequence[Span]) -> dict[str, Any]:
    """The document with `spans`."""
    return {"traceEvents": [process_name(), *events_of(spans)], "displayTimeUnit": "ms"}


def process_name(process: int = 1, name: str = "sparewheel") -> dict[str, Any]:
    """The event that names a process."""
    return {"name": "process_name", "ph": "M", "pid": process, "tid": 0, "args": {"name": name}}


def events_of(spans: Sequence[Span], process: int = 1) -> list[dict[str, Any]]:
    """`spans` as events. A row holds what lies one in the other; what overlaps has rows of its own."""
    events: list[dict[str, Any]] = []
    rows: list[list[int]] = []  # of each row, when what is open in it ends
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        row = _row(rows, span)
        place = {"pid": process, "tid": row + 1, "cat": span.kind}
        args: dict[str, Any] = dict(span.attributes) | ({"error": span.error} if span.error else {})
        dur = max(span.end - span.start, 0) / 1000
        events.append({"name": span.name, "ph": "X", "ts": span.start / 1000, "dur": dur, **place, "args": args})
        events += [
            {"name": note.name, "ph": "i", "s": "t", "ts": note.at / 1000, **place, "args": note.attributes}
            for note in span.notes
        ]
    return events


def _row(rows: list[list[int]], span: Span) -> int:
    """The first row in which nothing ends within `span`."""
    for number, ends in enumerate(rows):
        while ends and ends[-1] <= span.start:
            ends.pop()
        if not ends or ends[-1] >= span.end:
            ends.append(span.end)
            return number
    rows.append([span.end])
    return len(rows) - 1
