"""The blocks of an answer as Anthropic sent them: a server that pauses its turn wants them back, unchanged.

Source: Claude API, "Handling stop reasons", `pause_turn`: hosted tools reach a limit of steps, and the server goes on
when the assistant's content is sent back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ..messages import Reasoning, Text
from .writing import json_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..messages import Part

Json: TypeAlias = dict[str, Any]


class PausedBlocks:
    """Collects `content`, block by block. Text and thinking come from the message that the deltas have made."""

    def __init__(self) -> None:
        self.content: list[Mapping[str, Any]] = []
        self._block: Json = {}

    def begin(self, block: Json) -> None:
        """A block has started as `block`."""
        self._block = block

    def end(self, prose: Part | None, server_input: str, citations: Sequence[object]) -> None:
        """The block is complete: `prose` is its text or thinking, `server_input` the input of a hosted tool."""
        block, self._block = self._block, {}
        kind = block.get("type")
        if kind == "text" and isinstance(prose, Text):
            cited = {"citations": list(citations)} if citations else {}
            block = {"type": "text", "text": prose.text, **cited}
        elif kind == "thinking" and isinstance(prose, Reasoning):
            block = {"type": "thinking", "thinking": prose.text, "signature": prose.signature}
        elif kind == "server_tool_use":
            block = {**block, "input": json_object(server_input or "{}") or {}}
        if kind not in ("text", "thinking") or prose is not None:  # the API refuses blank text
            self.content.append(block)
