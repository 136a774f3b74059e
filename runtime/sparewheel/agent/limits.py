"""Checks that end a turn although the model would continue: repeated calls, answers of the wrong shape."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, SparewheelError
from ..jsonschema.validate import Mismatch, validator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.specs import ResolvedAgent
    from ..messages import ToolCall
    from ..providers.endings import StopReason

    _Call = tuple[str, str]  # name and arguments
    _Calls = list[_Call]

MAX_CORRECTIONS: Final = 2  # of an answer that does not have the required shape
MAX_PERIOD: Final = 3  # steps
_HINT: Final = "Ask differently, or raise max_consecutive_tool_calls in the agent file."


class Repetition:
    """Detects a model that makes the same calls again and again.

    These are `max_consecutive_tool_calls` identical calls, or steps with identical calls, in a row; and up to
    `MAX_PERIOD` steps in turn that go on in this order although each got the same results as before.
    """

    def __init__(self) -> None:
        self._recent: deque[_Call] = deque(maxlen=1000)
        self._asked: deque[_Calls] = deque(maxlen=3000)  # step by step
        self._done: deque[int] = deque(maxlen=3000)  # hashes of calls with their results, step by step
        self._steps = 0  # in a row that made the calls of the last one

    def check(self, agent: ResolvedAgent, calls: Sequence[ToolCall]) -> None:
        """Note the calls of a step, before they run. Raises `SparewheelError` (kind `loop`)."""
        limit = agent.max_consecutive_tool_calls
        for call in calls:
            self._recent.append((call.name, call.arguments))
            last = list(self._recent)[-limit:]
            if len(last) == limit and len(set(last)) == 1:
                raise _loop(f"The model called {call.name} {limit} times in a row with the same arguments.")
        step = sorted((call.name, call.arguments) for call in calls)
        self._steps = self._steps + 1 if self._asked and step == self._asked[-1] else 1
        if calls and self._steps >= limit:
            raise _loop(f"The model made the same {len(calls)} calls in {self._steps} steps in a row.")
        rounds = max(limit - 1, 2)
        for period in range(2, MAX_PERIOD + 1):
            done = list(self._done)[-period * rounds :]
            if len(done) == period * rounds and done[period:] == done[:-period] and step == self._asked[-period]:
                raise _loop(f"The model repeated the calls of {period} steps {rounds} times, with the same results.")
        self._asked.append(step)

    def ran(self, results: Sequence[tuple[str, str, str]]) -> None:
        """Note what the calls of the step came to: name, arguments and output of each."""
        self._done.append(hash(tuple(sorted(results))))


def _loop(message: str) -> SparewheelError:
    return SparewheelError(ErrorInfo("loop", message, _HINT))


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
            validator(config.schema_).check_text(answer, "answer")
        except Mismatch as error:
            self._corrections += 1
            if self._corrections > MAX_CORRECTIONS:
                hint = "The model may not support structured output; name another one, or simplify the schema."
                info = ErrorInfo("guardrail", f"The answer does not have the required shape: {error}", hint)
                raise SparewheelError(info) from None
            return f"Your answer does not have the required shape: {error}. Answer again, with nothing but the JSON."
        return ""
