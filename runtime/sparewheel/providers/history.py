"""A conversation made ready for whichever model comes next.

History is kept as it happened, by whatever models answered. APIs are strict about what they take back: every tool call
needs exactly one result, ids have an alphabet and a length, and what a model thought, with its signatures, means
something to that model only. This is done once, here, for every wire format, and again for every request.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..messages import Message, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..messages import Part

NOT_RUN: Final = "Not executed: the turn was interrupted before this call was run."

# Accepted by every API we know; OpenAI is the one with the limit of 64.
_PORTABLE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def prepare(messages: Iterable[Message], origin: str) -> list[Message]:
    """The conversation as the model `origin` (`provider/model`) may be sent it.

    - each assistant message with tool calls is followed by exactly one result for each, in the order of the calls;
      a missing one is made up, one without its call is dropped
    - tool-call ids are portable and unique, and the same in every request that holds the same history
    - reasoning stays only where `origin` itself wrote it, signatures likewise
    - a message with nothing left in it is dropped
    """
    ids = _Ids()
    ready: list[Message] = []
    pending = deque(messages)
    while pending:
        message = pending.popleft()
        if message.role == "tool":
            continue  # its call is not there
        if message.parts and all(isinstance(part, Text) for part in message.parts):
            ready.append(message)  # as most are, in a long conversation: nothing is to be changed
            continue
        results: dict[str, deque[Message]] = {}
        if message.tool_calls:
            while pending and pending[0].role == "tool":
                result = pending.popleft()
                results.setdefault(result.tool_call_id or "", deque()).append(result)
        parts = [replace(part, id=ids.take(part.id)) if isinstance(part, ToolCall) else part for part in message.parts]
        own = replace(message, parts=tuple(_own(parts, origin)))
        if own.parts:
            ready.append(own)
        for old, new in zip(message.tool_calls, own.tool_calls, strict=True):
            ready.append(_result(results.get(old.id), new.id))
    return ready


class _Ids:
    """Gives every call of a conversation its portable, unique id."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def take(self, call_id: str) -> str:
        portable = call_id if _PORTABLE_ID.fullmatch(call_id) else _hashed(call_id)
        count = 0
        unique = portable
        while unique in self._used:  # some servers count their calls from 0 in every answer
            count += 1
            unique = _hashed(f"{call_id}#{count}")
        self._used.add(unique)
        return unique


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
    """The call's result under its portable id; calls that share an id take theirs in turn."""
    if not results:
        return Message("tool", (Text(NOT_RUN),), tool_call_id=call_id)
    return replace(results.popleft(), tool_call_id=call_id)
