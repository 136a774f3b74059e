"""Runs the hooks of one point and combines their outputs to one verdict: deny wins over ask, ask over allow.

At a point where hooks decide, a hook that fails, times out or returns what is not understood (`output.py`) counts as
deny. Every failure is reported. Hooks of a point run concurrently, each with its own copy of the facts; their changes
are applied in the order of the hooks.
"""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..patterns import compiled
from .output import RANK, NotUnderstood, understood
from .output import Point as Point

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

TIMEOUT: Final = 60.0  # seconds
MAX_WORDS: Final = 500  # characters of an error's text that are passed on

# The error text of a hook that fails here may quote the tool result, so it is not passed on.
_OF_RESULTS: Final[frozenset[Point]] = frozenset({"post_tool_use", "tool_response_transform"})

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
        """The output of one hook. A failure is reported and counts as deny, which matters where hooks decide."""
        words = ""
        try:
            async with asyncio.timeout(TIMEOUT):
                output = await hook.run({"hook_event_name": hook.point, **copy.deepcopy(facts)})
            return understood(output, hook.point)
        except NotUnderstood as error:
            problem = str(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            problem = "a task that it waited for was cancelled"
        except TimeoutError:
            problem = f"it did not return within {TIMEOUT:g} s"
        except (Exception, SystemExit) as error:  # hooks are code from outside
            problem = type(error).__name__
            words = "" if hook.point in _OF_RESULTS else _words(error)
        self._report(f"The hook {hook.name} failed at {hook.point}: {problem}.")
        reason = f"A {hook.point} hook failed, which counts as deny: {problem}{words}"
        return {"decision": "deny", "reason": reason}


def _words(error: BaseException) -> str:
    try:
        return f": {error}"[:MAX_WORDS]
    except Exception:  # of its `__str__`
        return ""


def _take(verdict: Verdict, output: dict[str, Any]) -> None:
    decision = output.get("decision")
    if decision is not None and (verdict.decision is None or RANK[decision] > RANK[verdict.decision]):
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
        return compiled(matcher, entire=True).search(tool)
    except ValueError:
        return True
