"""Runs the hooks of one point and combines their outputs to one verdict: deny wins over ask, ask over allow.

At a point where hooks decide, a hook that fails, times out or returns an unknown decision counts as deny. Every failure
is reported. Hooks of a point run concurrently; their changes are applied in the order of the hooks.
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

# The error text of a hook that fails here may quote the tool result, so it is not passed on.
_OF_RESULTS: Final[frozenset[Point]] = frozenset({"post_tool_use", "tool_response_transform"})
# Points at which hooks decide: a hook that fails here counts as deny.
_DECIDES: Final[frozenset[Point]] = _OF_RESULTS | {
    *("user_prompt_submit", "before_llm_call", "pre_tool_use", "permission_request", "pre_compact")
}
_RANK: Final = {"allow": 0, "ask": 1, "deny": 2}
_SYNONYMS: Final = {"approve": "allow", "block": "deny"}

Output: TypeAlias = "Mapping[str, Any] | None"


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook.

    `run` receives the facts of the point and may return a hook output in docker-agent's shape. `matcher` is a regular
    expression for tool names; `name` appears in messages.
    """

    point: Point
    run: Callable[[dict[str, Any]], Awaitable[Output]]
    matcher: str = "*"
    name: str = "without a name"


@dataclass(slots=True)
class Verdict:
    """The combined output of the hooks of a point. `decision` is None when no hook decided."""

    decision: Literal["allow", "ask", "deny"] | None = None
    reason: str = ""
    context: list[str] = field(default_factory=list)
    updated: dict[str, Any] = field(default_factory=dict)  # updated_input, updated_tool_response

    @property
    def denied(self) -> bool:
        return self.decision == "deny"


class Hooks:
    """The hooks of one agent. `report` receives a sentence for each failure, without data of the turn."""

    def __init__(self, hooks: Sequence[Hook] = (), report: Callable[[str], None] = lambda _: None) -> None:
        self._hooks = list(hooks)
        self._report = report

    def at(self, point: Point, tool: str = "") -> list[Hook]:
        """The hooks for `tool` at `point`. An invalid matcher matches every tool, so that no guard is skipped."""
        return [hook for hook in self._hooks if hook.point == point and _matches(hook.matcher, tool)]

    async def run(self, point: Point, facts: dict[str, Any], tool: str = "") -> Verdict:
        """Run the hooks of `point` and combine their outputs. Raises nothing but `CancelledError`."""
        verdict = Verdict()
        hooks = self.at(point, tool)
        if not hooks:
            return verdict
        for output in await asyncio.gather(*(self._guarded(hook, facts) for hook in hooks)):
            _take(verdict, output)
        return verdict

    async def _guarded(self, hook: Hook, facts: dict[str, Any]) -> dict[str, Any]:
        """The output of one hook. A failure is reported, and counts as deny at a point where hooks decide."""
        words = ""
        try:
            async with asyncio.timeout(TIMEOUT):
                output = await hook.run({"hook_event_name": hook.point, **facts})
            if output is None:
                return {}
            if isinstance(output, dict):
                return _flat(output)
            problem = "it returned something other than an object"
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            problem = "a task that it waited for was cancelled"
        except TimeoutError:
            problem = f"it did not return within {TIMEOUT:g} s"
        except Exception as error:  # hooks are code from outside
            problem = type(error).__name__
            words = "" if hook.point in _OF_RESULTS else f": {error}"
        self._report(f"The hook {hook.name} failed at {hook.point}: {problem}.")
        if hook.point not in _DECIDES:
            return {}
        reason = f"A {hook.point} hook failed, which counts as deny: {problem}{words}"
        return {"decision": "deny", "reason": reason}


def _flat(output: dict[str, Any]) -> dict[str, Any]:
    """One flat output: docker-agent nests some fields in `hook_specific_output`, and has two names for a decision."""
    specific = output.get("hook_specific_output")
    sources = [output, specific] if isinstance(specific, dict) else [output]
    flat = {name: value for source in sources for name, value in source.items()}
    words = [word for source in sources for word in _words(source)]
    if words:
        flat["decision"], reason = max(words, key=lambda word: _RANK[word[0]])
        flat["reason"] = reason or flat.get("reason")
    return flat


def _words(source: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every decision in one output, with its reason; of several, the strictest counts."""
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
