"""Provider events to page events: the same stream, in the words of the page, each with the attempt it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..events import BlockKind, Event
    from ..providers.assembly import EventType, ProviderEvent

_STARTS: Final[dict[EventType, BlockKind]] = {
    "text_start": "text",
    "thinking_start": "reasoning",
    "toolcall_start": "tool_call",
}
_ENDS: Final[dict[EventType, BlockKind]] = {
    "text_end": "text",
    "thinking_end": "reasoning",
    "toolcall_end": "tool_call",
}


def project(batch: Iterable[ProviderEvent], attempt: int) -> list[Event]:
    """`start`, `done` and `error` are the chain's business and project to nothing."""
    events: list[Event] = []
    for event in batch:
        kind = event.type
        if kind == "text_delta":
            events.append({"type": "delta", "content": event.text, "attempt": attempt, "index": event.index})
        elif kind == "thinking_delta":
            events.append({"type": "delta", "reasoning": event.text, "attempt": attempt, "index": event.index})
        elif kind == "toolcall_delta":
            events.append(
                {
                    "type": "tool_call_delta",
                    "id": event.tool_id,
                    "name": event.tool_name,
                    "arguments": event.text,
                    "attempt": attempt,
                    "index": event.index,
                }
            )
        elif kind in _STARTS:
            events.append({"type": "block_start", "kind": _STARTS[kind], "attempt": attempt, "index": event.index})
        elif kind in _ENDS:
            events.append(
                {
                    "type": "block_end",
                    "kind": _ENDS[kind],
                    "content": event.text,
                    "attempt": attempt,
                    "index": event.index,
                }
            )
    return events
