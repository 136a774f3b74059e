"""Code mode: the tools of an agent as functions of the code that it writes.

Each call of the code is made as one of the model would be: with the schema, the permissions and the user's approval,
hooks, limits and the journal. The code gets the result; the model sees only what the code prints.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from ..messages import ToolCall
from ..tools.base import Registry, ToolResult
from .calls import SIDE_BY_SIDE, USED_UP, Calls
from .outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ..config.specs import ResolvedAgent
    from ..events import Event
    from ..hooks.engine import Hooks
    from ..state.budgets import BusyTimer
    from ..state.effects import Effects
    from ..state.session_state import SessionState
    from ..tools.base import ToolContext
    from .call_context import CallContext
    from .turn import Turn

NO_BUDGET = "Not executed: the session's budget is used up."


class CodeMode:
    """The calls that the code of one turn, or of a task in it, makes of its agent's tools.

    `timers` makes a timer for each call; `used_up` tells whether the agent's budget is.
    """

    def __init__(
        self,
        turn: Turn,
        agent: ResolvedAgent,
        hooks: Hooks,
        state: SessionState,
        timers: Callable[[], BusyTimer],
        used_up: Callable[[], bool],
    ) -> None:
        self._turn = turn
        self._agent = agent
        self._hooks = hooks
        self._state = state
        self._timers = timers
        self._used_up = used_up
        self._tools = Registry()
        self._gate = _Gate(SIDE_BY_SIDE)
        self._runs: dict[str, tuple[Effects, Iterator[int]]] = {}  # by the call that runs the code

    def registry(self, registry: Registry) -> Registry:
        """What the model is shown instead: the tool that runs code, which can call the others.

        Without such a tool, or without others, it stays as it is.
        """
        runner = next((tool for tool in registry.tools.values() if tool.with_tools is not None), None)
        if runner is None or runner.with_tools is None or len(registry.tools) == 1:
            return registry
        name = runner.spec.name
        self._tools = Registry(dict(registry.tools), registry.sources)
        del self._tools.tools[name]
        tool = runner.with_tools([each.spec for each in self._tools.tools.values()], self._call)
        return Registry({name: tool}, {name: registry.sources[name]}, warnings=registry.warnings)

    async def _call(self, name: str, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        """Make one call, within the call of `context`. Raises `InDoubt`."""
        turn, own = self._turn, cast("CallContext", context)  # tools of a run get its `CallContext`
        if self._agent.max_tool_calls and turn.tool_calls >= self._agent.max_tool_calls:
            return ToolResult(USED_UP, is_error=True)
        if self._used_up():
            return ToolResult(NO_BUDGET, is_error=True)
        turn.tool_calls += 1
        if own.call_id not in self._runs:
            self._runs[own.call_id] = turn.effects.of_task(own.call_id), itertools.count(1)
        effects, numbers = self._runs[own.call_id]
        call = ToolCall(f"{own.call_id}.{next(numbers)}", name, json.dumps(arguments, ensure_ascii=False))
        outbox = _Within(turn.outbox, self._agent.name, own.call_id)
        calls = Calls(
            [call], self._tools, self._hooks, self._state, self._agent, self._timers, outbox, effects
        )  # fmt: skip
        outbox.put(*calls.announce())
        tool = self._tools.tools.get(name)
        try:
            with own.timer.waiting():  # each call has a timer of its own
                async with self._gate.passed(alone=tool is not None and tool.exclusive):
                    await calls.run()
        except asyncio.CancelledError:
            outbox.put(*calls.stop())
            raise
        return calls.result(0)


class _Within(Outbox):
    """Passes on events, marked as those of what happens inside a tool call."""

    def __init__(self, outbox: Outbox, agent: str, task: str) -> None:
        super().__init__()
        self._outbox = outbox
        self._agent = agent
        self._task = task

    def put(self, *events: Event) -> None:
        for event in events:
            event.setdefault("agent", self._agent)
            event.setdefault("task", self._task)
        self._outbox.put(*events)


class _Gate:
    """Lets a limited number of calls run side by side, and an exclusive one alone."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = asyncio.Semaphore(places)
        self._entry = asyncio.Lock()

    @asynccontextmanager
    async def passed(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait for a place, or for all of them. A call that waits for all is not overtaken."""
        taken = 0
        try:
            async with self._entry:
                for _ in range(self._places if alone else 1):
                    await self._free.acquire()
                    taken += 1
            yield
        finally:
            for _ in range(taken):
                self._free.release()
