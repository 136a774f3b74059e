"""Hooks that are functions of the page. Each run is a host call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from ..errors import ConfigError
from ..hooks.engine import Hook, Point

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..hooks.engine import Output
    from .calls import HostCalls
    from .protocol import HookRequest


_NOT_RUN: Final = {"notification": "the events error and warning say the same to the page"}


def page_hooks(described: object, calls: HostCalls, session: str) -> list[Hook]:
    """`described` is what the shim made of `createSession({hooks})`. Raises `ConfigError` for a point that is none."""
    if not isinstance(described, list):
        raise ConfigError("hooks must be an object of functions")
    hooks: list[Hook] = []
    for item in described:
        match item:
            case {"event": str(event), "index": int(index), **rest} if event in get_args(Point):
                point: Point = event  # type: ignore[assignment]  # one of the literal's own members
                matcher, name = str(rest.get("matcher") or "*"), f"number {index + 1} of the page"
                hooks.append(Hook(point, _asking(calls, session, event, index), matcher, name))
            case {"event": str(event)} if event in _NOT_RUN:
                raise ConfigError(f"hooks.{event} is not run here: {_NOT_RUN[event]}")
            case _:
                known = ", ".join(get_args(Point))
                raise ConfigError(f"hooks: {item!r} is no point of a turn"[:200], f"There are: {known}.")
    return hooks


def _asking(calls: HostCalls, session: str, event: str, index: int) -> Callable[[dict[str, Any]], Awaitable[Output]]:
    async def run(facts: dict[str, Any]) -> Output:
        request: HookRequest = {"event": event, "index": index, "input": facts}
        output: Output = await calls.ask("hook", request, session=session)
        return output

    return run
