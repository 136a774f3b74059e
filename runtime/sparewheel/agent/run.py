"""The loop: step by step along the chain, with tools between the steps, until a model stops or a limit is reached."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..chain.compaction import compact, dropped, without_oldest
from ..chain.question import Question
from ..chain.step import Step
from ..errors import ErrorInfo, SparewheelError
from ..messages import user
from ..slices import run_in_slices
from ..state.answers import Answer
from .calls import Calls, unique_calls
from .ending import finish_event, start_event
from .guardrails import first_violation, refused
from .limits import Repetition, ShapeCheck
from .prompt import instruction, output_schema, visible
from .recalled import RecalledStep
from .run_hooks import RunHooks
from .run_tools import RunTools
from .team import MAX_HANDOFFS, too_many_handoffs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..chain.chain import Chain
    from ..config.specs import ResolvedAgent
    from ..events import Event, FinishReason
    from ..messages import Message
    from ..tools.base import Registry
    from .runner import Runner
    from .turn import Turn

_BUDGET_HINT: Final = "limits and budgets in the agent file set it; a new session starts at zero."


class Run:
    """The steps of one turn, or of a task inside a turn at `depth` (from 1)."""

    def __init__(self, runner: Runner, turn: Turn, depth: int = 0) -> None:
        self._runner = runner
        self._state = runner.state
        self._turn = turn
        self._depth = depth
        self._outbox = turn.outbox
        self._hooks = RunHooks(runner, turn, is_task=depth > 0)
        self._repetition = Repetition()
        self._handoffs = 0
        self._next_agent: str | None = None  # named by a handoff
        self._chosen: Chain | None = None  # for the coming step
        self._checked = (
            turn.start + turn.prompts - 1
        )  # messages that the input guardrails need not see: all before the prompt
        self._shape = ShapeCheck()
        self._warned: set[str] = set()
        self._tools = RunTools(runner, turn, self._hooks, depth, self._hand_over, self._task)

    async def events(self) -> AsyncGenerator[list[Event], None]:
        """Yield the events of the run in batches, none of them empty; `finish` is the last event.

        The only place that empties the outbox: its events come before the next batch. Raises `SparewheelError` when
        there is no answer.
        """
        try:
            async with aclosing(self._steps()) as batches:
                async for batch in batches:
                    if events := self._outbox.before(batch):
                        yield events
        except SparewheelError as error:
            if events := self._outbox.take():
                yield events
            if not self._depth:
                await self._hooks.run("on_error", kind=error.info.kind, message=error.info.message)
                if events := self._outbox.take():
                    yield events
            raise

    async def _steps(self) -> AsyncGenerator[list[Event], None]:
        """Yield the events of the models' streams; an empty batch makes `events` pass on what is in the outbox."""
        turn = self._turn
        if not self._depth:
            yield [start_event(turn, self._chain().primary.ref)]
            while self._runner.warnings:
                self._outbox.warn(self._runner.warnings.pop(0))
        prompt, first = turn.prompt, self._me
        await self._hooks.submit()
        reason: FinishReason | None = None
        resumed = turn.answer
        while reason is None:
            await self._check_input()
            me = self._me
            first = first if turn.steps else me  # a guardrail may have handed the prompt over
            with self._runner.budgets.timer(me) as timer:
                async with aclosing(self._tools.connect(timer)) as news:
                    async for _ in news:
                        yield []
                registry = await (self._tools.gather() if resumed else self._begin_step())
                yield []
                started = asyncio.get_running_loop().time()
                record: dict[str, Any] = {"step": turn.steps, "agent": me.name, "model": None, "tools": []}
                turn.episode.append(record)
                if resumed:  # the step is complete but for its calls
                    answer, resumed = resumed, None
                    step: Step | RecalledStep = RecalledStep(Answer(answer.text, self._chain().primary.ref))
                else:
                    step = await self._ask(registry)
                    try:
                        async with aclosing(step.events()) as batches:
                            async for batch in batches:
                                yield batch
                    finally:  # a failed step has used tokens too
                        self._runner.budgets.spend(me, step.usage, step.cost)
                    answer = unique_calls(step.answer(), turn.messages)
                    turn.complete_step(answer)
                    await self._hooks.run("after_llm_call", response=answer.text)
                record["model"] = step.model
                if not await self._passes(step, answer):
                    yield []
                    continue
                if answer.tool_calls:
                    turn.calls = calls = self._calls(answer, registry, step.attempt)
                    with timer.waiting():  # each call has a timer of its own
                        try:
                            yield calls.announce()
                            async with aclosing(self._outbox.during(calls.run())) as news:
                                async for _ in news:
                                    yield []
                        finally:
                            answer = turn.cite(calls.cited)
                            turn.messages.extend(calls.results)
                    self._repetition.ran(calls.outcomes)
                    record["tools"] = [call.name for call in answer.tool_calls]
                record["seconds"] = round(asyncio.get_running_loop().time() - started, 3)
            reason = await self._conclude(step, answer)
            yield []
        if reason == "stop":
            self._state.answers.keep(first.name, first.cache, prompt, Answer(answer.text, step.model))
        if not self._depth:
            await self._hooks.run("turn_end", reason=reason)
        yield [finish_event(turn, reason, step.model, answer)]

    # One step ---------------------------------------------------------------------------------------------------

    @property
    def _me(self) -> ResolvedAgent:
        return self._runner.team.agents[self._turn.agent]

    async def _begin_step(self) -> Registry:
        """Count the step and gather the agent's tools."""
        me, turn, budgets = self._me, self._turn, self._runner.budgets
        if budgets.used_up(me):
            raise SparewheelError(ErrorInfo("guardrail", "The session's budget is used up.", _BUDGET_HINT))
        registry = await self._tools.gather()
        for warning in registry.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._outbox.warn(warning)
        turn.begin_step()
        chain = self._chain().agent.chain
        if turn.steps > 1:
            self._outbox.put({"type": "step", "step": turn.steps, "model": chain[0].ref})
        if warning := budgets.uncounted(me, chain):
            self._outbox.warn(warning)
        return registry

    async def _ask(self, registry: Registry) -> Step | RecalledStep:
        """Put the conversation to the chain. Raises `SparewheelError` if a hook refuses."""
        me, turn = self._me, self._turn
        if turn.steps == 1 and (kept := self._state.answers.find(me.name, me.cache, turn.messages[-1])):
            turn.step = recalled = RecalledStep(kept)
            return recalled
        notes = await self._hooks.before_model()
        system = instruction(me, self._runner.now(), [*self._runner.toolbox.instructions(me), *notes])
        question = Question(
            [*system, *visible(without_oldest(turn.messages, turn.conversation.left_out), me)],
            registry.specs,
            output_schema(me),
            after_tools=turn.messages[-1].role == "tool",
            max_bytes=me.max_response_bytes,
            reattach=turn.reattach,
            on_resumable=turn.on_resumable,
            wanted=None if turn.log.records else turn.model,
            what_if=turn.what_if,
        )
        turn.reattach = None
        turn.step = step = Step(self._chain(), question, turn.log)
        self._chosen = None
        return step

    def _chain(self) -> Chain:
        """The chain of the coming step, the same until it is asked."""
        if self._chosen is None or self._chosen.agent.name != self._me.name:
            self._chosen = self._runner.chain(self._me, self._turn.model)
        return self._chosen

    def _calls(self, answer: Message, registry: Registry, attempt: int | None) -> Calls:
        """The tool calls of an answer. Raises `SparewheelError` (kind `loop`) for endless repetition."""
        me = self._me
        self._repetition.check(me, answer.tool_calls)
        left = max(me.max_tool_calls - self._turn.tool_calls, 0) if me.max_tool_calls else None
        timer = partial(self._runner.budgets.timer, me)
        turn = self._turn
        calls = Calls(
            answer.tool_calls,
            registry,
            self._hooks.of(me.name),
            self._state,
            me,
            timer,
            self._outbox,
            turn.effects,
            left,
            turn.results,
            attempt,
        )
        turn.results = None if turn.results is None else {}
        turn.tool_calls += len(calls.runnable)
        return calls

    def _task(self, child: Turn) -> AsyncGenerator[list[Event], None]:
        """The events of a sub-agent's task."""
        return Run(self._runner, child, self._depth + 1).events()

    # Between the steps ------------------------------------------------------------------------------------------

    async def _conclude(self, step: Step | RecalledStep, answer: Message) -> FinishReason | None:
        """The reason to finish with `answer`; None if another step follows."""
        if self._next_agent is not None:
            await self._switch(self._next_agent)
            return None
        if answer.tool_calls:
            if reason := self._limit_reached():
                await self._hooks.run("on_max_iterations", reason=reason)
                return reason
            await self._compact(step)
            return None
        if problem := self._shape.problem(self._me, step.reason, answer.text):
            self._turn.messages.append(user(problem))
            return None
        if self._me.force_handoff and self._me.force_handoff != self._turn.agent:
            await self._switch(self._me.force_handoff)
            return None
        await self._hooks.run("stop", response=answer.text)
        return step.reason

    def _limit_reached(self) -> FinishReason | None:
        """The limit that forbids another step."""
        if 0 < self._me.max_iterations <= self._turn.steps:
            return "max_steps"
        if 0 < self._me.max_tool_calls <= self._turn.tool_calls:
            return "tool_limit"
        return "budget" if self._runner.budgets.used_up(self._me) else None

    def _hand_over(self, name: str) -> None:
        self._next_agent = name

    async def _switch(self, name: str) -> None:
        """Another agent continues from here. Raises `SparewheelError` (kind `loop`) after too many handoffs."""
        before, self._next_agent = self._turn.agent, None
        self._handoffs += 1
        if self._handoffs > MAX_HANDOFFS:
            raise too_many_handoffs()
        self._turn.conversation.agent = name
        self._repetition = Repetition()  # of one agent; `MAX_HANDOFFS` bounds rounds of agents
        await self._hooks.of(name).run("on_agent_switch", {"from": before, "to": name})
        self._outbox.put({"type": "handoff", "from": before, "to": name})

    async def _compact(self, step: Step | RecalledStep) -> None:
        """Leave out old messages before the model's window is full, so that no request fails for it."""
        me, conversation = self._me, self._turn.conversation
        spec = next((spec for spec in me.chain if spec.ref == step.model), me.chain[0])
        usage = step.answer_usage
        used = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        if not me.session_compaction or not spec.context_limit or used < me.compaction_threshold * spec.context_limit:
            return
        before = without_oldest(conversation.messages, conversation.left_out)
        shorter = compact(before)
        gone = dropped(before, shorter) if shorter else 0
        if not gone or (await self._hooks.run("pre_compact", dropped=gone)).denied:
            return
        conversation.left_out += gone
        number = self._turn.log.reserve(spec.ref)
        self._outbox.put({"type": "compacted", "model": spec.ref, "attempt": number, "dropped": gone})

    # Guardrails -----------------------------------------------------------------------------------------------

    async def _check_input(self) -> None:
        """Pass what a request adds to the guardrails: another agent may take over, or the turn fails."""
        new, self._checked = self._turn.messages[self._checked :], len(self._turn.messages)
        while violated := await run_in_slices(first_violation(self._me.guardrails, "input", new)):
            if violated.action == "refuse":
                raise refused(violated)
            await self._switch(violated.to)

    async def _passes(self, step: Step | RecalledStep, answer: Message) -> bool:
        """Pass an answer to the guardrails, before its calls run. If it may not stay: discard it, or fail the turn."""
        violated = await run_in_slices(first_violation(self._me.guardrails, "output", [answer]))
        if violated is None:
            return True
        self._turn.revert_step()
        self._outbox.put(*step.retract())
        if violated.action == "refuse":
            raise refused(violated)
        await self._switch(violated.to)
        return False
