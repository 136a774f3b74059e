"""Removes known secrets from texts that are streamed in pieces, even when no piece contains a whole secret.

A model that repeats a key sends it a few characters at a time. So the end of a piece that could be the beginning of a
secret is held back until the next piece, or until the end of its block. The pieces together are then the same text that
redacting the whole text would give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from ..events import is_terminal
from .redact import MASK, written_forms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..events import Event

_PIECES: Final = ("content", "reasoning", "arguments")  # fields of `delta` and `tool_call_delta`

_Block = tuple[object, object, object]  # task, attempt and index


class SplitSecrets:
    """Filters the events of one turn, before they are numbered."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = written_forms(secrets)
        self._held: dict[_Block, Event] = {}  # by block, a delta with the text held back

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events that can be sent now."""
        if not self._forms or not (self._held or self._is_suspect(batch)):
            return batch
        passed: list[Event] = []
        for event in batch:
            if event["type"] in ("delta", "tool_call_delta"):
                passed += self._piece(event)
            else:
                passed += self._released(event)
                passed.append(event)
        return passed

    def _is_suspect(self, batch: list[Event]) -> bool:
        """Whether each event has to be examined. Cheap, because most batches need no more than this."""
        fields = cast("list[dict[str, Any]]", batch)
        pieces = [event.get("content") or event.get("reasoning") for event in fields]
        if None in pieces:  # an event other than a delta of text
            return True
        text = "".join(cast("list[str]", pieces))
        return self._open_end(text) > 0 or any(form in text for form in self._forms)

    def _piece(self, event: Event) -> list[Event]:
        held = self._held.pop(_block(event), None)
        text = (_text(held) if held else "") + _text(event)
        cut = self._cut(text)
        if cut < len(text):
            self._held[_block(event)] = _with(event, text[cut:])
        return [_with(event, self._masked(text[:cut]))] if cut else []

    def _released(self, event: Event) -> list[Event]:
        """The text held back for the block that this event ends, or for all blocks if it ends the turn."""
        released: list[Event] = []
        if event["type"] == "block_end":
            released = [self._held.pop(block) for block in [_block(event)] if block in self._held]
        elif is_terminal(event):
            released, self._held = list(self._held.values()), {}
        return [_with(waiting, self._masked(_text(waiting))) for waiting in released]

    def _cut(self, text: str) -> int:
        """The length of the part of `text` that can be sent: no secret, even an incomplete one, crosses its end."""
        cut = len(text) - self._open_end(text)
        while cut < len(text):
            starts = [text.find(form, max(cut - len(form) + 1, 0), cut + len(form) - 1) for form in self._forms]
            across = [start for start in starts if 0 <= start < cut]
            if not across:
                break
            cut = min(across)
        return cut

    def _open_end(self, text: str) -> int:
        """The number of characters at the end of `text` that could be the beginning of a secret."""
        return max(_overlap(text, form) for form in self._forms)

    def _masked(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def _overlap(text: str, secret: str) -> int:
    """The length of the longest suffix of `text` that is a proper prefix of `secret`."""
    at = text.find(secret[0], max(len(text) - len(secret) + 1, 0))
    while at != -1:
        if secret.startswith(text[at:]):
            return len(text) - at
        at = text.find(secret[0], at + 1)
    return 0


def _text(event: Event) -> str:
    fields = cast("dict[str, str]", event)
    return fields[_field(event)]


def _with(event: Event, text: str) -> Event:
    return cast("Event", {**event, _field(event): text})


def _field(event: Event) -> str:
    return next(name for name in _PIECES if name in event)


def _block(event: Event) -> _Block:
    fields = cast("dict[str, Any]", event)
    return fields.get("task"), fields.get("attempt"), fields.get("index")
