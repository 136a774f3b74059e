"""Traces: of the logs that a page has, and of all turns for a collector that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..transports.router import network_transport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..config.specs import ResolvedTeam
    from ..events import Event
    from ..page.commands import TraceLog, TraceTo
    from ..page.writer import Writer
    from ..traces.collector import Collector
    from .opened import Opened


class Tracing:
    """Sends the spans of every session's turns to a collector, once the page has named one."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._url = ""
        self._collector: Collector | None = None
        self._warning = ""  # for the next turn

    @property
    def handlers(self) -> dict[str, Callable[[Any], Awaitable[Any]]]:
        """Of commands."""
        return {"trace_log": trace_log, "trace_to": self.trace_to}

    async def trace_to(self, params: TraceTo) -> None:
        """The command: send spans there. Raises `ConfigError` if it is no address of a collector."""
        from ..traces.collector import Collector, collector_url  # few pages have one

        self._url = collector_url(params.url)
        # Not the session's transport: a recording does not have these requests, and a page's `fetch` gets none of them.
        self._collector = Collector(self._url, network_transport(), self._warn, contents=params.contents)

    def check(self, team: ResolvedTeam) -> None:
        """Raises `ConfigError` if a model of the team is asked where spans are sent."""
        if self._collector is not None:
            from ..traces.collector import addresses, collector_url

            collector_url(self._url, addresses(team))

    def watch(self, opened: Opened) -> None:
        """Trace the turns of a session."""
        if self._collector is None:
            return
        see = self._collector.listener()

        def watch(batch: list[Event]) -> None:
            if self._warning and batch[0]["type"] == "start":
                opened.session.runner.warnings.append(self._warning)  # which the turn reports next
                self._warning = ""
            see(self._writer.copy({"events": batch})["events"])  # without secrets, as what the page gets

        opened.watch = watch

    def _warn(self, text: str) -> None:
        self._warning = text


async def trace_log(params: TraceLog) -> dict[str, Any]:
    """The command: the spans of a log as a document. Raises `ConfigError` for what is no log."""
    from ..traces.chrome import to_chrome
    from ..traces.fold import spans_of
    from ..traces.otlp import to_otlp

    try:
        log = [(int(ms * 1_000_000), event) for ms, event in params.log]
        spans = spans_of(log, contents=params.contents)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigError(f"log: an event is not as expected ({type(error).__name__}: {error})"[:300]) from None
    return to_chrome(spans) if params.format == "chrome" else to_otlp(spans)
