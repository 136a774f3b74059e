"""Hooks that are functions of the page. Each run is a host call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from ..errors import ConfigError
from ..hooks.engine import Hook, Point
from ..jsontext import first_inexact
from ..patterns import MAX_MATCHERS, size

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ..hooks.engine import Output
    from .call_messages import HookRequest
    from .calls import HostCalls
    from .options import HookSpec

_NOT_RUN: Final = {"notification": "the events error and warning tell the page the same"}


def page_hooks(specs: Iterable[HookSpec], calls: HostCalls, session: str) -> list[Hook]:
    """The embedder's hooks of one session. Raises `ConfigError` if one is for an unknown point of a turn."""
    specs = list(specs)
    if sum(map(_size, {spec.matcher or "" for spec in specs})) > MAX_MATCHERS:
        raise ConfigError("options.hooks: the matchers are too large together", "Use fewer, or simpler ones.")
    return [_hook(spec, calls, session) for spec in specs]


def _hook(spec: HookSpec, calls: HostCalls, session: str) -> Hook:
    if spec.event in _NOT_RUN:
        raise ConfigError(f"hooks.{spec.event} is not run here: {_NOT_RUN[spec.event]}")
    if spec.event not in get_args(Point):
        known = ", ".join(get_args(Point))
        raise ConfigError(f'hooks: "{spec.event}" is not a point of a turn'[:200], f"The points are {known}.")
    point: Point = spec.event  # type: ignore[assignment]  # one of the literal's own members
    run = _calling(calls, session, spec.event, spec.index)
    return Hook(point, run, spec.matcher or "*", f"number {spec.index + 1} of the page")


def _size(matcher: str) -> int:
    try:
        return size(matcher)
    except ValueError:  # it is not compiled: it matches every tool
        return 0


def _calling(calls: HostCalls, session: str, event: str, index: int) -> Callable[[dict[str, Any]], Awaitable[Output]]:
    async def run(facts: dict[str, Any]) -> Output:
        if (number := first_inexact(facts)) is not None:
            raise ValueError(f"JavaScript would round {number}; such a number can be passed as text"[:300])
        request: HookRequest = {"event": event, "index": index, "input": facts}
        output: Output = await calls.ask("hook", request, session=session)
        return output

    return run
