"""The hooks of one run: those of the agent at work, and the context that they add to its instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ErrorInfo, SparewheelError

if TYPE_CHECKING:
    from ..hooks.engine import Hooks, Point, Verdict
    from .runner import Runner
    from .turn import Turn


class RunHooks:
    """A hook that fails becomes a `warning` event of the run. `is_task`: the run is a task of a sub-agent."""

    def __init__(self, runner: Runner, turn: Turn, *, is_task: bool) -> None:
        self._runner = runner
        self._turn = turn
        self._is_task = is_task
        self._by_agent: dict[str, Hooks] = {}
        self._notes: list[str] = []  # context for every step

    def of(self, name: str) -> Hooks:
        """The hooks of an agent."""
        if name not in self._by_agent:
            self._by_agent[name] = self._runner.hooks(self._runner.team.agents[name], self._turn.outbox.warn)
        return self._by_agent[name]

    async def run(self, point: Point, **facts: Any) -> Verdict:
        """Run the hooks of the agent at work."""
        return await self.of(self._turn.agent).run(point, {"agent_name": self._turn.agent, **facts})

    async def submit(self) -> None:
        """Pass the user's prompt to the hooks, which may add context to it. Raises `SparewheelError` if one refuses."""
        prompt = self._turn.prompt.text
        if not self._is_task and self._turn.messages[0] is self._turn.prompt and not self._turn.completed:
            self._notes += (await self.run("session_start", prompt=prompt)).context
        verdict = await self.run("user_prompt_submit", prompt=prompt)
        if verdict.denied:
            reason = verdict.reason or "A hook refused the prompt."
            raise SparewheelError(ErrorInfo("guardrail", reason, "Change the prompt, or the hook that refuses it."))
        self._notes += verdict.context

    async def before_model(self) -> list[str]:
        """The context for the coming step. Raises `SparewheelError` if a hook refuses."""
        start = await self.run("turn_start", step=self._turn.steps)
        verdict = await self.run("before_llm_call", step=self._turn.steps)
        if verdict.denied:
            reason = verdict.reason or "A hook refused to ask the model."
            raise SparewheelError(ErrorInfo("guardrail", reason, "See the hook before_llm_call."))
        return [*self._notes, *start.context, *verdict.context]
