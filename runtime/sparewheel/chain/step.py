"""One question on its way along a chain: one model after the other is asked until one has answered completely.

An attempt ends by returning or by raising an error, before its stream or in the middle of it. After an error
`policy.decide` chooses what to do, events report the choice, and the next attempt starts over, or continues the text
where the agent file asks for that.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from ..errors import FACTS, SparewheelError
from ..usage import Usage
from .attempt import Attempt
from .compaction import compact, dropped
from .failures import Failures
from .hedge import Race, Racer
from .hidden_media import refuses_media
from .offline import OFFLINE, OFFLINE_LIMIT, is_offline, waiting
from .output import Output
from .plan import Choice, Plan
from .policy import Decision, Failure, continues, decide, keeps_partial, refuses_usage
from .question import request_for
from .report import announce, exhausted, hedged, none_left, resting, skipped_events, turn_failed, usage_events
from .running import Running
from .special import special

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..errors import ErrorInfo
    from ..events import AttemptRecord, Event
    from ..messages import Message
    from ..providers.endings import StopReason
    from .background import ResumeState
    from .chain import Chain
    from .log import AttemptLog
    from .question import Question


class Step:
    """Asks `question`; nothing is sent before `events` are iterated, once. The rest describes what has come so far."""

    def __init__(self, chain: Chain, question: Question, log: AttemptLog) -> None:
        self.model = ""  # `provider/model` that has answered
        self.reason: StopReason = "other"  # for which it stopped
        self._chain = chain
        self._config = chain.agent.fallback
        self._health = chain.health
        self._question = question
        self._messages = question.messages  # fewer after a compaction
        self._log = log
        self._records: list[AttemptRecord] = []  # of this step
        self._failures = Failures(chain, self._config.cooldown, question.what_if)
        self._plan = Plan(chain.agent.chain, self._failures.status, self._config.retry_after_max)
        self._output = Output()
        self._running = Running(chain.health)
        self._primary_skipped = False  # it was not healthy when the step began
        self._compacted = False
        self._has_waited = False  # for the network, in vain

    async def events(self) -> AsyncGenerator[list[Event], None]:
        """Ask, and yield what happens in batches, none of them empty.

        Raises `TurnFailed`, after an `exhausted` event, when no model is left.
        """
        choice = self._plan.begin(self._question.reattach, self._question.wanted)
        if choice is None:
            skipped = self._plan.resting()
            nothing = none_left(skipped)
            yield [*skipped_events(skipped), exhausted(nothing.info, [])]
            raise nothing
        self._primary_skipped = choice.spec is not self._chain.primary
        if events := self._opening(choice):
            yield events
            await self._health.wait(choice.wait, "circuit_breaker")
        while True:
            if not self._has_waited and is_offline(self._health, choice.spec):
                yield [waiting(choice.spec)]
                self._has_waited = not await self._health.back_online(OFFLINE_LIMIT)
            race = Race(self._start(choice), self._patience, self._hedge, self._lost)
            failed: SparewheelError | None = None
            try:
                async with aclosing(race.batches()) as batches:
                    async for batch in batches:
                        self._output.shown = race.shown
                        yield batch
            except SparewheelError as error:
                failed = error
            finally:
                self._running.settle(*self._running.attempts)
            attempt = race.winner
            if failed is None:
                yield self._answered(attempt)
                return
            # The winner of a race is the one that is asked again.
            choice = choice if attempt.spec is choice.spec else Choice(attempt.spec, 0)
            if changed := self._ask_again(attempt, failed, choice):
                yield changed
                continue
            failure = self._failure(attempt, failed, choice)
            decision = self._decide(failure)
            if decision.action == "next":
                choice = self._plan.take() or choice
            yield self._after(attempt, decision, failure, choice)
            if decision.action == "finish":
                return
            if decision.action == "fail":
                raise turn_failed(failed, self._records)
            await self._health.wait(decision.delay, failure.info.kind)

    # What has come so far ---------------------------------------------------------------------------------------

    def answer(self) -> Message:
        """The message up to now, without anything that was discarded."""
        return self._output.message(self.model)

    @property
    def usage(self) -> Usage:
        """Tokens of all attempts, discarded ones included."""
        return self._running.usage

    @property
    def cost(self) -> float:
        """US dollars, of the attempts whose price is known."""
        return self._running.cost

    @property
    def resume_state(self) -> ResumeState | None:
        """With which another step can take up the answer (`Question.reattach`); None if there is nothing to take up."""
        return self._running.resume_state

    @property
    def answer_usage(self) -> Usage:
        """Tokens of the attempt whose output counts."""
        return self._output.shown.usage if self._output.shown else Usage()

    @property
    def attempt(self) -> int | None:
        """The number of the attempt whose output counts; None before there is one."""
        return self._output.shown.number if self._output.shown else None

    def retract(self) -> list[Event]:
        """Discard everything; the events that say so."""
        return self._output.retract()

    def close(self) -> list[Event]:
        """End the blocks that are open when the step is stopped. The answer then has only complete tool calls."""
        return self._output.close()

    # Asking -----------------------------------------------------------------------------------------------------

    @property
    def _patience(self) -> float | None:
        """Seconds after which another model is asked as well; None without another."""
        after = self._config.hedge_after
        return after if after is not None and self._plan.peek() is not None else None

    def _start(self, choice: Choice) -> Racer:
        question, spec = self._question, choice.spec
        kept = "".join(kept.text for kept in self._output.kept)
        request = request_for(question, spec, self._messages, kept, self._health)
        record = self._log.take(spec.ref)
        plain = Attempt(request, record, empty_is_fine=question.after_tools or bool(kept))
        attempt = special(plain, question, self._chain, None if self._records else question.reattach)
        self._records.append(record)
        self._running.add(attempt, probe=choice.probe)
        transport = attempt.traced(self._chain.transport) if self._chain.trace else self._chain.transport
        batches = attempt.run(transport, self._chain.agent.timeouts, question.max_bytes)
        return Racer(attempt, batches)

    def _hedge(self, waiting: Attempt) -> tuple[Racer, list[Event]] | None:
        """Start the next model beside the one that has shown nothing yet, if it is healthy."""
        choice = self._plan.peek()
        if choice is None or choice.status is not None:
            return None
        self._plan.take()
        racer = self._start(choice)
        events: list[Event] = [*skipped_events(choice.skipped)]
        return racer, [*events, hedged(waiting, racer.attempt, self._config.hedge_after or 0)]

    def _lost(self, loser: Attempt, error: SparewheelError | None, winner: Attempt) -> list[Event]:
        """Another attempt of the race continues alone: the loser failed, or was cancelled."""
        self._running.settle(loser)
        events: list[Event] = [*usage_events(loser, discarded=True)]
        if error is not None:
            self._failures.count(loser, error)
            events.append(announce(winner.spec, loser.spec, error.info, winner.number, 0, self._chain.now()))
        return events

    # Judging ----------------------------------------------------------------------------------------------------

    def _opening(self, choice: Choice) -> list[Event]:
        """Events before the first attempt, where it is not simply the primary's."""
        primary = self._chain.primary
        events: list[Event] = [*skipped_events(choice.skipped)]
        status = choice.skipped[0][1] if choice.skipped else choice.status
        if status is not None and (choice.spec is not primary or choice.wait):
            reason = resting(primary, status)
            number = self._log.reserve(choice.spec.ref)
            events.append(announce(choice.spec, primary, reason, number, choice.wait, self._chain.now()))
        return events

    def _answered(self, attempt: Attempt) -> list[Event]:
        spec, primary = attempt.spec, self._chain.primary
        self._failures.settle(spec)
        self.model, self.reason = spec.ref, attempt.assembly.reason or "other"
        self._output.shown = attempt
        events: list[Event] = []
        if spec is not primary:
            if self._primary_skipped or primary.ref in self._failures:
                self._health.mark_substituted(primary)
        elif self._health.take_recovered(primary):
            events.append({"type": "recovered", "model": spec.ref})
        return [*events, *usage_events(attempt, discarded=False)]

    def _ask_again(self, attempt: Attempt, failed: SparewheelError, choice: Choice) -> list[Event]:
        """Events before the same model is asked again, if the failure is one that does not count."""
        if is_offline(self._health, attempt.spec) and FACTS[failed.info.kind].scope == "network":
            failed.info = OFFLINE
            attempt.record.update({"kind": OFFLINE.kind, "code": OFFLINE.code, "message": OFFLINE.message})
            if not (self._has_waited or keeps_partial(self._config, OFFLINE.kind, shown=attempt.shown)):
                failure = Failure(OFFLINE, attempt.spec, 0, self._plan.peek(), shown=attempt.shown)
                return self._after(attempt, Decision("retry"), failure, choice)
        return self._compact(attempt, failed.info) or self._without(attempt, failed.info)

    def _decide(self, failure: Failure) -> Decision:
        decision = decide(failure, self._config, self._chain.random)
        if decision.action == "retry" and failure.info is OFFLINE:
            return Decision("next" if failure.upcoming else "fail")
        return decision

    def _failure(self, attempt: Attempt, error: SparewheelError, choice: Choice) -> Failure:
        count = self._failures.count(attempt, error)
        if error.info.kind == "context_overflow" and (limit := attempt.spec.context_limit):
            self._plan.keep_only(lambda spec: spec.context_limit is None or spec.context_limit > limit)
        return Failure(error.info, attempt.spec, count, self._plan.peek(), choice.probe, attempt.shown)

    def _compact(self, attempt: Attempt, info: ErrorInfo) -> list[Event]:
        """After the first overflow of a step, make the conversation shorter and ask the same model again."""
        kind, spec = info.kind, attempt.spec
        if kind != "context_overflow" or kind in self._config.actions or self._compacted:
            return []
        if keeps_partial(self._config, kind, shown=attempt.shown):
            return []
        self._compacted = True
        shorter = compact(self._messages)
        if shorter is None:
            return []
        gone = dropped(self._messages, shorter)
        self._messages = shorter
        number = self._log.reserve(spec.ref)
        event: Event = {"type": "compacted", "model": spec.ref, "attempt": number, "dropped": gone}
        return [*usage_events(attempt, discarded=True), *self._output.discard(attempt), event]

    def _without(self, attempt: Attempt, info: ErrorInfo) -> list[Event]:
        """Ask again without what the server refuses, and do not send that again: usage, pictures, an old id."""
        spec, health = attempt.spec, self._health
        if attempt.simulated:
            return []
        if attempt.request.with_usage and refuses_usage(info):
            health.without_usage.add(spec.base_url)
        elif spec.model_id not in health.without_media and refuses_media(info, attempt.request.messages):
            health.without_media.add(spec.model_id)
        elif not attempt.lost:
            return []
        again = announce(spec, spec, info, self._log.reserve(spec.ref), 0, self._chain.now())
        return [*usage_events(attempt, discarded=True), *self._output.discard(attempt), again]

    def _after(self, attempt: Attempt, decision: Decision, failure: Failure, choice: Choice) -> list[Event]:
        """Events after a failed attempt: its usage, whether its text is discarded, and what comes next."""
        info = failure.info
        again = decision.action in ("retry", "next")
        kept = again and continues(self._config, info.kind, attempt.assembly.message())
        events: list[Event] = [*usage_events(attempt, discarded=again and not kept)]
        self._output.shown = attempt
        if decision.action == "finish":  # with the output there is; a tool call before a refusal is not executed
            self.model, kind = attempt.spec.ref, info.kind
            self.reason = "content_filter" if kind == "content_filter" else "refusal" if kind == "refusal" else "other"
            attempt.assembly.drop_calls()
        elif decision.action == "fail":
            events.append(exhausted(info, self._records))
        else:
            if kept:
                self._output.keep(attempt)
            else:
                events += self._output.discard(attempt)
            if decision.action == "next":
                events += skipped_events(choice.skipped)
            number = self._log.reserve(choice.spec.ref)
            next_ = announce(choice.spec, attempt.spec, info, number, decision.delay, self._chain.now())
            if kept:
                next_["continues"] = True
            events.append(next_)
        return events
