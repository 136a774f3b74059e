"""An event loop whose clock is fake: waiting takes no time, and a wait that can never end is an error."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Moves the clock to the next timer instead of blocking."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("deadlock: every task waits, and no timer is set")
        self.now += max(timeout, 0.0)
        return super().select(0)


class FakeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0 seconds and advances only when nothing else is left to do."""

    def __init__(self) -> None:
        self._fake = _Selector()
        super().__init__(self._fake)

    def time(self) -> float:
        return self._fake.now

    def sleep_through(self, seconds: float) -> None:
        """Let the clock jump by `seconds` as in a frozen tab: nothing runs in between."""
        self._fake.now += seconds


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a fake clock; a task left over is an error."""

    async def supervised() -> T:
        result = await main
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left over: {left}"
        return result

    with asyncio.Runner(loop_factory=FakeLoop) as runner:
        return runner.run(supervised())
