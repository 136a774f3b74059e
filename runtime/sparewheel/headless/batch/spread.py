"""Asks through an executor: any of `concurrent.futures`, or of a library that has its own.

Chunks of prompts go out, their outcomes come back, and those of a worker that was lost go out again. Which worker
runs a chunk, and when, is up to the executor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ...batch import Tally
from ...errors import ConfigError, ErrorInfo, SparewheelError
from ..notes import note
from .chunk import Answers, Chunk, ask_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...batch import Outcome
    from ...batch.files import Id
    from .here import Answered, Items
    from .job import Job
    from .pools import Workers

MAX_CHUNK_CHARS: Final = 1_000_000  # of the prompts of a chunk
MAX_LOSSES: Final = 3  # workers that are lost with one prompt
MAX_LOSSES_IN_A_ROW: Final = 30  # workers that are lost while nothing is answered


@dataclass(frozen=True)
class _Sent:
    """A chunk's prompts, and how many workers were lost with them."""

    items: tuple[tuple[Id, Any], ...]
    losses: int = 0


class Spread:
    """Asks the prompts of a job through `workers`, in chunks of `size`."""

    def __init__(self, job: Job, workers: Workers, size: int) -> None:
        self._job = job
        self._workers = workers
        self._size = size
        self._again: deque[_Sent] = deque()
        self._out: dict[asyncio.Future[Answers], _Sent] = {}
        self._cooldowns: tuple[dict[str, Any], ...] = ()
        self._losses_in_a_row = 0
        self._given_up: list[tuple[Id, Outcome]] = []

    async def outcomes(self, items: Items) -> Answered:
        """The outcomes of the items, in the order in which chunks are answered.

        What was out when a worker was lost goes out again: a prompt of a chunk alone, from the second time on with
        nothing beside it, and after the third time it fails. Raises `SparewheelError` if workers cannot start their
        runtime, or all of them are lost.
        """
        try:
            while True:
                await self._fill(items)
                if not self._out:
                    if self._given_up:
                        yield self._given_up
                    return
                done, _ = await asyncio.wait(self._out, return_when=asyncio.FIRST_COMPLETED)
                lost: list[tuple[_Sent, str]] = []
                answered: list[tuple[Id, Outcome]] = []
                for future in done:
                    sent = self._out.pop(future)
                    answers = self._answers(future)
                    if isinstance(answers, str):
                        lost.append((sent, answers))
                    else:
                        answered += answers.rows
                if answered:
                    self._losses_in_a_row = 0
                    answered += self._given_up
                    self._given_up = []
                if lost:
                    self._lose(lost)
                if answered:
                    yield answered
        finally:
            for future in self._out:
                future.cancel()

    async def _fill(self, items: Items) -> None:
        slots = max(await self._workers.slots(), 1)
        most = slots if self._job.paced else 2 * slots  # one more each waits, so that a worker never does
        while len(self._out) < most:
            if self._again and self._again[0].losses > 1 and self._out:
                return
            sent = self._again.popleft() if self._again else _Sent(tuple(self._taken(items)))
            if not sent.items:
                return
            chunk = Chunk(self._job, sent.items, 1 / slots, self._cooldowns)
            self._out[asyncio.wrap_future(self._workers.submit(ask_chunk, chunk))] = sent
            if sent.losses > 1:
                return

    def _taken(self, items: Items) -> Iterator[tuple[Id, Any]]:
        chars = 0
        for _ in range(self._size):
            item = next(items, None)
            if item is None:
                return
            yield item
            chars += len(item[1]) if isinstance(item[1], str) else len(str(item[1]))
            if chars > MAX_CHUNK_CHARS:
                return

    def _answers(self, future: asyncio.Future[Answers]) -> Answers | str:
        """What a worker has answered, or how it was lost. Raises `SparewheelError` if it could not start."""
        if future.cancelled():
            return "its chunk was cancelled"
        if isinstance(error := future.exception(), ImportError):
            raise ConfigError(f"a worker cannot run sparewheel: {error}", "Install the same version there.")
        if error is not None:
            return f"{type(error).__name__}: {error}"[:300]
        answers = future.result()
        if answers.failure is not None:
            raise SparewheelError(answers.failure)
        if answers.cooldowns:
            self._cooldowns = tuple(answers.cooldowns)
        return answers

    def _lose(self, lost: list[tuple[_Sent, str]]) -> None:
        """Send again what was lost, or give it up: its rows are written after the next answer, if there is one.

        Raises `ConfigError` if it is not the prompts: one worker after the other is lost.
        """
        self._losses_in_a_row += 1
        if self._losses_in_a_row > MAX_LOSSES_IN_A_ROW:
            raise ConfigError(f"all workers were lost, the last one with {lost[0][1]}", "See what they print.")
        note(f"a worker was lost, its prompts are asked again: {lost[0][1]}")
        for sent, reason in lost:
            for name, prompt in sent.items:
                if sent.losses + 1 < MAX_LOSSES:
                    self._again.append(_Sent(((name, prompt),), sent.losses + 1))
                else:
                    error = SparewheelError(ErrorInfo("internal", f"{MAX_LOSSES} workers were lost with it: {reason}"))
                    self._given_up.append((name, Tally().failed(error)))
