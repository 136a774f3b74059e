"""Reports the requests that tools make to models, as `request` events of their call, if the session traces."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from ..transports.traced import TracedTransport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..events import Event, RequestEvent
    from ..transports.base import Transport
    from ..transports.traced import RequestFacts
    from .base import ToolContext

_call: Final[ContextVar[ToolContext | None]] = ContextVar("traced_call", default=None)


@runtime_checkable
class Emitting(Protocol):
    """A `ToolContext` whose call may emit events."""

    def emit(self, *events: Event) -> None: ...


@contextmanager
def tracing(context: ToolContext | None, *, on: bool) -> Iterator[None]:
    """Requests made inside, also by tasks that are begun there, belong to the call of `context`."""
    token = _call.set(context if on else None)
    try:
        yield
    finally:
        _call.reset(token)


def is_traced() -> bool:
    """Whether requests are reported here."""
    return _call.get() is not None


def report_requests(events: Iterable[Event]) -> None:
    """Report the requests among the events of a chain."""
    context = _call.get()
    if context is None or not isinstance(context, Emitting):
        return
    for event in events:
        if event["type"] == "request":
            context.emit({**event, "call_id": context.call_id})


def traced(transport: Transport, model: str, attempt: int) -> Transport:
    """`transport`, whose requests are reported if they are to be."""

    def told(facts: RequestFacts) -> None:
        event: RequestEvent = {"type": "request", "model": model, "attempt": attempt, **facts}  # type: ignore[typeddict-item]  # mypy wants the stamps, too
        report_requests([event])

    return TracedTransport(transport, told) if is_traced() else transport
