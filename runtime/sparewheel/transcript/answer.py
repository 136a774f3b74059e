"""The output of a step: text, reasoning and tool calls by attempt, so that a discarded attempt can be taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from ..annotations import AnnotationShape
    from ..media import MediaShape
    from ..messages import AssistantMessage


class FoldedCall(TypedDict):
    """A tool call. `arguments` is JSON text; until the model has finished the call it is only the beginning."""

    id: str
    name: str
    arguments: str


class _Pieces:
    """A text that grows. Pieces are joined when the text is asked for, so that growing takes constant time."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        self._pieces.append(piece)

    def __str__(self) -> str:
        if len(self._pieces) > 1:
            self._pieces[:] = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


@dataclass(slots=True)
class Call:
    """A tool call while it is streamed."""

    id: str
    name: str
    arguments: _Pieces = field(default_factory=_Pieces)

    def folded(self) -> FoldedCall:
        return {"id": self.id, "name": self.name, "arguments": str(self.arguments)}


@dataclass(slots=True)
class Output:
    """Output of one attempt; its calls by content block."""

    text: _Pieces = field(default_factory=_Pieces)
    reasoning: _Pieces = field(default_factory=_Pieces)
    calls: dict[int, Call] = field(default_factory=dict)
    media: list[MediaShape] = field(default_factory=list)
    annotations: list[AnnotationShape] = field(default_factory=list)

    def call(self, index: int, call_id: str, name: str) -> Call:
        """The call of a content block; the first mention creates it."""
        if index not in self.calls:
            self.calls[index] = Call(call_id, name)
        return self.calls[index]


@dataclass(slots=True)
class Answer:
    """`outputs` by attempt; `called` are the calls of `tool_call` events, which replace the calls as streamed."""

    outputs: dict[int, Output] = field(default_factory=dict)
    called: list[FoldedCall] | None = None

    def text(self) -> str:
        return "".join(str(output.text) for output in self.outputs.values())

    def reasoning(self) -> str:
        return "".join(str(output.reasoning) for output in self.outputs.values())

    def calls(self) -> list[FoldedCall]:
        """In the order of their blocks. A block is announced when its name is known, which may be later."""
        if self.called is not None:
            return [call.copy() for call in self.called]
        return [output.calls[index].folded() for output in self.outputs.values() for index in sorted(output.calls)]

    def media(self) -> list[MediaShape]:
        return [media.copy() for output in self.outputs.values() for media in output.media]

    def annotations(self) -> list[AnnotationShape]:
        """Those of all outputs, with spans in the whole text."""
        found: list[AnnotationShape] = []
        chars = 0  # of the text before
        for output in self.outputs.values():
            for shape in output.annotations:
                moved = shape.copy()
                if "span" in shape:
                    moved["span"] = [place + chars for place in shape["span"]]
                found.append(moved)
            chars += len(str(output.text))
        return found

    def message(self) -> AssistantMessage:
        message: AssistantMessage = {"role": "assistant", "content": self.text()}
        if reasoning := self.reasoning():
            message["reasoning"] = reasoning
        if calls := self.calls():
            message["tool_calls"] = [
                {
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": call["name"], "arguments": call["arguments"]},
                }
                for call in calls
            ]
        if media := self.media():
            message["media"] = media
        if annotations := self.annotations():
            message["annotations"] = annotations
        return message
