"""Runs the hooks of one point and makes one verdict of what they say: deny beats ask beats allow.

A hook that fails, times out or says something that nobody understands blocks where a decision is asked for; it never
lets through, and wherever it fails, that is reported. Hooks of a point run side by side; changed inputs are taken in
the order of the hooks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

TIMEOUT: Final = 60.0  # seconds

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

# A hook that fails here may say so in the words of a result that it was to keep back.
_OF_RESULTS: Final[frozenset[Point]] = frozenset({"post_tool_use", "tool_response_transform"})
# Where a hook may forbid something, a hook that fails forbids it.
_DECIDES: Final[frozenset[Point]] = _OF_RESULTS | {
    *("user_prompt_submit", "before_llm_call", "pre_tool_use", "permission_request", "pre_compact")
}
_RANK: Final = {"allow": 0, "ask": 1, "deny": 2}
_SYNONYMS: Final = {"approve": "allow", "block": "deny"}

Output: TypeAlias = "Mapping[str, Any] | None"


@dataclass(frozen=True, slots=True)
class Hook:
    """`run` gets the point's facts and may give docker-agent's hook output. `matcher` is a regex for tool names.

    `name` is what people know it by.
    """

    point: Point
    run: Callable[[dict[str, Any]], Awaitable[Output]]
    matcher: str = "*"
    name: str = "without a name"


@dataclass(slots=True)
class Verdict:
    """What all hooks of a point said together. `decision` is None when none decided."""

    decision: Literal["allow", "ask", "deny"] | None = None
    reason: str = ""
    context: list[str] = field(default_factory=list)
    updated: dict[str, Any] = field(default_factory=dict)  # updated_input, updated_tool_response

    @property
    def denied(self) -> bool:
        return self.decision == "deny"


class Hooks:
    """The hooks of one agent. `report` is told of each that fails, without a word of what it was given."""

    def __init__(self, hooks: Sequence[Hook] = (), report: Callable[[str], None] = lambda _: None) -> None:
        self._hooks = list(hooks)
        self._report = report

    def at(self, point: Point, tool: str = "") -> list[Hook]:
        """The hooks that run at `point` for this tool. A matcher that is no regex matches all: it must not open."""
        return [hook for hook in self._hooks if hook.point == point and _matches(hook.matcher, tool)]

    async def run(self, point: Point, facts: dict[str, Any], tool: str = "") -> Verdict:
        """Never raises but for cancellation."""
        verdict = Verdict()
        hooks = self.at(point, tool)
        if not hooks:
            return verdict
        for output in await asyncio.gather(*(self._guarded(hook, facts) for hook in hooks)):
            _take(verdict, output)
        return verdict

    async def _guarded(self, hook: Hook, facts: dict[str, Any]) -> dict[str, Any]:
        """One hook's output; a failure is reported, and becomes a denial where the point decides something."""
        words = ""
        try:
            async with asyncio.timeout(TIMEOUT):
                output = await hook.run({"hook_event_name": hook.point, **facts})
            if output is None:
                return {}
            if isinstance(output, dict):
                return _flat(output)
            problem = "it answered something that is not an object"
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            problem = "something that it waited for was cancelled"
        except TimeoutError:
            problem = f"it did not answer within {TIMEOUT:g} s"
        except Exception as error:  # a hook is somebody else's code
            problem = type(error).__name__
            words = "" if hook.point in _OF_RESULTS else f": {error}"
        self._report(f"The hook {hook.name} failed at {hook.point}: {problem}.")
        if hook.point not in _DECIDES:
            return {}
        reason = f"A {hook.point} hook failed, so nothing is let through: {problem}{words}"
        return {"decision": "deny", "reason": reason}


def _flat(output: dict[str, Any]) -> dict[str, Any]:
    """docker-agent nests what belongs to a point under `hook_specific_output`, and knows two names for a decision."""
    specific = output.get("hook_specific_output")
    sources = [output, specific] if isinstance(specific, dict) else [output]
    flat = {name: value for source in sources for name, value in source.items()}
    words = [word for source in sources for word in _words(source)]
    if words:
        flat["decision"], reason = max(words, key=lambda word: _RANK[word[0]])
        flat["reason"] = reason or flat.get("reason")
    return flat


def _words(source: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every decision that one output holds, with its reason: it may say several, and the strictest counts."""
    if source.get("continue") is False:
        yield "deny", source.get("stop_reason")
    for name, why in (("permission_decision", "permission_decision_reason"), ("decision", "reason")):
        if (decision := source.get(name)) is not None:
            word = _SYNONYMS.get(str(decision), str(decision))
            yield word if word in _RANK else "deny", source.get(why)


def _take(verdict: Verdict, output: dict[str, Any]) -> None:
    decision = output.get("decision")
    if decision is not None and (verdict.decision is None or _RANK[decision] > _RANK[verdict.decision]):
        verdict.decision, verdict.reason = decision, str(output.get("reason") or "")
    for name in ("additional_context", "system_message"):
        if isinstance(text := output.get(name), str) and text:
            verdict.context.append(text)
    for name in ("updated_input", "updated_tool_response"):
        if output.get(name) is not None:
            verdict.updated[name] = output[name]


def _matches(matcher: str, tool: str) -> bool:
    if matcher in ("", "*"):
        return True
    try:
        return Pattern(matcher, entire=True).search(tool)
    except ValueError:
        return True
