"""Asks many prompts side by side. What is kept at any time is in proportion to `parallel`, not to their number."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from .outcome import Outcome

DEFAULT_PARALLEL: Final = 20
MAX_PARALLEL: Final = 1000


async def map_prompts(
    ask: Callable[[Any], Awaitable[Outcome]], prompts: Iterable[Any], parallel: int = DEFAULT_PARALLEL
) -> list[Outcome]:
    """The outcome of each prompt, in the order of the prompts. Raises `ConfigError` like `map_unordered`."""
    found: dict[int, Outcome] = {}
    async with aclosing(map_unordered(ask, enumerate(_several(prompts)), parallel)) as answered:
        async for outcomes in answered:
            found.update(outcomes)
    return [found[index] for index in range(len(found))]


async def map_unordered(
    ask: Callable[[Any], Awaitable[Outcome]], items: Iterable[tuple[Any, Any] | None], parallel: int = DEFAULT_PARALLEL
) -> AsyncGenerator[list[tuple[Any, Outcome]], None]:
    """Ask each `(key, prompt)`; yields lists of `(key, outcome)`: what has been answered since the last list.

    `items` is read as far as needed. If it gives None, it is read again after the next outcome. While the caller
    handles outcomes, at most `parallel` prompts are under way. Closing the generator cancels them, and waits for their
    end.

    Raises:
        ConfigError: `parallel` is no number from 1 to 1000.
    """
    if isinstance(parallel, bool) or not isinstance(parallel, int) or not 1 <= parallel <= MAX_PARALLEL:
        raise ConfigError(f"parallel must be a whole number from 1 to {MAX_PARALLEL}")
    waiting = iter(items)
    running: dict[asyncio.Future[Outcome], Any] = {}
    try:
        while True:
            while len(running) < parallel and (item := next(waiting, None)) is not None:
                running[asyncio.ensure_future(ask(item[1]))] = item[0]
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            yield [(running.pop(task), task.result()) for task in done]
    finally:
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


def _several(prompts: object) -> Iterable[Any]:
    """`prompts` itself. Raises `ConfigError` for one that would be taken for many."""
    if isinstance(prompts, str | bytes | Mapping) or not isinstance(prompts, Iterable):
        raise ConfigError(f"prompts must be several prompts, such as a list of str, not {type(prompts).__name__}")
    return prompts
