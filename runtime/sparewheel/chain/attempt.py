"""One attempt: a single HTTP request to a model, with its time limits, its events and its record."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError, SparewheelError
from ..errors.hints import hint_for
from ..providers.assembly import Assembly
from ..providers.reader import BodyReader, explain, http_error, late_usage
from ..providers.registry import wire_format
from ..transports.traced import TracedTransport
from .runaway import Runaway
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ..config.schema import TimeoutsConfig
    from ..events import AttemptRecord, Event, RequestEvent
    from ..providers.base import ModelRequest
    from ..transports.base import HttpRequest, Transport
    from ..transports.traced import RequestFacts
    from ..usage import Usage
    from .background import ResumeState


MAX_PAUSES: Final = 10
"""How many times a server that pauses its answer is asked to go on."""


class Attempt:
    """One request of a turn, and those that let a server go on which has paused its answer.

    `assembly` holds what it has streamed, `record` how it ended.

    `empty_is_fine`: an answer with neither text nor a tool call is an answer. `simulated`: its failure was asked for.
    """

    simulated = False

    def __init__(self, request: ModelRequest, record: AttemptRecord, *, empty_is_fine: bool) -> None:
        self.request = request
        self.spec = request.spec
        self.number = record["attempt"]
        self.record = record
        self.assembly = Assembly(self.spec.ref, self.number)
        self._asked = 0.0  # when the last request was sent, of the event loop
        self._pauses = 0  # of the server, after each of which it was asked to go on
        self.answering = False  # the headers of a 2xx response have arrived
        self.empty_is_fine = empty_is_fine

    @property
    def shown(self) -> bool:
        """Whether the page may show anything of it."""
        return self.assembly.streamed

    @property
    def resume_state(self) -> ResumeState | None:
        """With which another attempt can take up the response (`Question.reattach`); None if that is not possible."""
        return None

    @property
    def lost(self) -> bool:
        """Whether it was to take up a response that is gone, and did not ask the model."""
        return False

    @property
    def usage(self) -> Usage:
        return self.assembly.usage

    @property
    def cost(self) -> float | None:
        """US dollars; None if the price or the number of tokens is unknown."""
        usage, price = self.usage, self.spec.price
        if price is None or usage.input_tokens is None or usage.output_tokens is None:
            return None
        cached, written = usage.cached_tokens or 0, usage.written_tokens or 0
        return round(price.cost(usage.input_tokens, usage.output_tokens, cached, written), 6)

    async def run(
        self, transport: Transport, limits: TimeoutsConfig, max_bytes: int = 0
    ) -> AsyncGenerator[list[Event], None]:
        """Yield the events of each network chunk as one list, none of them empty; close every block before the end.

        Raises `SparewheelError`, which names the provider and the model, when the attempt has failed. An answer longer
        than `max_bytes` (0: no limit) fails with kind `response_too_large`. Nothing is retried here.
        """
        failure: SparewheelError | None = None
        runaway = Runaway(self.assembly, max_bytes)
        try:
            async with Watchdog() as dog:
                while True:
                    async with AsyncExitStack() as stack:
                        reader, chunks = await self._connect(transport, limits, dog, stack)
                        if news := [*self.assembly.drain(), *self._opened()]:
                            yield news
                        waiting_for_content = self._expect_content(dog, limits)
                        ended = False
                        while not ended and (chunk := await dog.watch(anext(chunks, None))) is not None:
                            ended = reader.feed(chunk)
                            batch = self.assembly.drain()
                            if not batch:
                                continue  # a comment, a ping: no content
                            if waiting_for_content:
                                waiting_for_content = False
                                dog.expect("timeout_idle", limits.idle)
                            else:
                                dog.fed()
                            yield batch
                            if excess := runaway.excess(batch):
                                raise excess
                        if ended and self.request.with_usage:
                            await late_usage(reader, chunks)
                    reader.finish()
                    if not self._goes_on():
                        break
        except SparewheelError as error:
            if self._can_go_on(error):
                raise
            failure = error
        self.assembly.close_all()
        if batch := self.assembly.drain():
            yield batch
        self._conclude(failure or runaway.excess(batch))

    async def _connect(
        self, transport: Transport, limits: TimeoutsConfig, dog: Watchdog, stack: AsyncExitStack
    ) -> tuple[BodyReader, AsyncGenerator[bytes, None]]:
        """Send the request; a reader for the response, and its chunks. Raises the error of a response that is none."""
        self._asked = asyncio.get_running_loop().time()
        if self._waits_for_content and 0 < limits.first_content < (limits.connect or float("inf")):
            dog.expect("timeout_first_content", limits.first_content)
        else:
            dog.expect("timeout_connect", limits.connect)
        response = await dog.watch(stack.enter_async_context(transport.stream(self._request())))
        if not 200 <= response.status < 300:
            raise await dog.watch(http_error(response, self.spec))
        self.answering = True
        reader = self._reader(partial(explain, spec=self.spec, response=response))
        return reader, await stack.enter_async_context(aclosing(response.chunks()))

    def _expect_content(self, dog: Watchdog, limits: TimeoutsConfig) -> bool:
        """Set the time limit of the first content; return whether that of a new response is still to come."""
        if not self._waits_for_content:
            dog.expect("timeout_idle", limits.idle)
            return False
        dog.expect("timeout_first_content", limits.first_content, since=self._asked)
        return True

    @property
    def _waits_for_content(self) -> bool:
        """Whether the next response begins with its first content, and does not go on with another one."""
        return not self.shown or self._pauses > 0

    def _request(self) -> HttpRequest:
        return wire_format(self.spec.api).request(self.request)

    def _reader(self, told: Callable[[object], ErrorInfo]) -> BodyReader:
        """A reader for the body; `told` classifies an error in it."""
        return BodyReader(wire_format(self.spec.api).decoder(self.assembly, self.spec), self.assembly, told)

    def _goes_on(self) -> bool:
        """Whether the server has paused its answer: the next request lets it go on."""
        paused = self.assembly.paused
        if not paused or self._pauses == MAX_PAUSES:
            return False
        self._pauses += 1
        self.request = replace(self.request, paused=[*self.request.paused, *paused])
        self.assembly.go_on()
        return True

    def traced(self, transport: Transport) -> Transport:
        """`transport`, whose requests are reported as `request` events of this attempt."""

        def told(facts: RequestFacts) -> None:
            event: RequestEvent = {"type": "request", "model": self.spec.ref, "attempt": self.number, **facts}  # type: ignore[typeddict-item]  # mypy wants the stamps, too
            self.assembly.report(event)

        return TracedTransport(transport, told)

    def _opened(self) -> list[Event]:
        """Events before those of the body."""
        return []

    def _can_go_on(self, failure: SparewheelError) -> bool:
        """Whether the attempt is not over after `failure` of its connection. Its blocks then stay open."""
        return False

    def _conclude(self, failure: SparewheelError | None) -> None:
        """Judge the answer unless there was a `failure`, and record how the attempt ended. Raises its error."""
        failure = failure or self._judge()
        self._complete(failure)
        if failure is not None:
            failure.provider, failure.model = self.spec.provider, self.spec.ref
            raise failure

    def _judge(self) -> SparewheelError | None:
        """The error of a stream that is complete but no answer: a refusal, a filtered or an empty one."""
        assembly = self.assembly
        if assembly.reason == "refusal":
            return ProviderError(ErrorInfo("refusal", "The model refused.", hint_for("refusal")))
        if assembly.reason == "content_filter":
            message = "The provider's content filter stopped the answer."
            return ProviderError(ErrorInfo("content_filter", message, hint_for("content_filter")))
        if assembly.empty and assembly.reason != "length" and not self.empty_is_fine:
            return ProviderError(ErrorInfo("empty_output", "The model answered nothing.", hint_for("empty_output")))
        return None

    def _complete(self, error: SparewheelError | None) -> None:
        """Write into the record how the attempt ended."""
        if error is None:
            self.record["outcome"] = "ok"
            return
        info = error.info
        self.record.update({"outcome": "failed", "kind": info.kind, "code": info.code, "message": info.message})
        if info.hint:
            self.record["hint"] = info.hint
        if info.status is not None:
            self.record["status"] = info.status
