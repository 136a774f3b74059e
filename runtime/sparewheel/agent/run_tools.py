"""The tools of one run: those of the agent at work, and those that work on the run itself."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from .asking import Asking
from .prompt import result_limit
from .task import run_task
from .team import handoff_tool, transfer_tool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..config.specs import ResolvedAgent
    from ..events import Event
    from ..state.budgets import BusyTimer
    from ..tools.base import Registry, ToolContext, ToolResult
    from .code_mode import CodeMode
    from .run_hooks import RunHooks
    from .runner import Runner
    from .turn import Turn


class RunTools:
    """Connects and gathers them before each step.

    `depth` is 0, or that of the task; `hand_over` gets the name of the agent that goes on; `events_of` runs a task.
    """

    def __init__(
        self,
        runner: Runner,
        turn: Turn,
        hooks: RunHooks,
        depth: int,
        hand_over: Callable[[str], None],
        events_of: Callable[[Turn], AsyncGenerator[list[Event], None]],
    ) -> None:
        self._runner = runner
        self._state = runner.state
        self._turn = turn
        self._hooks = hooks
        self._depth = depth
        self._hand_over = hand_over
        self._events_of = events_of
        self._code: dict[str, CodeMode] = {}  # by agent

    @property
    def _me(self) -> ResolvedAgent:
        return self._runner.team.agents[self._turn.agent]

    async def gather(self) -> Registry:
        """The tools that the agent has now."""
        me, team = self._me, self._runner.team.agents
        toolbox = self._runner.toolbox
        registry = await toolbox.gather(me)
        if me.code_mode_tools:
            registry = self._code_mode(me).registry(registry)
        own = []
        if handoffs := [team[name] for name in me.handoffs if not team[name].lacks_keys]:
            own.append(handoff_tool(handoffs, self._hand_over))
        if sub_agents := [team[name] for name in me.sub_agents if not team[name].lacks_keys]:
            own.append(transfer_tool(sub_agents, self._run_task, self._depth))
        if self._state.results.any or registry.hidden:  # beside deferred tools from the start: it would not come last
            own.append(self._state.results.tool(result_limit(me)))
        for tool in own:
            registry.tools[tool.spec.name] = tool
            registry.hidden.discard(tool.spec.name)
        if registry.hidden:
            toolbox.hide(registry, me, self._turn.messages)
        return registry

    def _code_mode(self, me: ResolvedAgent) -> CodeMode:
        """The calls of the agent's code, those of all its steps."""
        if me.name not in self._code:
            from .code_mode import CodeMode  # few agents have it

            budgets, hooks = self._runner.budgets, self._hooks.of(me.name)
            timers, used_up = partial(budgets.timer, me), partial(budgets.used_up, me)
            self._code[me.name] = CodeMode(self._turn, me, hooks, self._state, timers, used_up)
        return self._code[me.name]

    async def connect(self, timer: BusyTimer) -> AsyncGenerator[None, None]:
        """Connect the sources of tools that need it; yield like `Outbox.during`. They may ask the user."""

        def emit(event: Event) -> bool:
            self._turn.outbox.put(event)
            return True

        me = self._me
        asking = Asking(self._state, self._hooks.of(me.name), timer, emit, me.name)
        if connecting := self._runner.toolbox.connect(
            me, asking, lambda servers: self._turn.outbox.put({"type": "connecting", "servers": servers})
        ):
            async with aclosing(self._turn.outbox.during(connecting)) as news:
                async for _ in news:
                    yield

    async def _run_task(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        return await run_task(
            self._turn,
            arguments,
            context,  # type: ignore[arg-type]  # tools of a run get its `CallContext`
            self._events_of,
            self._hooks.of,
        )
