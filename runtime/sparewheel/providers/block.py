"""A content block of an answer while it grows: a text, a reasoning, a tool call, or one of its media."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..jsontext import CutText, read, take_half, whole
from ..messages import Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from ..events import BlockKind
    from ..media import Media
    from ..messages import Part


@dataclass(slots=True)
class Block:
    """One content block. `id` and `name` belong to tool calls; only the model that wrote `signatures` can read them.

    `half` is the first half of a surrogate pair at the end of the last piece; the next piece may begin with the other.
    """

    kind: BlockKind | Literal["media"]
    index: int
    pieces: list[str] = field(default_factory=list)
    half: str = ""
    announced: bool = False  # its `block_start` has been written
    closed: bool = False
    id: str = ""
    name: str = ""
    signatures: list[str] = field(default_factory=list)
    redacted: bool = False
    media: Media | None = None  # of the kind `media`: the whole block
    _measured: int = 0  # pieces, which have so many bytes
    _bytes: int = 0

    @property
    def content(self) -> str:
        return "".join(self.pieces)

    def place(self, attempt: int) -> dict[str, Any]:
        """What the events of its start and its end have in common."""
        named = {"id": self.id, "name": self.name} if self.kind == "tool_call" else {}
        return {"kind": self.kind, "attempt": attempt, "index": self.index, **named}

    def replace(self, content: str) -> None:
        """Replace the whole content."""
        self.pieces, self.half = [content], ""
        self._measured = self._bytes = 0

    def measure(self) -> int:
        """The size of the content in bytes of UTF-8; takes time only for what was added since the last call."""
        added = "".join(self.pieces[self._measured :])
        self._measured = len(self.pieces)
        self._bytes += len(added) if added.isascii() else len(added.encode())
        return self._bytes

    def mend(self, piece: str) -> str:
        """The text that `piece` adds to the block: without half a character at its end, with the one before it."""
        raw = self.half + (piece.raw if isinstance(piece, CutText) else piece)
        raw, self.half = take_half(raw)
        return whole(raw)

    def is_sound(self) -> bool:
        """Whether a tool call can be executed: it has a name, and its arguments are one JSON object or missing."""
        try:
            arguments = read(self.content or "{}", strict=True)
        except ValueError:
            return False
        return bool(self.name) and isinstance(arguments, dict)

    def part(self, origin: str) -> Part:
        if self.media is not None:
            return self.media
        if self.kind == "text":
            return Text(self.content)
        signature = "".join(self.signatures)
        if self.kind == "reasoning":
            return Reasoning(self.content, signature, origin, self.redacted)
        return ToolCall(self.id, self.name, self.content or "{}", signature, origin)
