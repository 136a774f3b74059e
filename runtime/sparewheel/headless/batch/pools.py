"""Executors: processes of this machine, Dask's workers, and one that a program has."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from ...errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from concurrent.futures import Future
    from multiprocessing.connection import Connection

    from .chunk import Answers, Chunk

CONNECT_LIMIT: Final = 20.0  # seconds until a scheduler must have answered
COUNT_EVERY: Final = 2.0  # seconds between two counts of the workers of a cluster


class Workers(Protocol):
    """Where chunks run: `slots` is how many at the same time."""

    async def slots(self) -> int: ...

    def submit(self, call: Callable[[Chunk], Answers], chunk: Chunk) -> Future[Answers]: ...


class Given:
    """The executor of a program, which runs `slots` calls at the same time."""

    def __init__(self, executor: Executor, slots: int) -> None:
        self._executor = executor
        self._slots = slots

    async def slots(self) -> int:
        return self._slots

    def submit(self, call: Callable[[Chunk], Answers], chunk: Chunk) -> Future[Answers]:
        try:
            return self._executor.submit(call, chunk)
        except (BrokenExecutor, RuntimeError) as error:  # RuntimeError: it was shut down
            raise ConfigError(f"the executor takes no more work: {error}") from None


class Processes:
    """Processes of this machine. Those that were killed are replaced; all end with this process, however it ends."""

    def __init__(self, count: int) -> None:
        self._count = count
        # A worker ends when it can read this pipe: the other end is closed, by `close` or with this process.
        self._end, self._ours = multiprocessing.Pipe(duplex=False)
        self._executor = self._made()

    async def slots(self) -> int:
        return self._count

    def submit(self, call: Callable[[Chunk], Answers], chunk: Chunk) -> Future[Answers]:
        for _ in range(self._count + 1):
            try:
                return self._executor.submit(call, chunk)
            except BrokenExecutor:
                self._executor.shutdown(wait=False)
                self._executor = self._made()
        raise ConfigError("the processes of the batch end at once", "See what they print.")

    def close(self) -> None:
        self._ours.close()
        self._executor.shutdown(cancel_futures=True)
        self._end.close()

    def _made(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork has the threads and sockets of this process
        return ProcessPoolExecutor(self._count, context, initializer=_begin, initargs=(self._end,))


def _begin(end: Connection) -> None:
    """Prepare a worker: Ctrl-C is for the process that gives it work, with which it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(end,), daemon=True).start()


def _end_with(end: Connection) -> None:
    with suppress(OSError):
        end.poll(None)
    os._exit(1)


@asynccontextmanager
async def processes(count: int) -> AsyncIterator[Processes]:
    """So many processes."""
    workers = Processes(count)
    try:
        yield workers
    finally:
        await asyncio.to_thread(workers.close)


class Cluster:
    """The workers of a Dask scheduler. `client` is a `distributed.Client`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._slots = 0
        self._counted = float("-inf")

    async def slots(self) -> int:
        """The threads of all workers, which may come and go."""
        if time.monotonic() - self._counted > COUNT_EVERY:
            with suppress(OSError, TimeoutError):  # the scheduler is busy or restarts: as before
                self._slots = sum((await asyncio.to_thread(self._client.nthreads)).values())
            self._counted = time.monotonic()
        return self._slots

    def submit(self, call: Callable[[Chunk], Answers], chunk: Chunk) -> Future[Answers]:
        future: Future[Answers] = self._executor.submit(call, chunk)
        return future


@asynccontextmanager
async def cluster(address: str) -> AsyncIterator[Cluster]:
    """The workers of the scheduler at this address, such as `tcp://host:8786`. Raises `ConfigError`."""
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError("Dask is not installed", "Run `pip install 'sparewheel[dask]'`.") from None
    try:
        client = await asyncio.to_thread(Client, address, timeout=CONNECT_LIMIT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(f"no Dask scheduler answers at {address}: {error}") from None
    try:
        yield Cluster(client)
    finally:
        await asyncio.to_thread(client.close)
