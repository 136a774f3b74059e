"""What a worker of an executor runs: it asks some prompts, with a runtime that stays for the next ones.

The worker may be a thread, a process or another machine. Its runtime lives in an event loop of its own, in a thread of
its own, and is closed when nothing was asked for a while.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ...errors import ErrorInfo, SparewheelError
from .cooldowns import dated, remaining
from .here import Here

if TYPE_CHECKING:
    from ...batch import Outcome
    from ...batch.files import Id
    from .job import Job

IDLE: Final = 30.0  # seconds after which a runtime is closed


@dataclass(frozen=True)
class Chunk:
    """Prompts to ask. `part` is the part of the job's rate limits to take, `cooldowns` are those of other workers."""

    job: Job
    items: tuple[tuple[Id, Any], ...]
    part: float = 1.0
    cooldowns: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Answers:
    """`failure`: the runtime could not be started. `cooldowns` are those of the worker after the last prompt."""

    rows: list[tuple[Id, Outcome]]
    cooldowns: list[dict[str, Any]]
    failure: ErrorInfo | None = None


def ask_chunk(chunk: Chunk) -> Answers:
    """Ask the prompts of a chunk. Blocks its thread."""
    worker = _worker()
    return asyncio.run_coroutine_threadsafe(worker.ask(chunk), worker.loop).result()


class _Worker:
    """The runtimes of this process, by their jobs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._here: dict[Job, Here] = {}
        self._asking: dict[Job, int] = {}
        threading.Thread(target=self.loop.run_forever, name="sparewheel batch", daemon=True).start()

    async def ask(self, chunk: Chunk) -> Answers:
        job = chunk.job
        here = self._here.setdefault(job, Here(job))
        self._asking[job] = self._asking.get(job, 0) + 1
        rows: list[tuple[Id, Outcome]] = []
        try:
            asker = await here.started()
            await asker.share(remaining(chunk.cooldowns))
            here.share(chunk.part)
            async with aclosing(here.outcomes(iter(chunk.items))) as answered:
                async for outcomes in answered:
                    rows += outcomes
            await here.flush()
            return Answers(rows, dated((await here.started()).cooldowns()))
        except SparewheelError as error:
            return Answers(rows, [], error.info)
        finally:
            self._asking[job] -= 1
            self.loop.call_later(IDLE, self._rest, job, here)

    def _rest(self, job: Job, here: Here) -> None:
        """Close a runtime that is not used any more."""
        if self._asking.get(job) == 0 and self._here.get(job) is here:
            del self._here[job], self._asking[job]
            self._closing = asyncio.ensure_future(here.__aexit__(None, None, None))


@cache
def _worker() -> _Worker:
    return _Worker()
