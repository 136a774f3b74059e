"""The chain: asks one model after the other until one has answered in full.

One code path for what fails before a stream and in the middle of it: an attempt ends with an error, `policy.decide`
says what to do, events say what was decided, and the next attempt starts over (or goes on, where that is wanted).
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import FACTS, SparewheelError
from ..messages import assistant, user
from ..providers.base import ModelRequest
from .attempt import Attempt
from .compaction import compact, dropped
from .hedge import Race, Racer
from .plan import Choice, Plan
from .policy import Decision, Failure, decide, refuses_usage
from .report import announce, exhausted, resting, skipped_events, turn_failed, usage_events
from .step import Kept, Step, discarded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..config.resolved import ModelSpec, ResolvedAgent
    from ..errors import ErrorInfo, Kind
    from ..events import Event
    from ..transports.base import Transport
    from .health import Health

GO_ON: Final = "[The connection broke. Continue your answer exactly where it stopped; repeat nothing.]"


class Chain:
    """The models of one agent, in order. Holds no state between steps but what `health` knows.

    `random` gives floats in [0, 1) for the jitter; `now` the wall clock, for `retrying_at`.
    """

    def __init__(
        self,
        agent: ResolvedAgent,
        transport: Transport,
        health: Health,
        *,
        random: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.agent = agent
        self.transport = transport
        self.health = health
        self.random = random
        self.now = now

    def run(self, step: Step) -> AsyncGenerator[list[Event], None]:
        """Yield the events of one step; when it returns, `step` holds the answer.

        Raises `TurnFailed` when no model is left, after `exhausted`.
        """
        return _StepRun(self, step).events()


class _StepRun:
    """One step on its way along the chain."""

    def __init__(self, chain: Chain, step: Step) -> None:
        self._chain = chain
        self._config = chain.agent.fallback
        self._health = chain.health
        self._step = step
        self._plan = Plan(chain.agent.chain, chain.health, self._config.retry_after_max)
        self._failures: dict[str, int] = {}  # by model
        self._failed: dict[str, tuple[ModelSpec, ErrorInfo]] = {}
        self._primary_rests = False  # passed over, because it is not well
        self._compacted = False
        self._asked_usage: dict[int, bool] = {}  # by attempt

    async def events(self) -> AsyncGenerator[list[Event], None]:
        choice = self._plan.take() or Choice(self._chain.agent.chain[0], 0)
        self._primary_rests = choice.spec is not self._chain.agent.chain[0]
        if events := self._opening(choice):
            yield events
            await self._health.wait(choice.wait, "circuit_breaker")
        while True:
            race = Race(self._start(choice), self._patience, self._hedge, self._lost)
            try:
                async with aclosing(race.batches()) as batches:
                    async for batch in batches:
                        self._step.shown = race.shown
                        yield batch
            except SparewheelError as error:
                failed, attempt = error, race.winner
            else:
                yield self._answered(race.winner)
                return
            if attempt.spec is not choice.spec:  # the winner of a race is the one that is asked again
                choice = Choice(attempt.spec, 0)
            if changed := self._compact(attempt, failed.info) or self._plainer(attempt, failed.info):
                yield changed  # the same model again, with another request
                continue
            failure = self._failure(attempt, failed, choice)
            decision = self._decide(failure, attempt)
            if decision.action == "next":
                choice = self._plan.take() or choice
            yield self._after(attempt, decision, failure, choice)
            if decision.action == "finish":
                return
            if decision.action == "fail":
                raise turn_failed(failed, self._step.own)
            await self._health.wait(decision.delay, failure.info.kind)

    # Asking -----------------------------------------------------------------------------------------------------

    @property
    def _patience(self) -> float | None:
        """Seconds after which another model is asked as well; None without another."""
        return self._config.hedge_after if self._plan.peek() is not None else None

    def _start(self, choice: Choice) -> Racer:
        step = self._step
        fine = step.after_tools or bool(step.kept)
        attempt = Attempt(choice.spec, step.reserve(choice.spec.ref), empty_is_fine=fine)
        step.reserved = None
        return Racer(attempt, self._run(attempt, choice))

    async def _run(self, attempt: Attempt, choice: Choice) -> AsyncGenerator[list[Event], None]:
        step = self._step
        messages = step.messages
        if step.kept:
            messages = [*messages, assistant("".join(kept.text for kept in step.kept)), user(GO_ON)]
        self._asked_usage[attempt.number] = attempt.spec.base_url not in self._health.without_usage
        request = ModelRequest(attempt.spec, messages, step.tools, step.output, self._asked_usage[attempt.number])
        stream = attempt.run(request, self._chain.transport, self._chain.agent.timeouts, step.max_bytes)
        self._health.begin(choice.spec, probe=choice.probe)
        try:
            async with aclosing(stream) as batches:
                async for batch in batches:
                    yield batch
        finally:
            self._health.release(attempt.spec)
            step.usage += attempt.usage
            step.cost += attempt.cost or 0.0

    def _hedge(self, waiting: Attempt) -> tuple[Racer, list[Event]] | None:
        """Start the next model beside the one that has shown nothing yet."""
        choice = self._plan.peek()
        if choice is None or choice.status is not None:
            return None  # no healthy model left
        self._plan.take()
        racer = self._start(choice)
        event: Event = {
            "type": "hedge",
            "from": waiting.spec.ref,
            "to": choice.spec.ref,
            "attempt": racer.attempt.number,
            "after_ms": round((self._config.hedge_after or 0) * 1000),
        }
        return racer, [event]

    def _lost(self, loser: Attempt, error: SparewheelError | None, winner: Attempt) -> list[Event]:
        """Another attempt of the race goes on alone: the loser failed, or was cancelled."""
        events: list[Event] = [*usage_events(loser, discarded=True)]
        if error is not None:
            self._count(loser, error)
            events.append(announce(winner.spec, loser.spec, error.info, winner.number, 0, self._chain.now()))
        return events

    # Judging ----------------------------------------------------------------------------------------------------

    def _opening(self, choice: Choice) -> list[Event]:
        """What is said before the first attempt, when it is not simply the primary's."""
        events: list[Event] = [*skipped_events(choice.skipped)]
        primary = self._chain.agent.chain[0]
        status = choice.skipped[0][1] if choice.skipped else choice.status
        if status is not None and (choice.spec is not primary or choice.wait):
            number = self._step.reserve(choice.spec.ref)["attempt"]
            reason = resting(primary, status)
            events.append(announce(choice.spec, primary, reason, number, choice.wait, self._chain.now()))
        return events

    def _answered(self, attempt: Attempt) -> list[Event]:
        step, spec, primary = self._step, attempt.spec, self._chain.agent.chain[0]
        self._health.succeeded(spec)
        for failed, info in self._failed.values():
            if failed is not spec:
                self._health.rescued(failed, info.kind, self._config.cooldown)
        step.reason = attempt.assembly.reason or "other"
        step.model, step.shown = spec.ref, attempt
        events: list[Event] = []
        if spec is not primary:
            if self._primary_rests or primary.ref in self._failed:
                self._health.stood_in_for(primary)
        elif self._health.recovered(primary):
            events.append({"type": "recovered", "model": spec.ref})
        return [*events, *usage_events(attempt, discarded=False)]

    def _count(self, attempt: Attempt, error: SparewheelError) -> int:
        """Remember a failure; how many of this model's it makes."""
        ref = attempt.spec.ref
        self._failures[ref] = self._failures.get(ref, 0) + 1
        self._failed[ref] = (attempt.spec, error.info)
        self._health.failed(attempt.spec, error.info, self._config.cooldown)
        return self._failures[ref]

    def _failure(self, attempt: Attempt, error: SparewheelError, choice: Choice) -> Failure:
        count = self._count(attempt, error)
        if error.info.kind == "context_overflow" and (limit := attempt.spec.context_limit):
            self._plan.keep_only(lambda spec: spec.context_limit is None or spec.context_limit > limit)
        return Failure(error.info, attempt.spec, count, self._plan.peek(), choice.probe)

    def _compact(self, attempt: Attempt, info: ErrorInfo) -> list[Event]:
        """After the first overflow of a step, make the conversation shorter and ask the same model again."""
        kind = info.kind
        if kind != "context_overflow" or kind in self._config.actions or self._compacted:
            return []
        if self._keeps(attempt, kind):
            return []
        self._compacted = True
        shorter = compact(self._step.messages)
        if shorter is None:
            return []
        gone = dropped(self._step.messages, shorter)
        self._step.messages = shorter
        number = self._step.reserve(attempt.spec.ref)["attempt"]
        event: Event = {"type": "compacted", "model": attempt.spec.ref, "attempt": number, "dropped": gone}
        return [*usage_events(attempt, discarded=True), *self._discard(attempt), event]

    def _plainer(self, attempt: Attempt, info: ErrorInfo) -> list[Event]:
        """Ask a server again that only refuses to be asked for usage, and no more for that."""
        spec = attempt.spec
        if not (self._asked_usage[attempt.number] and refuses_usage(info)):
            return []
        self._health.without_usage.add(spec.base_url)
        number = self._step.reserve(spec.ref)["attempt"]
        again = announce(spec, spec, info, number, 0, self._chain.now())
        return [*usage_events(attempt, discarded=True), *self._discard(attempt), again]

    def _decide(self, failure: Failure, attempt: Attempt) -> Decision:
        if self._keeps(attempt, failure.info.kind):
            return Decision("fail")
        return decide(failure, self._config, self._chain.random)

    def _keeps(self, attempt: Attempt, kind: Kind) -> bool:
        """Whether the step ends here because its stream broke and what it brought is to stay."""
        return self._config.on_partial == "keep" and attempt.shown and FACTS[kind].scope != "answer"

    def _after(self, attempt: Attempt, decision: Decision, failure: Failure, choice: Choice) -> list[Event]:
        """What a failed attempt leaves to say: its usage, what becomes of its text, and what comes next."""
        step = self._step
        goes_on = decision.action in ("retry", "next")
        continues = goes_on and self._continues(attempt, failure.info.kind)
        events: list[Event] = [*usage_events(attempt, discarded=goes_on and not continues)]
        step.shown = attempt
        if decision.action == "finish":
            self._finish(attempt, failure.info.kind)
        elif decision.action == "fail":
            events.append(exhausted(failure.info, step.own))
        else:
            if continues:
                message = attempt.assembly.message()
                step.kept.append(Kept(attempt.number, message.reasoning, message.text, attempt.assembly.chars))
                step.shown = None
            else:
                events += self._discard(attempt)
            if decision.action == "next":
                events += skipped_events(choice.skipped)
            number = step.reserve(choice.spec.ref)["attempt"]
            next_ = announce(choice.spec, attempt.spec, failure.info, number, decision.delay, self._chain.now())
            if continues:
                next_["continues"] = True
            events.append(next_)
        return events

    def _finish(self, attempt: Attempt, kind: Kind) -> None:
        """The step ends with what there is. A call that came before a refusal is not to be run."""
        step = self._step
        step.reason = "content_filter" if kind == "content_filter" else "refusal" if kind == "refusal" else "other"
        step.model = attempt.spec.ref
        attempt.assembly.drop_calls()

    def _continues(self, attempt: Attempt, kind: Kind) -> bool:
        """Whether the next model is asked to go on. Only prose can be: a tool call that was cut means nothing."""
        if self._config.on_partial != "continue" or FACTS[kind].scope == "answer":
            return False
        message = attempt.assembly.message()
        return bool(message.text) and not message.tool_calls

    def _discard(self, attempt: Attempt) -> list[Event]:
        self._step.shown = None
        if not attempt.shown:
            return []
        return [discarded(attempt.number, attempt.assembly.chars)]
