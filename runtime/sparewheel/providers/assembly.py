"""Builds the message of one attempt from the pieces of its stream, and writes the page's events for them.

Wire formats call `text`, `reasoning`, `media` and `tool`. Blocks open and close by themselves where a format does not
mark them. Pieces are kept in lists and joined on demand, so that a long answer costs linear time.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from ..errors import ErrorInfo
from ..jsontext import whole
from ..media import Media, mime_type, read_media
from ..messages import Message
from ..usage import Usage
from .block import Block
from .endings import GOOD_ENDS, SEVERITY, ending

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..annotations import Annotation
    from ..events import AnnotationEvent, BlockEndEvent, BlockKind, BlockStartEvent, DeltaEvent, Event, MediaEvent
    from ..messages import Part
    from .endings import StopReason

MAX_MEDIA: Final = 16  # in one answer


class Assembly:
    """The message of attempt number `attempt` as it grows, and the events since the last `drain`.

    `origin` is the `provider/model` that writes it.
    """

    def __init__(self, origin: str, attempt: int = 1) -> None:
        self.origin = origin
        self.attempt = attempt
        self.usage = Usage()
        self.reason: StopReason | None = None
        self.failure: ErrorInfo | None = None  # a finish reason that is no end
        self.chars = 0  # of text and reasoning
        self.release: Callable[[], None] | None = None  # writes text that is held back; set while it may be changed
        self.annotations: list[Annotation] = []
        self.paused: list[Mapping[str, Any]] = []  # the answer in the words of its API, if the server has paused
        self._argument_chars = 0
        self._blocks: list[Block] = []
        self._tools: dict[object, Block] = {}
        self._prose: Block | None = None  # the open text or reasoning block
        self._events: list[Event] = []
        self._addresses: set[str] = set()  # of the media

    def text(self, piece: str) -> None:
        """Add to the open text block, or open one."""
        block = self._prose
        if block is None or block.kind != "text":
            block = self._open_prose("text")
        if (block.half or type(piece) is not str) and not (piece := block.mend(piece)):
            return
        block.pieces.append(piece)
        self.chars += len(piece)
        self._events.append({"type": "delta", "content": piece, "attempt": self.attempt, "index": block.index})

    def reasoning(self, piece: str) -> None:
        """Add to the open reasoning block, or open one."""
        block = self._open_reasoning()
        if (block.half or type(piece) is not str) and not (piece := block.mend(piece)):
            return
        block.pieces.append(piece)
        self.chars += len(piece)
        self._events.append({"type": "delta", "reasoning": piece, "attempt": self.attempt, "index": block.index})

    def media(self, data: str | bytes, declared: str = "", *, signature: str = "") -> None:
        """Add a picture, a sound or a file: base64 or bytes, of the type that the server declares.

        What cannot be read becomes a `warning` event; what the answer has already is skipped, for formats repeat it.
        """
        try:
            media = read_media(data, declared, signature=signature, origin=self.origin)
        except ValueError as error:
            self._warn(f"{self.origin} sent media that cannot be shown: {error}.")
            return
        self._add_media(media)

    def media_url(self, url: str, declared: str = "") -> None:
        """Add media that are only referred to. The type is the declared one, else that of the ending."""
        ending = url.partition("?")[0].rpartition(".")[2]
        self._add_media(Media(mime_type(declared or ending), url=url, origin=self.origin))

    def sign(self, signature: str, *, redacted: bool = False) -> None:
        """Put an opaque signature on the open reasoning block, or open one."""
        block = self._open_reasoning()
        block.signatures.append(signature)
        block.redacted = redacted

    def tool(self, key: object, *, call_id: str = "", name: str = "", arguments: str = "", signature: str = "") -> None:
        """Add to the tool call that the format identifies by `key`; an unknown key opens a call.

        A call is announced once its name is known; fragments that arrived earlier follow at once. Several calls may be
        open at a time, because formats may interleave them.
        """
        block = self._tools.get(key)
        if block is None:
            self.close_prose()
            block = self._tools[key] = self._new("tool_call")
        block.id = block.id or call_id
        block.name = block.name or name
        if signature and not block.signatures:
            block.signatures.append(signature)
        if block.half or type(arguments) is not str:
            arguments = block.mend(arguments)
        if arguments:
            block.pieces.append(arguments)
            self._argument_chars += len(arguments)
        if block.announced:
            self._tool_delta(block, arguments)
        elif block.name:
            block.id = block.id or f"call_{secrets.token_hex(8)}"  # some servers send none
            self._announce(block)
            self._tool_delta(block, block.content)

    def replace_arguments(self, key: object, arguments: str) -> None:
        """Replace what was streamed of a call's arguments by the complete ones. No events: its end has them."""
        block = self._tools.get(key)
        if block is not None and not block.closed:
            self._argument_chars += len(arguments) - sum(map(len, block.pieces))
            block.replace(arguments)

    @property
    def open_text(self) -> str:
        """The open text block, with half a character at its end if one came; "" without one. Linear in its length."""
        block = self._prose
        return block.content + block.half if block is not None and block.kind == "text" else ""

    def finish(self, word: object, detail: str = "") -> None:
        """Note a finish reason of the server, with the sentence it adds; see `endings`. The most severe one counts."""
        end = ending(word, detail)
        if isinstance(end, ErrorInfo):
            self.failure = self.failure or end
        elif end is not None and (self.reason is None or SEVERITY[end] >= SEVERITY[self.reason]):
            self.reason = end

    def go_on(self) -> None:
        """The server goes on after a pause: its next response adds to the message."""
        self.reason, self.paused = None, []

    def close_prose(self) -> None:
        """Close the open text or reasoning block, at the format's end mark or before another block."""
        if self.release is not None:
            self.release()
        if self._prose is not None:
            self._close(self._prose)
            self._prose = None

    def close_tool(self, key: object) -> None:
        if key in self._tools:
            self._close(self._tools[key])

    def close_all(self) -> None:
        """Close every block: the attempt is over, complete or failed."""
        self.close_prose()
        for block in self._blocks:
            self._close(block)

    def settle_calls(self) -> bool:
        """Decide which calls of a complete answer may be executed; return whether all are usable.

        Only a known-good end frees them. With any other, as the output limit, none is left, whatever it looks like.
        """
        if self.reason not in GOOD_ENDS:
            self.drop_calls()
        elif self.drop_calls(but_sound=True):
            return False
        elif any(block.kind == "tool_call" for block in self._blocks):
            self.reason = "tool_calls"  # some servers send "stop" in every case
        return True

    def drop_calls(self, *, but_sound: bool = False) -> bool:
        """Remove the tool calls, or those that cannot be executed, from the message. Return whether there were any."""
        kept = [block for block in self._blocks if block.kind != "tool_call" or (but_sound and block.is_sound())]
        dropped, self._blocks = len(kept) < len(self._blocks), kept
        return dropped

    def drain(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def report(self, event: Event) -> None:
        """Add an event about the attempt, which is no part of the answer."""
        self._events.append(event)

    @property
    def pending(self) -> Sequence[Event]:
        """The events that the next `drain` returns: a live view, which grows until then."""
        return self._events

    @property
    def size(self) -> int:
        """Characters of everything streamed so far, the arguments of tool calls included."""
        return self.chars + self._argument_chars

    def measure(self) -> int:
        """The size in bytes of UTF-8. Takes time for what was added since the last call, and for each block."""
        return sum(block.measure() for block in self._blocks)

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks so far, tool calls included: a live view."""
        return self._blocks

    @property
    def calls(self) -> int:
        """How many tool calls there are, complete or not."""
        return len(self._tools)

    def pieces(self, index: int) -> Sequence[str]:
        """The pieces of the block with this index: a live view."""
        return next((block.pieces for block in reversed(self._blocks) if block.index == index), ())

    @property
    def empty(self) -> bool:
        """Whether there is neither text nor media nor a tool call."""
        return not any(
            block.kind in ("tool_call", "media") or (block.kind == "text" and block.pieces) for block in self._blocks
        )

    @property
    def streamed(self) -> bool:
        """Whether there is any event of the answer, so that a page may show it."""
        return bool(self.annotations) or any(block.announced for block in self._blocks)

    def message(self) -> Message:
        """The message up to now. Linear in its length."""
        parts = tuple(block.part(self.origin) for block in self._blocks)
        return Message("assistant", parts, model=self.origin, annotations=tuple(self.annotations))

    def annotate(self, note: Annotation) -> None:
        """Add an annotation; its span is in the text of this attempt."""
        self.annotations.append(note)
        index = self._prose.index if self._prose is not None else len(self._blocks)
        place = {"type": "annotation", "attempt": self.attempt, "index": index}
        self._events.append(cast("AnnotationEvent", {**place, **note.to_dict()}))

    @property
    def open_part(self) -> Part | None:
        """The open text or reasoning block as a part of the message. Linear in its length."""
        return self._prose.part(self.origin) if self._prose is not None else None

    @property
    def text_before(self) -> int:
        """Characters of the text before the open text block, or of all text. Linear in its length."""
        blocks = (block for block in self._blocks if block.kind == "text" and block is not self._prose)
        return sum(len(piece) for block in blocks for piece in block.pieces)

    def _add_media(self, media: Media) -> None:
        if media.address in self._addresses:
            return
        if len(self._addresses) == MAX_MEDIA:
            self._warn(f"{self.origin} sent more than {MAX_MEDIA} media; the others are left out.")
        self._addresses.add(media.address)
        if len(self._addresses) > MAX_MEDIA:
            return
        self.close_prose()
        block = self._new("media")
        block.media = media
        block.announced = block.closed = True  # one event is the whole block
        place = {"type": "media", "attempt": self.attempt, "index": block.index}
        self._events.append(cast("MediaEvent", {**place, **media.to_dict()}))

    def _warn(self, message: str) -> None:
        self._events.append({"type": "warning", "message": message})

    def _new(self, kind: BlockKind | Literal["media"]) -> Block:
        block = Block(kind, len(self._blocks))
        self._blocks.append(block)
        return block

    def _open_reasoning(self) -> Block:
        block = self._prose
        return block if block is not None and block.kind == "reasoning" else self._open_prose("reasoning")

    def _open_prose(self, kind: BlockKind) -> Block:
        self.close_prose()
        self._prose = block = self._new(kind)
        self._announce(block)
        return block

    def _announce(self, block: Block) -> None:
        if block.kind == "media":
            return
        block.announced = True
        self._events.append(cast("BlockStartEvent", {"type": "block_start", **block.place(self.attempt)}))

    def _tool_delta(self, block: Block, arguments: str) -> None:
        if arguments:
            self._events.append(
                {
                    "type": "tool_call_delta",
                    "id": block.id,
                    "name": block.name,
                    "arguments": arguments,
                    "attempt": self.attempt,
                    "index": block.index,
                }
            )

    def _end_half(self, block: Block) -> None:
        """The block ends without the other half of its last character."""
        piece, block.half = whole(block.half), ""
        block.pieces.append(piece)
        if block.kind == "tool_call":
            self._argument_chars += len(piece)
            if block.announced:
                self._tool_delta(block, piece)
            return
        self.chars += len(piece)
        event: DeltaEvent = {"type": "delta", "attempt": self.attempt, "index": block.index}
        event["content" if block.kind == "text" else "reasoning"] = piece
        self._events.append(event)

    def _close(self, block: Block) -> None:
        if block.half:
            self._end_half(block)
        if block.announced and not block.closed and block.kind != "media":
            place = block.place(self.attempt)
            self._events.append(cast("BlockEndEvent", {"type": "block_end", "content": block.content, **place}))
        block.closed = True
