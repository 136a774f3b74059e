"""The chain: asks one model after the other until one has answered in full.

One code path for what fails before a stream and in the middle of it: the attempt ends with an error, `policy.decide`
says what to do, the events say what was decided, and the next attempt starts over.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..errors import ErrorInfo, ProviderError
from ..providers.attempt import run_attempt
from ..providers.base import ModelRequest
from ..providers.registry import wire_format
from ..usage import Usage
from .policy import Decision, Failure, decide
from .projection import project
from .report import announce, complete, exhausted, turn_failed, usage_event
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from ..config.resolved import ModelSpec, ResolvedAgent
    from ..errors import SparewheelError
    from ..events import AttemptRecord, Event
    from ..messages import Message
    from ..providers.assembly import Assembly
    from ..providers.base import ProviderEvent, StopReason, ToolSpec
    from ..transports.base import Transport


@dataclass(slots=True)
class Step:
    """One question to the chain: what goes in, and what has come out of it so far."""

    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    after_tools: bool = False  # an empty answer to tool results is an answer
    records: list[AttemptRecord] = field(default_factory=list)  # of the whole turn: its length numbers the attempts
    usage: Usage = field(default_factory=Usage)  # of all attempts, the void ones included
    assembly: Assembly | None = None  # of the attempt whose output is shown
    reason: StopReason | None = None  # set when a model has answered
    model: str = ""

    def close(self) -> list[Event]:
        """The events that close the blocks which a stop has left open."""
        if self.assembly is None:
            return []
        self.assembly.close_all()
        return project(self.assembly.drain(), len(self.records))


@dataclass(slots=True)
class _Attempt:
    spec: ModelSpec
    number: int
    assembly: Assembly | None = None
    error: SparewheelError | None = None


class Chain:
    """The models of one agent, in order. Holds no state between steps.

    `random` gives floats in [0, 1) for the jitter; `now` the wall clock, for `retrying_at`.
    """

    def __init__(
        self,
        agent: ResolvedAgent,
        transport: Transport,
        *,
        random: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._agent = agent
        self._transport = transport
        self._random = random
        self._now = now

    async def run(self, step: Step) -> AsyncGenerator[list[Event], None]:
        """Yield the events of one step; when it returns, `step` holds the answer.

        Raises `TurnFailed` when no model is left, after `exhausted`.
        """
        models = self._agent.chain
        position = failures = 0
        while True:
            attempt = _Attempt(models[position], len(step.records) + 1)
            async with aclosing(self._attempt(attempt, step)) as batches:
                async for batch in batches:
                    yield batch
            error = attempt.error
            if error is None:
                yield _usage(attempt, discarded=False)
                return
            failures += 1
            follower = models[position + 1] if position + 1 < len(models) else None
            failure = Failure(error.info, attempt.spec, failures, follower, position + 1)
            decision = self._decide(failure, attempt)
            yield self._after(attempt, decision, failure, step)
            if decision.action == "finish":
                return
            if decision.action == "fail":
                raise turn_failed(error, step.records)
            if decision.action == "next":
                position, failures = position + 1, 0
            await asyncio.sleep(decision.delay)

    async def _attempt(self, attempt: _Attempt, step: Step) -> AsyncGenerator[list[Event], None]:
        """Run one attempt and record it, however it ends. Sets `attempt.error` if it failed."""
        spec = attempt.spec
        record: AttemptRecord = {"attempt": attempt.number, "model": spec.ref, "outcome": "aborted"}
        step.records.append(record)
        step.assembly = None
        try:
            async with aclosing(self._watched(attempt, step)) as batches:
                async for batch in batches:
                    if batch[0].type == "start":
                        attempt.assembly = step.assembly = batch[0].assembly
                    if events := project(batch, attempt.number):
                        yield events
                    last = batch[-1]
                    if last.type == "error":
                        attempt.error = last.error
            if attempt.error is None:
                attempt.error = _judge(attempt, step)
        except ProviderError as silence:  # from the watchdog
            silence.provider, silence.model = spec.provider, spec.ref
            attempt.error = silence
            if events := step.close():
                yield events
        finally:
            if attempt.assembly is not None:
                step.usage += attempt.assembly.usage
        complete(record, attempt.error)
        if attempt.error is None and attempt.assembly is not None:
            step.reason, step.model = attempt.assembly.reason or "other", spec.ref

    async def _watched(self, attempt: _Attempt, step: Step) -> AsyncGenerator[list[ProviderEvent], None]:
        limits = self._agent.timeouts
        request = ModelRequest(attempt.spec, step.messages, step.tools)
        stream = run_attempt(wire_format(attempt.spec.api), request, self._transport)
        async with Watchdog() as dog, aclosing(stream) as batches:
            dog.expect("timeout_connect", limits.connect)
            waiting_for_content = False
            while True:
                try:
                    batch = await dog.next(batches)
                except StopAsyncIteration:
                    return
                if batch[0].type == "start":
                    dog.expect("timeout_first_content", limits.first_content)
                    waiting_for_content = True
                elif waiting_for_content:
                    dog.expect("timeout_idle", limits.idle)
                    waiting_for_content = False
                else:
                    dog.fed()
                yield batch

    def _decide(self, failure: Failure, attempt: _Attempt) -> Decision:
        shown = attempt.assembly is not None and attempt.assembly.streamed
        if shown and self._agent.fallback.on_partial == "keep":
            return Decision("fail")
        return decide(failure, self._agent.fallback, self._random)

    def _after(self, attempt: _Attempt, decision: Decision, failure: Failure, step: Step) -> list[Event]:
        """What a failed attempt leaves to say: its usage, that it is void, and what comes next."""
        goes_on = decision.action in ("retry", "next")
        events = _usage(attempt, discarded=goes_on)
        if decision.action == "finish":
            step.reason = "content_filter" if failure.info.kind == "content_filter" else "refusal"
            step.model = attempt.spec.ref
        elif decision.action == "fail":
            events.append(exhausted(failure.info, step.records))
        else:
            if attempt.assembly is not None and attempt.assembly.streamed:
                events.append({"type": "discard", "attempt": attempt.number, "chars": attempt.assembly.chars})
                step.assembly = None
            events.append(announce(decision, failure, attempt.number + 1, self._now()))
        return events


def _judge(attempt: _Attempt, step: Step) -> SparewheelError | None:
    """A stream that ended well may still be no answer: a refusal, or nothing at all."""
    assembly = attempt.assembly
    if assembly is None:
        raise AssertionError("an attempt without an error has streamed at least its start")
    reason = assembly.reason
    info = None
    if reason in ("refusal", "content_filter"):
        message = "The model refused." if reason == "refusal" else "The provider's content filter stopped the answer."
        info = ErrorInfo(reason, message, "Another model may answer; otherwise rephrase the request.")
    elif assembly.empty and reason != "length" and not step.after_tools:
        info = ErrorInfo(
            "empty_output", "The model answered nothing.", "Trying again, or another model, usually helps."
        )
    if info is None:
        return None
    return ProviderError(info, provider=attempt.spec.provider, model=attempt.spec.ref)


def _usage(attempt: _Attempt, *, discarded: bool) -> list[Event]:
    """Nothing for an attempt that never streamed: it was not counted."""
    if attempt.assembly is None:
        return []
    return [usage_event(attempt.assembly, attempt.number, discarded=discarded)]
