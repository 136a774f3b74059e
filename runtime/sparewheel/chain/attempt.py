"""One attempt as the chain sees it: watched for silence, judged at its end, recorded however it ends."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from ..errors import ErrorInfo, ProviderError
from ..errors.hints import hint_for
from ..providers.attempt import run_attempt
from ..providers.registry import wire_format
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ..config.resolved import ModelSpec
    from ..config.schema import TimeoutsConfig
    from ..errors import SparewheelError
    from ..events import AttemptRecord
    from ..providers.assembly import Assembly, ProviderEvent
    from ..providers.base import ModelRequest
    from ..transports.base import Transport


class Attempt:
    """One request of a turn. `assembly` is there once the model has begun to answer, `error` once it has failed."""

    def __init__(self, spec: ModelSpec, record: AttemptRecord, *, empty_is_fine: bool) -> None:
        self.spec = spec
        self.number = record["attempt"]
        self.record = record
        self.assembly: Assembly | None = None
        self.error: SparewheelError | None = None
        self.with_usage = True  # whether it asked for usage
        self._empty_is_fine = empty_is_fine

    @property
    def shown(self) -> bool:
        """Whether anything of it may have been shown."""
        return self.assembly is not None and self.assembly.streamed

    @property
    def size(self) -> int:
        """Characters of what has been streamed, tool calls included."""
        return self.assembly.size if self.assembly else 0

    async def run(
        self, request: ModelRequest, transport: Transport, limits: TimeoutsConfig, max_bytes: int = 0
    ) -> AsyncGenerator[list[ProviderEvent], None]:
        """Yield the provider's events in batches; afterwards `error` and `record` say how it went.

        An answer that grows past `max_bytes` (0: no limit) is cut off as an error of kind `guardrail`.
        """
        try:
            async with aclosing(self._watched(request, transport, limits)) as batches:
                async for batch in batches:
                    if batch[0].type == "start":
                        self.assembly = batch[0].assembly
                    if batch[-1].type == "error":
                        self.error = batch[-1].error
                    yield batch
                    if 0 < max_bytes < self.size:
                        raise ProviderError(_too_long(max_bytes))
        except ProviderError as error:  # the watchdog's, or ours
            self.error = error
            if self.assembly is not None:
                self.assembly.close_all()
                yield self.assembly.drain()
        if self.error is None:
            self.error = self._judge()
        if self.error is not None:
            self.error.provider, self.error.model = self.spec.provider, self.spec.ref
        _complete(self.record, self.error)

    async def _watched(
        self, request: ModelRequest, transport: Transport, limits: TimeoutsConfig
    ) -> AsyncGenerator[list[ProviderEvent], None]:
        stream = run_attempt(wire_format(self.spec.api), request, transport)
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

    def _judge(self) -> SparewheelError | None:
        """A stream that ended well may still be no answer: a refusal, or nothing at all."""
        assembly = self.assembly
        if assembly is None:
            raise AssertionError("an attempt without an error has streamed at least its start")
        if assembly.reason == "refusal":
            return ProviderError(ErrorInfo("refusal", "The model refused.", hint_for("refusal")))
        if assembly.reason == "content_filter":
            message = "The provider's content filter stopped the answer."
            return ProviderError(ErrorInfo("content_filter", message, hint_for("content_filter")))
        if assembly.empty and assembly.reason != "length" and not self._empty_is_fine:
            return ProviderError(ErrorInfo("empty_output", "The model answered nothing.", hint_for("empty_output")))
        return None


def _too_long(max_bytes: int) -> ErrorInfo:
    hint = "max_response_bytes in the agent file sets the limit."
    return ErrorInfo("guardrail", f"The answer grew past {max_bytes} bytes and was cut off.", hint)


def _complete(record: AttemptRecord, error: SparewheelError | None) -> None:
    """Write down how the attempt ended."""
    if error is None:
        record["outcome"] = "ok"
        return
    info = error.info
    record.update({"outcome": "failed", "kind": info.kind, "code": info.code, "message": info.message})
    if info.hint:
        record["hint"] = info.hint
    if info.status is not None:
        record["status"] = info.status
