"""Traces of a run: a file that Perfetto opens, and spans for a collector."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..config.loading import load_agent_file
from ..config.resolved import resolve_team
from ..errors import ConfigError
from ..traces.collector import Collector, addresses, collector_url
from ..transports.router import network_transport
from .notes import note
from .trace_file import TraceFile

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping


def add_traces(parser: argparse.ArgumentParser) -> None:
    """Add `--otlp`, `--trace` and `--trace-contents` to a parser."""
    parser.add_argument("--otlp", metavar="URL", help="send spans to this collector, such as http://localhost:4318")
    parser.add_argument("--trace", metavar="FILE", help="write spans for Perfetto or chrome://tracing")
    parser.add_argument("--trace-contents", action="store_true", help="spans with answers, arguments and results")


class Traces:
    """Where the spans of turns go: to a collector, to a file, to both or nowhere."""

    def __init__(self, collector: Collector | None, file: TraceFile | None) -> None:
        self._targets = [target for target in (collector, file) if target is not None]
        self._collector = collector

    async def flush(self) -> None:
        """Send now what waits for the collector."""
        if self._collector is not None:
            await self._collector.flush()

    def listener(self) -> Callable[[Iterable[Mapping[str, Any]]], None] | None:
        """Takes the events of one session, as they come. None: there is nothing to trace."""
        listeners = [target.listener() for target in self._targets]

        def see(events: Iterable[Mapping[str, Any]]) -> None:
            for listener in listeners:
                listener(events)

        return see if listeners else None


@asynccontextmanager
async def traced(otlp: str | None, file: str | None, models: set[str], *, contents: bool) -> AsyncIterator[Traces]:
    """Traces of everything that runs in the block.

    Raises:
        ConfigError: `otlp` is no address of a collector, or the file cannot be written.
    """
    collector = None if otlp is None else collector_url(otlp, models)
    trace = None if file is None else TraceFile(file, contents=contents)
    sender = None if collector is None else Collector(collector, network_transport(), note, contents=contents)
    try:
        yield Traces(sender, trace)
    finally:
        if trace is not None:
            trace.close()
        if sender is not None:
            await sender.close()


def model_addresses(yaml: str | None, agent_name: str | None, env: Mapping[str, str]) -> set[str]:
    """The addresses of the models of an agent file; none of one that cannot run, which its session reports."""
    if yaml is None:
        return set()
    try:
        return addresses(resolve_team(load_agent_file(yaml), agent_name, env, needs_key=False))
    except ConfigError:
        return set()
