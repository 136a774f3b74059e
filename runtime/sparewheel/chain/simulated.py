"""Attempts that fail because a page wants to see what then happens ("what if"), as the chain sees a real failure.

Most failures need no request. A stream that breaks off or falls silent is a real one until a part of it was shown.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..errors import ErrorInfo, ProviderError, TransportError
from ..errors.hints import hint_for, vendor_of
from ..transports.local import LocalResponse
from .attempt import Attempt
from .offline import OFFLINE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from ..config.schema import TimeoutsConfig
    from ..config.specs import ModelSpec
    from ..errors import Fault, SparewheelError
    from ..events import Event
    from ..transports.base import HttpRequest, HttpResponse, Transport

PATIENCE: Final = 2.0
"""Seconds after which a model that says nothing is given up, instead of those of the agent file."""
SHOWN: Final = 40
"""Characters of an answer after which it breaks off."""
_PIECE: Final = 64  # bytes that are read at a time until then

_BREAK_OFF: Final = ("stream_truncated", "timeout_idle")
_LIMITS: Final = ("connect", "first_content", "idle")
_STATUS: Final = {
    "rate_limit": 429,
    "quota": 429,
    "overloaded": 529,
    "server_error": 500,
    "auth": 401,
    "permission": 403,
    "model_not_found": 404,
    "invalid_request": 400,
    "unsupported": 400,
    "context_overflow": 400,
}


class SimulatedAttempt(Attempt):
    """`attempt`, which has not started, but it fails with `fault`, whatever the model does."""

    simulated = True

    def __init__(self, attempt: Attempt, fault: Fault) -> None:
        super().__init__(attempt.request, attempt.record, empty_is_fine=attempt.empty_is_fine)
        self.request = replace(self.request, spec=replace(self.spec, resume=False))  # nothing goes on in the background
        self._fault = fault
        self.record["simulated"] = True

    def run(
        self, transport: Transport, limits: TimeoutsConfig, max_bytes: int = 0
    ) -> AsyncGenerator[list[Event], None]:
        changed = {name: min(getattr(limits, name) or PATIENCE, PATIENCE) for name in _LIMITS}
        if self._fault in _BREAK_OFF:  # until then the request is a real one
            changed = {"idle": changed["idle"]}
        return super().run(_Faulty(transport, self, self._fault), limits.model_copy(update=changed), max_bytes)

    def _judge(self) -> SparewheelError:
        """The answer has ended before it could break off."""
        return _failure(self._fault, self.spec)

    @property
    def has_shown_enough(self) -> bool:
        message = self.assembly.message()
        return len(message.text) + len(message.reasoning) >= SHOWN


class _Faulty:
    """A transport whose responses are as bad as the fault asks for."""

    def __init__(self, transport: Transport, attempt: SimulatedAttempt, fault: Fault) -> None:
        self._transport = transport
        self._attempt = attempt
        self._fault = fault

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        if self._fault == "timeout_connect":
            await _silence()
        elif self._fault == "timeout_first_content":
            yield LocalResponse(body=_silent())
        elif self._fault in _BREAK_OFF:
            async with self._transport.stream(request) as response:
                yield LocalResponse(response.status, response.headers, self._body(response), response.url)
        else:
            raise _failure(self._fault, self._attempt.spec)

    async def _body(self, response: HttpResponse) -> AsyncGenerator[bytes, None]:
        async with aclosing(response.chunks()) as chunks:
            async for chunk in chunks:
                for start in range(0, len(chunk), _PIECE):
                    yield chunk[start : start + _PIECE]
                    if response.status < 300 and self._attempt.has_shown_enough:
                        if self._fault == "timeout_idle":
                            await _silence()
                        raise _failure(self._fault, self._attempt.spec)


async def _silent() -> AsyncGenerator[bytes, None]:
    await _silence()
    yield b""


async def _silence() -> None:
    await asyncio.get_running_loop().create_future()


def _failure(fault: Fault, spec: ModelSpec) -> SparewheelError:
    if fault == "offline":
        return TransportError(OFFLINE)
    what = "the answer was cut" if fault in _BREAK_OFF else "no request was sent"
    hint = hint_for(fault, vendor_of(spec.provider, spec.base_url), url=spec.base_url, key_name=spec.key_name)
    info = ErrorInfo(fault, f"A simulated failure ({fault}): {what}.", hint, status=_STATUS.get(fault))
    return ProviderError(info) if fault in _STATUS else TransportError(info)
