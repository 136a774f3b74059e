"""Assigns the deltas of Chat Completions to tool calls.

OpenAI numbers the calls of an answer by `index` and sends `id` and `function.name` only in the first delta. Other
servers differ: one index for all calls (Ollama, Gemini), no index, no ids, the id or the name in every delta. Two calls
taken for one would have invalid arguments, or one of them would be lost.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..jsontext import read
from .reading import arguments_text, mapping, string

if TYPE_CHECKING:
    from .assembly import Assembly


_MARKS: Final = re.compile(r'\\.?|["{}\[\]]', re.DOTALL)


@dataclass(slots=True)
class _Call:
    number: int  # the key in the assembly
    index: int | str | None
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    # Pieces that were scanned, and the state at their end: brackets that are open (None before the first), whether that
    # is in a string, and after a backslash.
    _scanned: int = 0
    _depth: int | None = None
    _in_string: bool = False
    _escaping: bool = False
    _invalid: bool = False

    def is_complete(self) -> bool:
        """Whether the arguments are one JSON object. They are parsed only once, when all brackets are closed."""
        for piece in self.pieces[self._scanned :]:
            self._scan(piece)
        self._scanned = len(self.pieces)
        if self._invalid or self._depth is None or self._depth > 0 or self._in_string:
            return False
        try:
            self._invalid = not isinstance(read("".join(self.pieces)), dict)
        except ValueError:
            self._invalid = True
        return not self._invalid

    def _scan(self, piece: str) -> None:
        start, self._escaping = int(self._escaping), False
        for mark in _MARKS.findall(piece, start):
            if mark[0] == "\\":
                self._escaping = len(mark) == 1  # the next piece has the character that it escapes
            elif mark == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth = (self._depth or 0) + (1 if mark in "{[" else -1)


class StreamedCalls:
    """The tool calls of one answer."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._by_id: dict[str, _Call] = {}
        self._at: dict[int | str, _Call] = {}  # the latest call by index
        self._last: _Call | None = None
        self.count = 0

    def add(self, entry: object) -> None:
        """Add one entry of `delta.tool_calls`. An empty entry opens no call."""
        shape = mapping(entry)
        function = mapping(shape.get("function"))
        call_id, name = string(shape.get("id")), string(function.get("name"))
        arguments = arguments_text(function.get("arguments"))
        if not (call_id or name or arguments):
            return
        index = shape.get("index")
        call = self._find(index if isinstance(index, (int, str)) else None, call_id, name, arguments)
        call.id = call.id or call_id
        call.name = call.name or name
        if arguments:
            call.pieces.append(arguments)
        if call.id:
            self._by_id[call.id] = call
        if call.index is not None:
            self._at[call.index] = call
        self._last = call
        # Gemini sends the signature of a thought with the call and demands it back there.
        extra = mapping(shape.get("extra_content"))
        self._assembly.tool(
            call.number,
            call_id=call_id,
            name=name,
            arguments=arguments,
            signature=json.dumps(extra, ensure_ascii=False) if extra else "",
        )

    def _find(self, index: int | str | None, call_id: str, name: str, arguments: str) -> _Call:
        known = self._by_id.get(call_id) if call_id else None
        if known is not None and (index is None or known.index is None or known.index == index):
            return known
        latest = self._last if index is None else self._at.get(index)
        if latest is not None and not _begins(latest, call_id, name, arguments):
            return latest
        self.count += 1
        return _Call(self.count, index)


def _begins(latest: _Call, call_id: str, name: str, arguments: str) -> bool:
    """Whether a delta that could continue `latest` begins another call."""
    if call_id and latest.id and call_id != latest.id:
        return True
    if not name or not latest.name:
        return False
    return name != latest.name or (not call_id and bool(arguments) and latest.is_complete())


def older_call(shape: object) -> list[dict[str, object]]:
    """The entries of `delta.tool_calls` for `delta.function_call`; none for an empty one."""
    function = mapping(shape)
    return [{"index": 0, "function": function}] if function.get("name") or function.get("arguments") else []
