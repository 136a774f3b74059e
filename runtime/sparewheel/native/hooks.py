"""Hooks that are functions of the program."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

from ..errors import ConfigError
from ..hooks.engine import Hook, Point

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ..hooks.engine import Output


def function_hooks(hooks: Mapping[str, Any]) -> list[Hook]:
    """The hooks of `open_agent(hooks=…)`: by point, a function, `{"matcher": REGEX, "hook": FUNCTION}`, or a list.

    Raises:
        ConfigError: a point is unknown, or an entry has another shape.
    """
    return [hook for point, entries in hooks.items() for hook in _hooks_at(point, entries)]


def _hooks_at(point: str, entries: object) -> Iterator[Hook]:
    if point not in get_args(Point):
        raise ConfigError(f"hooks: {point!r} is no point of a turn"[:200], f"There are: {', '.join(get_args(Point))}.")
    for number, entry in enumerate(entries if isinstance(entries, Sequence) else [entries], 1):
        spec = entry if isinstance(entry, Mapping) else {"hook": entry}
        function, matcher = spec.get("hook"), spec.get("matcher", "*")
        if not callable(function) or not isinstance(matcher, str) or set(spec) - {"hook", "matcher"}:
            raise ConfigError(f'hooks: {point} must be functions, or {{"matcher": REGEX, "hook": FUNCTION}}')
        name = getattr(function, "__name__", f"number {number}")
        yield Hook(cast("Point", point), _asynchronous(function), matcher, name)


def _asynchronous(function: Callable[..., Any]) -> Callable[[dict[str, Any]], Awaitable[Output]]:
    async def run(facts: dict[str, Any]) -> Output:
        output = function(facts)
        answer: Output = await output if inspect.isawaitable(output) else output
        return answer

    return run
