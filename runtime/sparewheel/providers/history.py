"""Prepares a conversation for the model that receives it.

The history is stored as the models wrote it. APIs are strict about what they accept: every tool call needs exactly one
result, ids have an alphabet and a length, and reasoning with its signature is valid only for the model that wrote it.
Every wire format uses this module, for every request.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import replace
from operator import is_
from typing import TYPE_CHECKING, Final

from ..files import PDF, File
from ..media import SENT, Media
from ..messages import Image, Message, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..messages import Part

NOT_RUN: Final = "Not executed: the turn was interrupted before this call was run."
STOPPED: Final = "Not executed to the end: the turn was interrupted while this call ran. It may have had an effect."

MEDIA_NOTE: Final = "[What the answer above shows:]"

# Accepted by every supported API, for ids and for names of tools; the limit of 64 is OpenAI's.
MAX_LENGTH: Final = 64
_PORTABLE: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_LENGTH}}}")
_NOT_PORTABLE: Final = re.compile(r"[^A-Za-z0-9_-]")


def prepare(messages: Iterable[Message], origin: str, *, own_media: bool = False) -> list[Message]:
    """The conversation in the form that can be sent to the model `origin` (`provider/model`).

    - each assistant message with tool calls is followed by exactly one result for each, in the order of the calls;
      a missing result is replaced by `NOT_RUN`, a result without its call is dropped
    - tool-call ids are portable and unique, and the same in every request with the same history
    - names of tools are portable: a model can ask for a tool that does not exist, by any name
    - reasoning and signatures are kept only if `origin` wrote them
    - pictures of an answer follow it in a user's message, because most APIs accept none of an assistant; a note stands
      for other media. With `own_media`, those that `origin` made stay in the answer
    - files of the user are pictures, PDF, or else text
    - pictures in the result of a tool are sent with it, other media are not: its text names them
    - tool calls of a message that is not an assistant's are dropped, as are empty messages
    """
    ids = _Ids()
    ready: list[Message] = []
    pending = deque(messages)
    while pending:
        message = pending.popleft()
        if message.role == "tool":
            continue  # a result without its call
        if message.is_text:
            ready.append(message)  # most messages: nothing to change
            continue
        if message.role != "assistant" and message.tool_calls:
            message = _with(message, [part for part in message.parts if not isinstance(part, ToolCall)])
        if message.role == "user":
            message = _with(message, [_sendable(part) for part in message.parts])
        results: dict[str, deque[Message]] = {}
        if message.tool_calls:
            while pending and pending[0].role == "tool":
                result = pending.popleft()
                results.setdefault(result.tool_call_id or "", deque()).append(result)
        parts = [_portable(part, ids) if isinstance(part, ToolCall) else part for part in message.parts]
        parts = _own(parts, origin)
        shown = [part for part in parts if _must_move(message, part, origin if own_media else None)]
        own = _with(message, [part for part in parts if part not in shown])
        if own.parts:
            ready.append(own)
        for old, new in zip(message.tool_calls, own.tool_calls, strict=True):
            ready.append(_result(results.get(old.id), new.id))
        if shown:
            ready.append(_media_message(shown))
    return ready


def _with(message: Message, parts: Sequence[Part]) -> Message:
    """The message with these parts: itself, if it has them. What was written of it then counts."""
    if len(parts) == len(message.parts) and all(map(is_, parts, message.parts)):
        return message
    return replace(message, parts=tuple(parts))


def _sendable(part: Part) -> Part:
    """A file as each wire format has it: a picture, a PDF with its bytes, or text."""
    if not isinstance(part, File) or (part.mime_type == PDF and part.data):
        return part
    return Image(part.url) if part.is_picture else Text(part.as_text())


def _must_move(message: Message, part: Part, keeper: str | None) -> bool:
    """Whether a part is one of the media of an answer, and not of the model `keeper`."""
    if message.role != "assistant":
        return False
    return isinstance(part, Image) or (isinstance(part, Media) and part.origin != keeper)


def _media_message(media: list[Part]) -> Message:
    parts: list[Part] = [Text(MEDIA_NOTE)]
    for part in media:
        if isinstance(part, Image):
            parts.append(part)
        elif isinstance(part, Media):
            parts.append(_picture(part) or Text(f"({part.mime_type}, not sent)"))
    return Message("user", tuple(parts))


def _picture(media: Media) -> Image | None:
    """A picture in the form in which every API takes it; None for other media, and without the bytes."""
    return Image(media.address) if media.mime_type in SENT and (media.data or media.url) else None


class _Ids:
    """Assigns a portable, unique id to every call of a conversation."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, call_id: str) -> str:
        portable = call_id if _PORTABLE.fullmatch(call_id) else _hashed(call_id)
        count = 0
        unique = portable
        while unique in self._used:  # some servers number the calls of every answer from 0
            count += 1
            unique = _hashed(f"{call_id}#{count}")
        self._used.add(unique)
        return unique


def _portable(call: ToolCall, ids: _Ids) -> ToolCall:
    name = call.name if _PORTABLE.fullmatch(call.name) else _NOT_PORTABLE.sub("_", call.name)[:MAX_LENGTH] or "_"
    call_id = ids.take(call.id)
    return call if (call_id, name) == (call.id, call.name) else replace(call, id=call_id, name=name)


def _hashed(text: str) -> str:
    return "call_" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def _own(parts: Sequence[Part], origin: str) -> list[Part]:
    kept: list[Part] = []
    for part in parts:
        if isinstance(part, Reasoning) and part.origin != origin:
            continue
        if isinstance(part, ToolCall) and part.signature and part.origin != origin:
            part = replace(part, signature="")
        kept.append(part)
    return kept


def _result(results: deque[Message] | None, call_id: str) -> Message:
    """The result of a call under its portable id. Calls with the same id take the results in order."""
    if not results:
        return Message("tool", (Text(NOT_RUN),), tool_call_id=call_id)
    result = results.popleft()
    if result.media:
        parts = [_picture(part) if isinstance(part, Media) else part for part in result.parts]
        result = replace(result, parts=tuple(part for part in parts if part))
    return result if result.tool_call_id == call_id else replace(result, tool_call_id=call_id)
