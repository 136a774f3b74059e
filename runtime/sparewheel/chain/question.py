"""What a step asks its chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..messages import Message
    from ..providers.base import OutputSchema, ToolSpec

GO_ON: Final = "[The connection broke. Continue your answer exactly where it stopped; repeat nothing.]"
"""What the next model is asked when it continues a broken answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks. `messages` is the conversation as the model is to see it.

    `after_tools`: an empty answer to tool results counts as an answer. `max_bytes` limits one answer, text and tool
    calls together; 0 is no limit.
    """

    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    output: OutputSchema | None = None
    after_tools: bool = False
    max_bytes: int = 0
