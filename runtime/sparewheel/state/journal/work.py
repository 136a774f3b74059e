"""What a sub-agent did on a task: the texts and the calls of its steps, few and short, for the course of a turn.

Its usage is recorded as that of every attempt, its answer is the result of the call that gave the task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .shaped import taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...messages import Message

MAX_STEPS: Final = 20  # the first and the last half of more
MAX_CALLS: Final = 20  # of a step
MAX_TEXT: Final = 4000  # characters of a text, of arguments or of a result

_CALL: Final = dict.fromkeys(("id", "name", "args", "output"), str)


def work_of(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The steps of a task from its messages."""
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    answers = [message for message in messages if message.role == "assistant"]
    if len(answers) > MAX_STEPS:
        answers = [*answers[: MAX_STEPS // 2], *answers[-MAX_STEPS // 2 :]]
    steps: list[dict[str, Any]] = []
    for answer in answers:
        calls = []
        for call in answer.tool_calls[:MAX_CALLS]:
            result = results.get(call.id)
            output = result.text[:MAX_TEXT] if result else ""
            calls.append({"id": call.id, "name": call.name, "args": call.arguments[:MAX_TEXT], "output": output})
        steps.append({"text": answer.text[:MAX_TEXT], "calls": calls})
    return steps


def read_work(stored: object) -> list[dict[str, Any]]:
    """The steps of a stored list that are well formed."""
    steps = [step for step in stored[:MAX_STEPS] if isinstance(step, dict)] if isinstance(stored, list) else []
    return [{"text": taken(step, {"text": str}, MAX_TEXT).get("text", ""), "calls": _calls(step)} for step in steps]


def _calls(step: dict[str, Any]) -> list[dict[str, Any]]:
    calls = step.get("calls")
    found = [taken(call, _CALL, MAX_TEXT) for call in calls[:MAX_CALLS]] if isinstance(calls, list) else []
    return [call for call in found if call.keys() >= _CALL.keys()]
