"""Asks in this process, with one runtime, which is started again when it ends."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Any, Final

from ...batch import Tally, map_unordered
from ..notes import note, sentence
from .job import RuntimeEnded
from .pace import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from types import TracebackType
    from typing import Self

    from ...batch import Outcome
    from ...batch.files import Id
    from ..tracing import Traces
    from .job import Asker, Job

    Items = Iterator[tuple[Id, Any] | None]
    Answered = AsyncGenerator[list[tuple[Id, Outcome]], None]

MAX_ENDS: Final = 2  # runtimes that end while they ask one prompt alone


class Here:
    """The runtime of a job in this process. To be used with `async with`, by one event loop."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._pace = Pace(job.rpm, job.tpm)
        self._stack = AsyncExitStack()
        self._tracing = AsyncExitStack()
        self._traces: Traces | None = None
        self._asker: Asker | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._stack.aclose()
        finally:
            await self._tracing.aclose()

    async def outcomes(self, items: Items) -> Answered:
        """The outcomes of the items, as `map_unordered`.

        What was under way when the runtime ended is asked again, one prompt after the other: the one at which it ends
        each time fails. Raises `SparewheelError` if the runtime does not start.
        """
        ends: Counter[Id] = Counter()
        again: deque[tuple[Id, Any]] = deque()
        under_way: dict[Id, Any] = {}

        def taken() -> Items:
            for item in items:
                if item is not None:
                    under_way[item[0]] = item[1]
                yield item

        source = taken()
        while True:
            asker = await self.started()
            alone = again.popleft() if again else None
            if alone:
                under_way[alone[0]] = alone[1]
            try:
                mapped = map_unordered(self._ask(asker), iter([alone]) if alone else source, self._job.concurrency)
                async with aclosing(mapped) as answered:
                    async for outcomes in answered:
                        for name, _ in outcomes:
                            del under_way[name]
                        yield outcomes
            except RuntimeEnded as ended:
                note(f"the runtime has ended and is started again: {sentence(ended.error)}")
                if alone:
                    ends[alone[0]] += 1
                    if ends[alone[0]] >= MAX_ENDS:
                        under_way.clear()
                        yield [(alone[0], Tally().failed(ended.error))]
                again += under_way.items()
                under_way.clear()
                continue
            if not alone:
                return

    def share(self, part: float) -> None:
        """Take this part of the job's rate limits from now on."""
        self._pace.share(part)

    async def flush(self) -> None:
        """Send the spans that wait: this process may be ended."""
        if self._traces is not None:
            await self._traces.flush()

    async def started(self) -> Asker:
        """The running runtime, after it was started if need be. Raises `SparewheelError`."""
        async with self._starting:
            if self._asker is not None and self._asker.ended is None:
                return self._asker
            if self._traces is None:
                self._traces = await self._tracing.enter_async_context(self._job.traced())
            cooldowns = self._asker.cooldowns() if self._asker else []
            self._asker = None
            await self._stack.aclose()
            self._stack = AsyncExitStack()
            asker = await self._stack.enter_async_context(self._job.open(self._traces))
            await asker.share(cooldowns)
            self._asker = asker
            return asker

    def _ask(self, asker: Asker) -> Any:
        async def ask(prompt: Any) -> Outcome:
            return await self._pace.ask(asker.ask, prompt)

        return ask if self._job.paced else asker.ask
