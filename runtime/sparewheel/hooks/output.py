"""What a hook may return, in docker-agent's shape. Anything else is not understood: it is never taken as a yes.

A misspelt field would otherwise be a guard that lets everything through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..jsontext import write

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OUTPUT: Final = 2 * 1024 * 1024  # characters of an output as JSON
MAX_REASON: Final = 8_000  # characters; it goes to the model, or is the message of an error
RANK: Final = {"allow": 0, "ask": 1, "deny": 2}
_SYNONYMS: Final = {"approve": "allow", "block": "deny"}

Point: TypeAlias = Literal[
    "session_start",
    "user_prompt_submit",
    "turn_start",
    "turn_end",
    "before_llm_call",
    "after_llm_call",
    "pre_tool_use",
    "permission_request",
    "post_tool_use",
    "tool_response_transform",
    "on_tool_approval_decision",
    "on_agent_switch",
    "subagent_stop",
    "on_user_input",
    "on_max_iterations",
    "on_error",
    "pre_compact",
    "stop",
    "session_end",
]

_DECISIONS: Final = ("permission_decision", "decision")
# Each reason with the field that it explains.
_REASONS: Final = {
    "permission_decision_reason": "permission_decision",
    "reason": "decision",
    "stop_reason": "continue",
}
_TEXTS: Final = ("system_message", "additional_context")
_NESTED: Final = ("hook_specific_output", "hook_event_name", "suppress_output")
# Fields that change something, with the points at which they do.
_CHANGES: Final[dict[str, frozenset[Point]]] = {
    "updated_input": frozenset({"pre_tool_use", "permission_request", "on_tool_approval_decision"}),
    "updated_tool_response": frozenset({"post_tool_use", "tool_response_transform"}),
}
_ASKING: Final[frozenset[Point]] = frozenset({"pre_tool_use", "permission_request"})


class NotUnderstood(ValueError):
    """An output that is not understood. Its text quotes no value except a decision."""


def understood(output: object, point: Point) -> dict[str, Any]:
    """The fields of an output in one flat object, with at most one `decision`: the strictest. None is no answer.

    docker-agent nests some fields in `hook_specific_output`, and has two names for a decision.

    Raises:
        NotUnderstood: it has another type, an unknown decision, or a field that is unknown or has no effect here.
    """
    if output is None:
        return {}
    outer = _checked(output, point)
    specific = outer.pop("hook_specific_output", None)
    inner = {} if specific is None else _checked(specific, point)
    flat = {**outer, **inner}
    for name, meant in _REASONS.items():
        if flat.get(name) and meant not in flat:
            raise NotUnderstood(f"it returned {name} without {meant}")
    words = [word for source in (outer, inner) for word in _decisions(source)]
    flat.pop("decision", None)
    if words:
        flat["decision"], reason = max(words, key=lambda word: RANK[word[0]])
        flat["reason"] = _cut(reason or flat.get("reason") or "")
    return flat


def _cut(reason: str) -> str:
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"


def _checked(fields: object, point: Point) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise NotUnderstood("it returned something other than an object")
    for name, value in fields.items():
        problem = _problem(name, value, point)
        if problem:
            raise NotUnderstood(problem)
    try:
        size = len(write(fields))
    except (ValueError, RecursionError):
        raise NotUnderstood("it returned something that is not JSON") from None
    if size > MAX_OUTPUT:
        raise NotUnderstood(f"it returned more than {MAX_OUTPUT} characters")
    return dict(fields)


def _problem(name: object, value: object, point: Point) -> str:
    if name in _DECISIONS:
        word = _SYNONYMS.get(value, value) if isinstance(value, str) else value
        if not isinstance(word, str) or word not in RANK:
            return f"its {name} is {ascii(value)[:40]}, which is not one of allow, ask and deny"
        return f"its {name} is ask, which is not possible here" if word == "ask" and point not in _ASKING else ""
    if name == "continue":
        return "" if isinstance(value, bool) else "its field continue is not true or false"
    if name in _REASONS or name in _TEXTS:
        return "" if value is None or isinstance(value, str) else f"its {name} is not text"
    if name in _CHANGES:
        if point not in _CHANGES[name]:
            return f"it returned {name}, which changes nothing here"
        is_wrong = value is None or (name == "updated_tool_response" and not isinstance(value, str))
        return f"its {name} cannot be used" if is_wrong else ""
    return "" if name in _NESTED else f"it returned a field that is not known: {ascii(name)[:60]}"


def _decisions(source: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every decision in one output, with its reason."""
    if source.get("continue") is False:
        yield "deny", source.get("stop_reason") or ""
    for name in _DECISIONS:
        if name in source:
            reason = next(reason for reason, meant in _REASONS.items() if meant == name)
            yield _SYNONYMS.get(source[name], source[name]), source.get(reason) or ""
