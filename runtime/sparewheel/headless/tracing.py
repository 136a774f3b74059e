"""Traces of a run: a file that Perfetto opens, and spans for a collector."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.loading import load_agent_file
from ..config.resolved import resolve_team
from ..errors import ConfigError
from ..traces.chrome import to_chrome
from ..traces.collector import Collector, addresses, collector_url
from ..traces.fold import Fold
from ..traces.spans import Span
from ..transports.router import network_transport
from .notes import note

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Mapping


def add_traces(parser: argparse.ArgumentParser) -> None:
    """Add `--otlp`, `--trace` and `--trace-contents` to a parser."""
    parser.add_argument("--otlp", metavar="URL", help="send spans to this collector, such as http://localhost:4318")
    parser.add_argument("--trace", metavar="FILE", help="write spans for Perfetto or chrome://tracing")
    parser.add_argument("--trace-contents", action="store_true", help="spans with answers, arguments and results")


@asynccontextmanager
async def traced(
    otlp: str | None, file: str | None, models: set[str], *, contents: bool
) -> AsyncIterator[Callable[[Mapping[str, Any]], None]]:
    """Gives a function that takes the events of a session as they come.

    Raises:
        ConfigError: `otlp` is no address of a collector, or the file cannot be written.
    """
    collector = otlp and Collector(collector_url(otlp, models), network_transport(), note, contents=contents)
    see_all = collector.listener() if collector else None
    fold, spans = Fold(contents=contents), list[Span]()
    if file is not None:
        _write(file, spans)  # an error about the file comes before the turn

    def see(event: Mapping[str, Any]) -> None:
        if see_all is not None:
            see_all([event])
        if file is not None:
            spans.extend(fold.push(time.time_ns(), event))

    try:
        yield see
    finally:
        if file is not None:
            _write(file, [*spans, *fold.rest(time.time_ns())])
        if collector:
            await collector.close()


def _write(file: str, spans: list[Span]) -> None:
    try:
        Path(file).write_text(json.dumps(to_chrome(spans)), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None


def model_addresses(yaml: str | None, agent_name: str | None, env: Mapping[str, str]) -> set[str]:
    """The addresses of the models of an agent file; none of one that cannot run, which its session reports."""
    if yaml is None:
        return set()
    try:
        return addresses(resolve_team(load_agent_file(yaml), agent_name, env, needs_key=False))
    except ConfigError:
        return set()
