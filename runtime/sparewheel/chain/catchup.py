"""What a page lacks of an answer of which it shows the beginning. A pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..events import Event
    from ..providers.assembly import Assembly
    from ..providers.block import Block


def unseen(events: Sequence[Event], shown: Assembly) -> list[Event] | None:
    """Of the `events` of a whole answer those that are missing after the events of `shown`.

    None if the answer does not begin with what is shown.
    """
    seen = [_Seen(block) for block in shown.blocks]
    annotations = len(shown.annotations)
    missing: list[Event] = []
    for event in events:
        if event["type"] == "annotation" and annotations:
            annotations -= 1
            continue
        index = event.get("index", len(seen))
        if isinstance(index, int) and index < len(seen) and event["type"] != "annotation":
            if not seen[index].agrees(event):
                return None
            if seen[index].covers(event):
                continue
        missing.append(event)
    return None if any(block.left or block.is_missing for block in seen) else missing


class _Seen:
    """A block of which the page shows the beginning; `left` of it has not been compared yet."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self.left = block.content if block.announced else ""
        self.is_missing = block.announced  # in the whole answer

    def agrees(self, event: Event) -> bool:
        """Whether the event may be of this block, and goes on as the block does."""
        block = self._block
        match event["type"]:
            case "block_start":
                self.is_missing = False
                return event["kind"] == block.kind and event.get("id", "") == block.id
            case "block_end":
                return not self.left
            case "media":
                self.is_missing = False
                return block.kind == "media"
            case _:
                piece = _piece(event)
                return piece.startswith(self.left) or self.left.startswith(piece)

    def covers(self, event: Event) -> bool:
        """Whether the page has all of the event; it is cut down to what is missing."""
        match event["type"]:
            case "block_start" | "media":
                return self._block.announced
            case "block_end":
                return self._block.closed
            case _:
                piece, size = _piece(event), len(self.left)
                self.left = self.left[len(piece) :]
                _put(event, piece[size:])
                return bool(size) and len(piece) <= size


def _piece(event: Event) -> str:
    """The text of a delta."""
    if event["type"] == "tool_call_delta":
        return event["arguments"]
    return (event.get("content") or event.get("reasoning") or "") if event["type"] == "delta" else ""


def _put(event: Event, piece: str) -> None:
    """Replace the text of a delta."""
    if event["type"] == "tool_call_delta":
        event["arguments"] = piece
    elif event["type"] == "delta":
        event["content" if "content" in event else "reasoning"] = piece
