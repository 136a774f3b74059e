"""Traces of the sessions of a Python program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..transports.router import network_transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack

    from ..config.specs import ResolvedTeam
    from ..traces.collector import Collector


def collector_in(stack: AsyncExitStack, url: str, team: ResolvedTeam, *, contents: bool) -> Collector:
    """A collector that gets the spans of a session of `team` until `stack` is closed. Raises `ConfigError`."""
    from ..traces.collector import Collector, addresses, collector_url

    collector = Collector(collector_url(url, addresses(team)), network_transport(), _warn(), contents=contents)
    stack.push_async_callback(collector.close)
    return collector


def _warn() -> Callable[[str], object]:
    import logging

    return logging.getLogger("sparewheel").warning
