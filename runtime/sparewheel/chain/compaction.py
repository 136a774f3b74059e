"""Shortens a conversation that does not fit into a model's window. Pure functions.

The oldest turns are removed first; the instruction, the user's last message and everything after it always stay. A note
takes the place of what was removed, so that the model knows that the conversation is incomplete.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..messages import Message, Text, user

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTE: Final = "[Earlier messages were left out because the conversation no longer fits the model's context window.]"
LONG_RESULT: Final = 8000  # characters of a tool result that stay
_CUT: Final = "\n[… the middle of this result was left out …]\n"


def compact(messages: Sequence[Message]) -> list[Message] | None:
    """About half of the conversation; None if nothing may be removed."""
    head = [message for message in messages if message.role == "system"]
    rest = [message for message in messages if message.role != "system" and not _is_note(message)]
    last_user = max((index for index, message in enumerate(rest) if message.role == "user"), default=0)
    shorter = [_shorten(message) for message in rest]
    keep_from = _half(shorter, last_user)
    if keep_from == 0 and shorter == rest:
        return None
    note = [user(NOTE)] if keep_from or any(map(_is_note, messages)) else []
    return [*head, *note, *shorter[keep_from:]]


def dropped(before: Sequence[Message], after: Sequence[Message]) -> int:
    """How many messages `compact` has removed. The note in their place does not count."""
    return _count(before) - _count(after)


def without_oldest(messages: Sequence[Message], number: int) -> list[Message]:
    """The conversation without its first `number` messages: a note in their place, and long results shortened."""
    if not number:
        return list(messages)
    return [user(NOTE), *(_shorten(message) for message in messages[number:])]


def _count(messages: Sequence[Message]) -> int:
    return sum(not _is_note(message) for message in messages)


def _is_note(message: Message) -> bool:
    return message.role == "user" and message.text == NOTE


def _half(messages: Sequence[Message], last_user: int) -> int:
    """The index of a user message from which on about half of the text remains, at most `last_user`."""
    sizes = [sum(len(getattr(part, "text", "")) + 16 for part in message.parts) for message in messages]
    half, seen, start = sum(sizes) / 2, 0, 0
    for index, size in enumerate(sizes[: last_user + 1]):
        if messages[index].role == "user":
            start = index
            if seen >= half:
                break
        seen += size
    return start


def _shorten(message: Message) -> Message:
    text = message.text
    if message.role != "tool" or len(text) <= LONG_RESULT:
        return message
    half = LONG_RESULT // 2
    return replace(message, parts=(Text(text[:half] + _CUT + text[-half:]),))
