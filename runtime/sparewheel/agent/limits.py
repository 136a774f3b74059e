"""Checks that end a turn although the model would continue: repeated calls, answers of the wrong shape."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, SparewheelError
from ..jsonschema.validate import Mismatch, Validator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.specs import ResolvedAgent
    from ..messages import ToolCall
    from ..providers.endings import StopReason

MAX_CORRECTIONS: Final = 2  # of an answer that does not have the required shape
_HINT: Final = "Ask differently, or raise max_consecutive_tool_calls in the agent file."


class Repetition:
    """Detects a model that makes the same call, or the same calls side by side, again and again."""

    def __init__(self) -> None:
        self._recent: deque[tuple[str, str]] = deque(maxlen=1000)
        self._step: list[tuple[str, str]] = []  # the calls of the last step
        self._steps = 0  # in a row that made them

    def check(self, agent: ResolvedAgent, calls: Sequence[ToolCall]) -> None:
        """Raises `SparewheelError` (kind `loop`)."""
        limit = agent.max_consecutive_tool_calls
        for call in calls:
            self._recent.append((call.name, call.arguments))
            last = list(self._recent)[-limit:]
            if len(last) == limit and len(set(last)) == 1:
                message = f"The model called {call.name} {limit} times in a row with the same arguments."
                raise SparewheelError(ErrorInfo("loop", message, _HINT))
        step = sorted((call.name, call.arguments) for call in calls)
        self._steps = self._steps + 1 if step == self._step else 1
        self._step = step
        if step and self._steps >= limit:
            message = f"The model made the same {len(step)} calls in {self._steps} steps in a row."
            raise SparewheelError(ErrorInfo("loop", message, _HINT))


class ShapeCheck:
    """Checks answers against the agent's `structured_output`."""

    def __init__(self) -> None:
        self._corrections = 0

    def problem(self, agent: ResolvedAgent, reason: StopReason, answer: str) -> str:
        """What to tell a model whose answer does not have the required shape; "" if it has, or if it was cut.

        Raises `SparewheelError` (kind `guardrail`) after `MAX_CORRECTIONS` corrections.
        """
        config = agent.structured_output
        if config is None or reason != "stop":
            return ""
        try:
            Validator(config.schema_).check_text(answer, "answer")
        except Mismatch as error:
            self._corrections += 1
            if self._corrections > MAX_CORRECTIONS:
                hint = "The model may not support structured output; name another one, or simplify the schema."
                info = ErrorInfo("guardrail", f"The answer does not have the required shape: {error}", hint)
                raise SparewheelError(info) from None
            return f"Your answer does not have the required shape: {error}. Answer again, with nothing but the JSON."
        return ""
