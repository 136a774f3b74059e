"""Removes known secrets from texts that are streamed in pieces, even when no piece contains a whole secret.

A model that repeats a key sends it a few characters at a time, and may go on in another block or after a retry. So the
end of a piece that could be the beginning of a secret is held back until the next piece, or until the end of its block.
All pieces together are then the text of the message, from which `message` removes the secrets in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from ..events import is_terminal
from ..messages import Reasoning, Text
from .sought import masked

if TYPE_CHECKING:
    from ..events import Event
    from ..messages import AssistantMessage, Message
    from .sought import Sought

_PIECES: Final = ("content", "reasoning", "arguments")  # fields of `delta` and `tool_call_delta`
_OF_BLOCKS: Final = ("delta", "block_start", "block_end")
_FIELD: Final = {"text": "content", "reasoning": "reasoning", "tool_call": "arguments"}  # by kind of block

_Block = tuple[object, object, object]  # task, attempt and index
_Text = tuple[object, object]  # task and field: the text that blocks of a kind make up, a call's arguments by block


class SplitSecrets:
    """Filters the events of one turn, before they are numbered."""

    def __init__(self, sought: Sought) -> None:
        self._sought = sought
        self._held: dict[_Block, Event] = {}  # by block, a delta with the text held back
        self._before: dict[_Text, str] = {}  # the end of what has been sent, if a secret may begin there
        self._begun: dict[_Block, str] = {}  # by block, `_before` when it began
        self._void: set[_Text] = set()  # whose `_before` is not part of the message any more
        self._entry: dict[_Text, str] = {}  # `_before` when the message began

    def __call__(self, batch: list[Event]) -> list[Event]:
        """The events that can be sent now."""
        if not self._sought:
            return batch
        if not (self._held or self._before or self._begun or self._void or self._entry or self._is_suspect(batch)):
            return batch
        passed: list[Event] = []
        for event in batch:
            if event["type"] in ("delta", "tool_call_delta"):
                passed += self._piece(event)
            elif event["type"] == "block_end":
                passed += self._end(cast("dict[str, Any]", event))
            elif is_terminal(event):
                passed += [self._sealed(block) for block in list(self._held)]
                passed.append(event)
            else:
                if event["type"] in ("discard", "step"):
                    self._begin_message(event.get("task"))
                passed.append(event)
        return passed

    def message(self, message: Message) -> AssistantMessage:
        """The message of a turn as its pieces show it."""
        shape = message.to_answer()
        for kind, field in ((Text, "content"), (Reasoning, "reasoning")):
            before, shown = self._entry.get((None, field), ""), ""
            for part in message.parts:
                if isinstance(part, kind) and part.text:
                    shown += self._sought.shown(before, part.text)
                    before = self._tail(before + part.text)
            if shown and isinstance(shape.get(field), str):
                cast("dict[str, Any]", shape)[field] = shown
        return shape

    def _is_suspect(self, batch: list[Event]) -> bool:
        """Whether each event has to be examined. Cheap, because most batches need no more than this.

        Nothing that was sent before can be the beginning of a secret. Within the batch, a secret of which each part is
        in another block is not looked for here, so a batch of more than one block is examined.
        """
        fields = cast("list[dict[str, Any]]", batch)
        pieces = [event.get("content") or event.get("reasoning") for event in fields]
        if None in pieces:  # an event other than a delta of text, or than an end of text
            blocks = {_block(event) for event in batch if event["type"] in _OF_BLOCKS}
            if len(blocks) > 1 or any(event["type"] == "tool_call_delta" for event in batch):
                return True
            pieces = [piece for piece in pieces if isinstance(piece, str)]
        return self._sought.concerns("".join(cast("list[str]", pieces)))

    def _piece(self, event: Event) -> list[Event]:
        block, text_of = _block(event), _text_of(event)
        held = self._held.pop(block, None)
        before = self._before.get(text_of, "")
        if before and block not in self._begun:
            self._begun[block] = before
            if text_of in self._void:
                self._entry[text_of] = before
        self._void.discard(text_of)
        known = len(before)
        text = before + (_text(held) if held else "") + _text(event)
        open_at = self._sought.unfinished(text)
        spans = self._sought.spans(text)
        cut = min([open_at, *(start for start, end in spans if end > open_at)])  # no secret crosses this place
        self._keep(text_of, before if cut < known else "")
        cut = max(cut, known)
        if cut < len(text):
            self._held[block] = _with(event, text[cut:])
        return [_with(event, masked(text, spans, known, cut))] if cut > known else []

    def _end(self, event: dict[str, Any]) -> list[Event]:
        """The end of a block, after the text that was held back for it. Its content is that of its pieces."""
        block, text_of = _block(cast("Event", event)), _text_of(cast("Event", event))
        released = [self._sealed(block)] if block in self._held else []
        begun, content = self._begun.pop(block, ""), event["content"]
        if content:
            self._keep(text_of, self._tail(begun + content) if event["kind"] != "tool_call" else "")
        return [*released, cast("Event", {**event, "content": self._sought.shown(begun, content)})]

    def _sealed(self, block: _Block) -> Event:
        """The text held back for a block, of which no more will come."""
        event = self._held.pop(block)
        return _with(event, self._sought.shown(self._before.get(_text_of(event), ""), _text(event)))

    def _begin_message(self, task: object) -> None:
        """What was sent before is not part of the message; a secret in it may go on all the same."""
        for field in _PIECES:
            self._entry.pop((task, field), None)
            if (task, field) in self._before:
                self._void.add((task, field))

    def _keep(self, text_of: _Text, before: str) -> None:
        if before:
            self._before[text_of] = before
        else:
            self._before.pop(text_of, None)

    def _tail(self, text: str) -> str:
        return text[self._sought.unfinished(text) :]


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


def _text_of(event: Event) -> _Text:
    fields = cast("dict[str, Any]", event)
    field = _FIELD[fields["kind"]] if fields["type"] == "block_end" else _field(event)
    return fields.get("task"), field if field != "arguments" else _block(event)
