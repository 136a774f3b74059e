"""Servers of the matrix: a folder, or a tool's own; what they send is counted."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from .projects import Failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .projects import Project

LIMIT = 120.0  # seconds for a tool's server to answer


class Counter:
    """Stands in front of servers on this machine, and counts the bytes that they send, headers included."""

    def __init__(self) -> None:
        self.bytes = 0

    @asynccontextmanager
    async def before(self, port: int | None) -> AsyncIterator[str]:
        """Yields the origin under which the server with this port is reached."""
        server = await asyncio.start_server(partial(self._relay, port), "127.0.0.1", 0)
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"
        server.close()

    async def _relay(self, port: int | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("localhost", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass_on(reader, to_server), self._pass_on(from_server, writer, counted=True))

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool = False
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                self.bytes += len(data) if counted else 0
                writer.write(data)
                await writer.drain()
        writer.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@asynccontextmanager
async def tool_server(project: Project, command: str) -> AsyncIterator[int]:
    """Start a tool's server; yields its port once it takes connections. It and its children are ended afterwards.

    Raises:
        Failed: it ended, or takes none.
    """
    port = free_port()
    words = shlex.split(command.format(port=port))
    log = project.folder / "server.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=project.folder, env=project.environment, stdin=asyncio.subprocess.DEVNULL, stdout=out,
            stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT):
            while not await _listens(port):
                if process.returncode is not None:
                    raise Failed(f"{command}: {log.read_text(errors='replace')[-2000:]}")
                await asyncio.sleep(0.05)
        yield port
    except TimeoutError:
        raise Failed(f"{command} does not listen: {log.read_text(errors='replace')[-2000:]}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("localhost", port)
    except OSError:
        return False
    writer.close()
    return True
