"""Builds a message out of pieces, and says what happened as provider events.

Wire formats call `text`, `reasoning` and `tool`; blocks open and close by themselves where a format does not say so.
Pieces are kept in lists and joined when asked for, so that a long answer costs linear time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ..jsontext import read
from ..messages import Message, Reasoning, Text, ToolCall
from ..usage import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..errors import SparewheelError
    from ..messages import Part

EventType: TypeAlias = Literal[
    "start",
    "text_start",
    "text_delta",
    "text_end",
    "thinking_start",
    "thinking_delta",
    "thinking_end",
    "toolcall_start",
    "toolcall_delta",
    "toolcall_end",
    "done",
    "error",
]

StopReason: TypeAlias = Literal["stop", "length", "tool_calls", "refusal", "content_filter", "other"]

BlockKind = Literal["text", "thinking", "toolcall"]

_START: Final[dict[BlockKind, EventType]] = {
    "text": "text_start",
    "thinking": "thinking_start",
    "toolcall": "toolcall_start",
}
_DELTA: Final[dict[BlockKind, EventType]] = {
    "text": "text_delta",
    "thinking": "thinking_delta",
    "toolcall": "toolcall_delta",
}
_END: Final[dict[BlockKind, EventType]] = {
    "text": "text_end",
    "thinking": "thinking_end",
    "toolcall": "toolcall_end",
}


@dataclass(slots=True)
class ProviderEvent:
    """What a model's stream says, the same for every wire format.

    `index` is the content block, `text` the piece (on `*_delta`) or the whole block (on `*_end`). `assembly.message()`
    is the partial message up to now. `error` events carry the error, `done` events the `reason`.
    """

    type: EventType
    assembly: Assembly
    index: int = 0
    text: str = ""
    tool_id: str = ""
    tool_name: str = ""
    reason: StopReason | None = None
    error: SparewheelError | None = None


@dataclass(slots=True)
class Block:
    """One content block. `id` and `name` are a tool call's; `signature` belongs to the model that wrote the block."""

    kind: BlockKind
    index: int
    pieces: list[str] = field(default_factory=list)
    announced: bool = False  # its start event is out
    closed: bool = False
    id: str = ""
    name: str = ""
    signature: str = ""
    redacted: bool = False

    @property
    def content(self) -> str:
        return "".join(self.pieces)

    def is_sound(self, *, cut: bool) -> bool:
        """Whether a tool call can be acted on: it has a name, and its arguments are a JSON object to the last brace.

        No arguments at all are none, unless the answer was `cut`: then they may have been about to come.
        """
        if cut and not self.content:
            return False
        try:
            arguments = read(self.content or "{}", strict=True)
        except ValueError:
            return False
        return bool(self.name) and isinstance(arguments, dict)

    def part(self, origin: str) -> Part:
        if self.kind == "text":
            return Text(self.content)
        if self.kind == "thinking":
            return Reasoning(self.content, self.signature, origin, self.redacted)
        return ToolCall(self.id, self.name, self.content or "{}", self.signature, origin)


class Assembly:
    """The message of one attempt as it grows, and the events since the last `drain`."""

    def __init__(self, origin: str) -> None:
        self.origin = origin  # provider/model that writes
        self.usage = Usage()
        self.reason: StopReason | None = None
        self.chars = 0  # of text and reasoning streamed so far
        self._argument_chars = 0
        self._blocks: list[Block] = []
        self._tools: dict[object, Block] = {}
        self._prose: Block | None = None  # the open text or thinking block
        self._events: list[ProviderEvent] = []

    def text(self, piece: str) -> None:
        """Add to the open text block, or open one."""
        block = self._prose
        if block is None or block.kind != "text":
            block = self._open_prose("text")
        self._write(block, piece)

    def reasoning(self, piece: str) -> None:
        """Add to the open thinking block, or open one."""
        block = self._prose
        if block is None or block.kind != "thinking":
            block = self._open_prose("thinking")
        self._write(block, piece)

    def sign(self, signature: str, *, redacted: bool = False) -> None:
        """Put an opaque signature on the open thinking block; one is opened if there is none."""
        block = self._prose
        if block is None or block.kind != "thinking":
            block = self._open_prose("thinking")
        block.signature += signature
        block.redacted = redacted

    def tool(self, key: object, *, call_id: str = "", name: str = "", arguments: str = "", signature: str = "") -> None:
        """Add to the tool call that the format knows as `key`; the first mention opens it.

        It is announced once its name is known; fragments that came earlier follow at once. Calls stay open side by
        side, because formats may interleave them.
        """
        block = self._tools.get(key)
        if block is None:
            self.close_prose()
            block = self._tools[key] = self._new("toolcall")
        block.id = block.id or call_id
        block.name = block.name or name
        block.signature = block.signature or signature
        if arguments:
            block.pieces.append(arguments)
            self._argument_chars += len(arguments)
        if block.announced:
            if arguments:
                self._emit("toolcall_delta", block, arguments)
        elif block.name:
            block.id = block.id or f"call_{secrets.token_hex(8)}"  # some servers name none
            self._announce(block)
            if block.pieces:
                self._emit("toolcall_delta", block, block.content)

    def close_prose(self) -> None:
        """Close the open text or thinking block, where a format says so or another block begins."""
        if self._prose is not None:
            self._close(self._prose)
            self._prose = None

    def close_tool(self, key: object) -> None:
        if key in self._tools:
            self._close(self._tools[key])

    def close_all(self) -> None:
        """Close every block: the answer is over, well or badly."""
        self._prose = None
        for block in self._blocks:
            self._close(block)

    def drop_unsound_calls(self) -> bool:
        """Take tool calls out of the message that were cut or are not JSON. Whether there were any."""
        cut = self.reason == "length"
        sound = [block for block in self._blocks if block.kind != "toolcall" or block.is_sound(cut=cut)]
        dropped = len(sound) < len(self._blocks)
        self._blocks = sound
        return dropped

    def drop_calls(self) -> None:
        """Take all tool calls out of the message: nobody is to act on them."""
        self._blocks = [block for block in self._blocks if block.kind != "toolcall"]

    def drain(self) -> list[ProviderEvent]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    @property
    def waiting(self) -> Sequence[ProviderEvent]:
        """The events that the next `drain` gives; it grows as long as nothing is drained."""
        return self._events

    @property
    def size(self) -> int:
        """Characters of everything streamed so far, the arguments of tool calls included."""
        return self.chars + self._argument_chars

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show and nothing to do: no text and no tool call."""
        return not any(block.kind == "toolcall" or (block.kind == "text" and block.pieces) for block in self._blocks)

    @property
    def streamed(self) -> bool:
        """Whether anything has been announced that a listener may have shown."""
        return any(block.announced for block in self._blocks)

    def message(self) -> Message:
        """The message up to now."""
        return Message("assistant", tuple(block.part(self.origin) for block in self._blocks), model=self.origin)

    def _new(self, kind: BlockKind) -> Block:
        block = Block(kind, len(self._blocks))
        self._blocks.append(block)
        return block

    def _open_prose(self, kind: BlockKind) -> Block:
        self.close_prose()
        self._prose = block = self._new(kind)
        self._announce(block)
        return block

    def _announce(self, block: Block) -> None:
        block.announced = True
        self._emit(_START[block.kind], block)

    def _write(self, block: Block, piece: str) -> None:
        block.pieces.append(piece)
        self.chars += len(piece)
        self._events.append(ProviderEvent(_DELTA[block.kind], self, block.index, piece))

    def _close(self, block: Block) -> None:
        if block.announced and not block.closed:
            self._emit(_END[block.kind], block, block.content)
        block.closed = True

    def _emit(self, kind: EventType, block: Block, text: str = "") -> None:
        self._events.append(ProviderEvent(kind, self, block.index, text, block.id, block.name))
