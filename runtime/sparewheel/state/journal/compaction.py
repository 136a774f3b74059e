"""One record for a turn that is over, and limits of what a record holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...files import File
from ...jsontext import MAX_CHARS
from ...media import Media
from ...messages import Image, Reasoning, Text, ToolCall
from .stored_messages import dump_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...messages import Message, Part
    from .records import Record

MAX_MEDIA: Final = MAX_CHARS // 2  # characters of base64 in one message
MAX_TURN: Final = MAX_CHARS // 2  # characters of a turn in one record; JSON may need twice as many


def compact(end: Record, messages: Sequence[Message]) -> list[Record]:
    """The record that replaces all records of a turn, made of its `end`. Empty if it would be too large."""
    if sum(_size(part) for message in messages for part in message.parts) > MAX_TURN:
        return []
    return [{**end, "messages": [dump_message(message) for message in messages]}]


def dump_bounded(message: Message) -> dict[str, Any]:
    """The stored shape of a message. Media and files that are too large for a record lose their bytes."""
    if sum(_size(part) for part in message.parts if isinstance(part, Media | Image | File)) > MAX_MEDIA:
        parts = [part.hidden() if isinstance(part, Media | File) else part for part in message.parts]
        message = replace(message, parts=tuple(part for part in parts if not isinstance(part, Image)))
    return dump_message(message)


def _size(part: Part) -> int:
    """The characters of a part, roughly."""
    match part:
        case Text(text) | Reasoning(text):
            return len(text)
        case ToolCall():
            return len(part.arguments) + len(part.signature)
        case Image(url):
            return len(url)
        case Media():
            return len(part.data)
        case File():
            return len(part.data) + len(part.text)
