"""The loop: step by step along the chain, with tools between the steps, until a model stops or a limit does."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from ..chain.chain import Chain
from ..chain.compaction import compact, dropped, without_oldest
from ..errors import ErrorInfo, SparewheelError
from ..hooks.builtin import builtin_hooks, redacting
from ..hooks.engine import Hooks
from ..jsonschema.validate import Mismatch, Validator
from ..messages import Message, user
from ..providers.base import OutputSchema
from ..state.budgets import Budgets
from ..usage import Usage
from .calls import Calls, unique_calls
from .guardrails import first_struck
from .limits import Repetition
from .prompt import instruction, result_limit, visible
from .task import run_task
from .team import MOST_HANDOFFS, handoff_tool, too_many_handoffs, transfer_tool
from .toolbox import Toolbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..chain.health import Health
    from ..config.agents import GuardrailConfig
    from ..config.specs import ResolvedAgent, ResolvedTeam
    from ..events import Event, FinishEvent, FinishReason
    from ..state.budgets import Shift
    from ..state.session_state import Context
    from ..tools.base import Registry, ToolContext, ToolResult
    from ..transports.base import Transport
    from .turn import Turn

MOST_CORRECTIONS: Final = 2  # of an answer that does not have the shape it must have

_BUDGET_HINT: Final = "limits and budgets in the agent file set it; a new session starts at zero."


class Agent:
    """An agent file's agents, ready to run turns. Holds no conversation; `context` is the session's."""

    def __init__(
        self,
        team: ResolvedTeam,
        transport: Transport,
        health: Health,
        context: Context,
        *,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.team = team
        self.context = context
        self.toolbox = Toolbox(context)
        self._transport = transport
        self._health = health
        self._jitter = jitter
        self._now = now
        self._hooks: dict[str, Hooks] = {}
        self._reports: list[str] = []  # of hooks that failed, not shown yet
        self.budgets = Budgets(team)

    async def run(self, turn: Turn) -> AsyncGenerator[list[Event], None]:
        """Yield the turn's events from `start` to `finish`; `turn.answer` is set before `finish`.

        Raises `SparewheelError` when the turn cannot be answered.
        """
        self._reports.clear()  # what came after the last turn's end belongs to no turn
        turn.agent = self.context.current or self.team.root
        yield [{"type": "start", "model": self.chain(self.team.agents[turn.agent]).agent.chain[0].ref}]
        try:
            async with aclosing(self.work(turn, 0)) as batches:
                async for batch in batches:
                    yield [*self._reported(), *batch] if self._reports else batch
        except SparewheelError as error:
            facts = {"agent_name": turn.agent, "kind": error.info.kind, "message": error.info.message}
            await self.hooks(self.team.agents[turn.agent]).run("on_error", facts)
            if self._reports:
                yield self._reported()
            raise
        self.context.current = turn.agent
        await self.hooks(self.team.agents[turn.agent]).run(
            "turn_end", {"agent_name": turn.agent, "reason": turn.reason}
        )
        answer = turn.answer or Message("assistant", ())
        finish: FinishEvent = {
            "type": "finish",
            "reason": turn.reason,
            "model": turn.step.model,
            "message": answer.to_answer(),
            "usage": turn.total.to_dict(),
        }
        if not (answer.text or turn.reason == "tool_calls"):
            finish["empty"] = True
        yield [*self._reported(), finish]

    def _reported(self) -> list[Event]:
        events: list[Event] = [{"type": "warning", "message": report} for report in self._reports]
        self._reports.clear()
        return events

    async def work(self, turn: Turn, depth: int) -> AsyncGenerator[list[Event], None]:
        """All the steps of a turn, or of a task inside one at `depth`; sets `turn.answer` and `turn.reason`."""
        async with aclosing(_Work(self, turn, depth).events()) as batches:
            async for batch in batches:
                yield batch

    def chain(self, agent: ResolvedAgent) -> Chain:
        return Chain(
            _first_choice(agent, self.context.model), self._transport, self._health, random=self._jitter, now=self._now
        )

    def hooks(self, agent: ResolvedAgent) -> Hooks:
        """The hooks of one agent: the file's, the embedder's, and last the one that takes secrets out of results."""
        if agent.name not in self._hooks:
            own = [redacting(agent.secrets)] if agent.redact_secrets else []
            hooks = [*builtin_hooks(agent.hooks, agent.secrets), *self.context.hooks, *own]
            self._hooks[agent.name] = Hooks(hooks, self._reports.append)
        return self._hooks[agent.name]

    def now(self) -> datetime:
        return self._now()


class _Work:
    """The steps of one run."""

    def __init__(self, agent: Agent, turn: Turn, depth: int) -> None:
        self._agent = agent
        self._context = agent.context
        self._turn = turn
        self._depth = depth
        self._repetition = Repetition()
        self._handoffs = 0
        self._next: str | None = None  # whom a handoff has named
        self._corrections = 0
        self._answer = Message("assistant", ())  # of the last step
        self._warned: set[str] = set()
        self._notes: list[str] = []  # what hooks want the model to know

    @property
    def _me(self) -> ResolvedAgent:
        return self._agent.team.agents[self._turn.agent]

    @property
    def _hooks(self) -> Hooks:
        return self._agent.hooks(self._me)

    async def events(self) -> AsyncGenerator[list[Event], None]:
        await self._submit()
        async with aclosing(self._guarded("input", self._turn.messages[-1].text)) as batches:
            async for batch in batches:
                yield batch
        while True:
            with self._agent.budgets.shift(self._me) as shift:
                async with aclosing(self._step(shift)) as batches:
                    async for batch in batches:
                        yield batch
            async with aclosing(self._afterwards()) as batches:
                async for batch in batches:
                    yield batch
            if self._turn.answer is not None:
                return

    # One step ---------------------------------------------------------------------------------------------------

    async def _step(self, shift: Shift) -> AsyncGenerator[list[Event], None]:
        turn, me = self._turn, self._me
        if self._agent.budgets.used_up(me):
            raise SparewheelError(ErrorInfo("guardrail", "The session's budget is used up.", _BUDGET_HINT))
        registry = await self._registry()
        if warnings := [text for text in registry.warnings if text not in self._warned]:
            self._warned.update(warnings)
            yield [{"type": "warning", "message": text} for text in warnings]
        step = turn.begin_step()
        chain = self._agent.chain(me)
        if turn.steps > 1:
            yield [{"type": "step", "step": turn.steps, "model": chain.agent.chain[0].ref}]
        if warning := self._agent.budgets.uncounted(me, chain.agent.chain):
            yield [{"type": "warning", "message": warning}]
        started = asyncio.get_running_loop().time()
        notes = await self._before_model()
        system = instruction(me, self._agent.now(), [*self._agent.toolbox.instructions(me), *notes])
        step.messages = [*system, *visible(without_oldest(turn.messages, turn.left_out), me)]
        step.tools = registry.specs
        step.output = _output(me)
        step.after_tools = turn.messages[-1].role == "tool"
        step.max_bytes = me.max_response_bytes
        record: dict[str, Any] = {"step": turn.steps, "agent": me.name, "model": None, "tools": []}
        turn.episode.append(record)
        try:
            async with aclosing(chain.run(step)) as batches:
                async for batch in batches:
                    yield batch
        finally:  # what failed has cost something too
            self._agent.budgets.spend(me, step)
        answer = unique_calls(step.answer(), turn.messages)
        turn.complete_step(answer)
        self._answer = answer
        record["model"] = step.model
        await self._hooks.run("after_llm_call", {"agent_name": me.name, "response": answer.text})
        if answer.tool_calls:
            with shift.waiting():  # for the calls, each of which has a shift of its own
                async with aclosing(self._call_tools(answer, registry)) as batches:
                    async for batch in batches:
                        yield batch
            record["tools"] = [call.name for call in answer.tool_calls]
        record["seconds"] = round(asyncio.get_running_loop().time() - started, 3)

    async def _call_tools(self, answer: Message, registry: Registry) -> AsyncGenerator[list[Event], None]:
        self._repetition.check(self._me, answer.tool_calls)
        most = self._me.max_tool_calls
        left = max(most - self._turn.tool_calls, 0) if most else None
        me = self._me
        shifts = partial(self._agent.budgets.shift, me)
        calls = Calls(answer.tool_calls, registry, self._hooks, self._context, me, shifts, left)
        self._turn.tool_calls += len(calls.runnable)
        try:
            async with aclosing(calls.run()) as batches:
                async for batch in batches:
                    yield batch
        finally:
            self._turn.messages += calls.results
            self._turn.unsaid += calls.unsaid()

    async def _registry(self) -> Registry:
        me, team = self._me, self._agent.team.agents
        registry = await self._agent.toolbox.gather(me)
        own = []
        if me.handoffs:
            own.append(handoff_tool([team[name] for name in me.handoffs], self._hand_over))
        if me.sub_agents:
            own.append(transfer_tool([team[name] for name in me.sub_agents], self._run_task, self._depth))
        if self._context.results.any:
            own.append(self._context.results.tool(result_limit(me)))
        for tool in own:
            registry.tools[tool.spec.name] = tool
        return registry

    async def _run_task(self, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        agent = self._agent
        return await run_task(
            self._turn,
            arguments,
            context,  # type: ignore[arg-type]  # the loop's own context
            lambda child: agent.work(child, self._depth + 1),
            lambda name: agent.hooks(agent.team.agents[name]),
        )

    # Between the steps ------------------------------------------------------------------------------------------

    async def _afterwards(self) -> AsyncGenerator[list[Event], None]:
        """Decide whether there is another step; if not, `turn.answer` is set."""
        turn, answer = self._turn, self._answer
        if self._next is not None:
            yield await self._switch(self._next)
            return
        if answer.tool_calls:
            reason = self._limit_reached()
            if reason is None:
                if events := await self._compacted():
                    yield events
                return
            await self._hooks.run("on_max_iterations", {"agent_name": turn.agent, "reason": reason})
            self._end(answer, reason)
            return
        async with aclosing(self._guarded("output", answer.text)) as batches:
            async for batch in batches:
                yield batch
        if self._next is not None:
            yield await self._switch(self._next)
        elif problem := self._misshapen(answer):
            turn.messages.append(user(problem))
        elif self._me.force_handoff and self._me.force_handoff != turn.agent:
            yield await self._switch(self._me.force_handoff)
        else:
            await self._hooks.run("stop", {"agent_name": turn.agent, "response": answer.text})
            self._end(answer, turn.step.reason or "other")

    def _limit_reached(self) -> FinishReason | None:
        """Why no further step may be made, if so."""
        if 0 < self._me.max_iterations <= self._turn.steps:
            return "max_steps"
        if 0 < self._me.max_tool_calls <= self._turn.tool_calls:
            return "tool_limit"
        return "budget" if self._agent.budgets.used_up(self._me) else None

    def _end(self, answer: Message, reason: FinishReason) -> None:
        self._turn.answer = answer
        self._turn.reason = reason

    def _hand_over(self, name: str) -> None:
        self._next = name

    async def _switch(self, name: str) -> list[Event]:
        """Another agent goes on from here."""
        before, self._next = self._turn.agent, None
        self._handoffs += 1
        if self._handoffs > MOST_HANDOFFS:
            raise too_many_handoffs()
        self._turn.agent = name
        await self._hooks.run("on_agent_switch", {"from": before, "to": name})
        return [{"type": "handoff", "from": before, "to": name}]

    async def _compacted(self) -> list[Event]:
        """Make room before the window is full, rather than after a request has failed for it."""
        me, turn = self._me, self._turn
        spec = next((spec for spec in me.chain if spec.ref == turn.step.model), me.chain[0])
        usage = turn.step.shown.usage if turn.step.shown else Usage()
        used = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        if not me.session_compaction or not spec.context_limit or used < me.compaction_threshold * spec.context_limit:
            return []
        before = without_oldest(turn.messages, turn.left_out)
        shorter = compact(before)
        gone = dropped(before, shorter) if shorter else 0
        if not gone or (await self._hooks.run("pre_compact", {"agent_name": me.name, "dropped": gone})).denied:
            return []
        turn.left_out += gone
        number = turn.step.reserve(spec.ref)["attempt"]
        return [{"type": "compacted", "model": spec.ref, "attempt": number, "dropped": gone}]

    def _misshapen(self, answer: Message) -> str:
        """What to tell a model whose answer does not have the shape it must have. Raises when it does not learn."""
        config = self._me.structured_output
        if config is None or self._turn.step.reason != "stop":
            return ""
        try:
            Validator(config.schema_).check_text(answer.text, "answer")
        except Mismatch as error:
            self._corrections += 1
            if self._corrections > MOST_CORRECTIONS:
                hint = "The model may not support structured output; name another one, or simplify the schema."
                info = ErrorInfo("guardrail", f"The answer does not have the required shape: {error}", hint)
                raise SparewheelError(info) from None
            return f"Your answer does not have the required shape: {error}. Answer again, with nothing but the JSON."
        return ""

    # Hooks and guardrails ---------------------------------------------------------------------------------------

    async def _submit(self) -> None:
        """The user's prompt passes the hooks, which may add to it or refuse it."""
        facts = {"agent_name": self._turn.agent, "prompt": self._turn.messages[-1].text}
        if not self._depth and len(self._turn.messages) == 1:
            self._notes += (await self._hooks.run("session_start", facts)).context
        verdict = await self._hooks.run("user_prompt_submit", facts)
        if verdict.denied:
            reason = verdict.reason or "A hook refused the prompt."
            raise SparewheelError(ErrorInfo("guardrail", reason, "Change the prompt, or the hook that refuses it."))
        self._notes += verdict.context

    async def _before_model(self) -> list[str]:
        facts = {"agent_name": self._turn.agent, "step": self._turn.steps}
        start = await self._hooks.run("turn_start", facts)
        verdict = await self._hooks.run("before_llm_call", facts)
        if verdict.denied:
            reason = verdict.reason or "A hook refused to ask the model."
            raise SparewheelError(ErrorInfo("guardrail", reason, "See the hook before_llm_call."))
        return [*self._notes, *start.context, *verdict.context]

    async def _guarded(self, on: Literal["input", "output"], text: str) -> AsyncGenerator[list[Event], None]:
        struck = first_struck(self._me.guardrails, on, text)
        if struck is None:
            return
        if on == "output" and (events := self._retract()):
            yield events
        if struck.action == "refuse":
            raise _refused(struck)
        if on == "output":
            self._next = struck.to
        else:
            yield await self._switch(struck.to)

    def _retract(self) -> list[Event]:
        """An answer that must not stay: void for the page, and gone from the conversation."""
        self._turn.take_back()
        return self._turn.step.retract()


def _first_choice(agent: ResolvedAgent, ref: str | None) -> ResolvedAgent:
    """The agent with `ref` (a key of the file's models, or `provider/model`) at the head of its chain."""
    if ref is None:
        return agent
    known = {spec.ref: spec for spec in agent.chain} | dict(agent.models)
    if ref not in known:
        return agent  # it was picked by another agent, which had it
    return replace(agent, chain=(known[ref], *(spec for spec in agent.chain if spec is not known[ref])))


def _refused(guardrail: GuardrailConfig) -> SparewheelError:
    reason = guardrail.reason or "A guardrail of the agent does not let this through."
    return SparewheelError(ErrorInfo("guardrail", reason, "Ask differently; the agent file sets what is allowed."))


def _output(agent: ResolvedAgent) -> OutputSchema | None:
    config = agent.structured_output
    if config is None:
        return None
    return OutputSchema(config.name, config.schema_, config.description, config.strict)
