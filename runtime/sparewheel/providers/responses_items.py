"""The output items of one response, found by the ids and positions that its events name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .reading import string


@dataclass(slots=True)
class Item:
    """An output item. `streamed` has the parts that were streamed, so that events that repeat them are skipped."""

    key: int  # of its tool call in the assembly
    id: str = ""
    streamed: set[object] = field(default_factory=set)
    family: str = ""  # the type of the events with its reasoning: the summary or the full text
    part: object = None  # the current part of the summary
    copy: str = ""  # of the arguments in the event that announced its tool call
    done: bool = False


class Items:
    """All items, in the order in which they began."""

    def __init__(self) -> None:
        self.all: list[Item] = []
        self.by_id: dict[str, Item] = {}
        self._at: dict[int, Item] = {}  # the latest item of an output index

    def of(self, event: dict[str, Any]) -> Item:
        """The item of an event: by its id, or by its position if the id is missing or new in every event."""
        item_id, place = string(event.get("item_id")), event.get("output_index")
        item = self.by_id.get(item_id)
        if item is not None:
            return item
        if isinstance(place, int):
            item = self._at.get(place)
        elif not item_id and self.all:
            item = self.all[-1]
        return item if item is not None and not item.done else self.add(event, item_id)

    def add(self, event: dict[str, Any], item_id: str) -> Item:
        """A new item at the position of `event`."""
        item = Item(len(self.all), item_id)
        self.all.append(item)
        place = event.get("output_index")
        if isinstance(place, int):
            self._at[place] = item
        if item_id:
            self.by_id[item_id] = item
        return item
