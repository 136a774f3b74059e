"""Text that streamed in pieces, put together for records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...events import Event


def joined(deltas: list[Event]) -> list[Event]:
    """Deltas as one, if they are text of one attempt: a chunk of a fast stream has thousands, which would be kept."""
    events = cast("list[dict[str, Any]]", deltas)
    if len({(event["attempt"], event.get("task"), "content" in event) for event in events}) > 1:
        return deltas
    name = "content" if "content" in events[0] else "reasoning"
    return [cast("Event", {**events[0], name: "".join([event[name] for event in events])})]


def items_of(batches: Sequence[Sequence[Event]]) -> list[dict[str, Any]]:
    """What batches of events show of the answer, in order: `{attempt, content | reasoning | discarded}`."""
    items: list[dict[str, Any]] = []
    pieces: list[str] = []
    for event in (event for batch in batches for event in batch):
        fields = cast("dict[str, Any]", event)
        if "task" in fields:
            continue
        if fields["type"] == "delta":
            name = "content" if "content" in fields else "reasoning"
            if not (items and name in items[-1] and items[-1]["attempt"] == fields["attempt"]):
                _join(items, pieces)
                items.append({"attempt": fields["attempt"], name: ""})
            pieces.append(fields[name])
        elif fields["type"] == "discard":
            _join(items, pieces)
            items.append({"attempt": fields["attempt"], "discarded": True})
    _join(items, pieces)
    return items


def _join(items: list[dict[str, Any]], pieces: list[str]) -> None:
    """Put the pieces into the last item, whose text they are."""
    if pieces:
        name = "content" if "content" in items[-1] else "reasoning"
        items[-1][name] = "".join(pieces)
        pieces.clear()
