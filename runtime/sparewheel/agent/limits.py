"""Where a turn has to end although the model would go on: the same call again and again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ..errors import ErrorInfo, SparewheelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.specs import ResolvedAgent
    from ..messages import ToolCall


class Repetition:
    """Notices a model that asks for the same thing over and over."""

    def __init__(self) -> None:
        self._recent: deque[tuple[str, str]] = deque(maxlen=1000)

    def check(self, agent: ResolvedAgent, calls: Sequence[ToolCall]) -> None:
        """Raises `SparewheelError` (kind `loop`)."""
        most = agent.max_consecutive_tool_calls
        for call in calls:
            self._recent.append((call.name, call.arguments))
            last = list(self._recent)[-most:]
            if len(last) == most and len(set(last)) == 1:
                message = f"The model called {call.name} {most} times in a row with the same arguments."
                hint = "Ask differently, or raise max_consecutive_tool_calls in the agent file."
                raise SparewheelError(ErrorInfo("loop", message, hint))
