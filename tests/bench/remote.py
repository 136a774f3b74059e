"""A browser that nobody watches, with one page that asks for its commands.

What drives a browser (DevTools, Playwright) listens to its network: each request then takes a stack trace, which is
deep in WebAssembly, and what it brought is kept. That would be measured too. So the page fetches what to do from here.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from .devtools import DevTools

LIMIT: Final = 180.0  # seconds until a call has failed
_HEAD: Final = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"
_FLAGS: Final = {
    "chromium": ("--headless", "--user-data-dir={}"),
    "firefox": ("--headless", "--no-remote", "--profile", "{}"),
}


class Remote:
    """The page's functions, called from here."""

    def __init__(self) -> None:
        self._commands: asyncio.Queue[str] = asyncio.Queue()
        self._outcomes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def call(self, method: str, *args: object, limit: float = LIMIT) -> Any:
        """Call `bench.METHOD(...args)` in the page. Raises `RuntimeError` for what it throws, `TimeoutError`."""
        self._commands.put_nowait(json.dumps({"method": method, "args": args}))
        outcome = await asyncio.wait_for(self._outcomes.get(), limit)
        if "error" in outcome:
            raise RuntimeError(f"{method}: {outcome['error']}")
        return outcome["result"]

    def dismiss(self) -> None:
        """Leave no question of the page without an answer: nothing more will come."""
        self._commands.put_nowait("")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of the page: it asks for a command, or tells what came of one."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            body = ""
            if head.startswith("post"):
                length = int(head.partition("content-length:")[2].split()[0])
                self._outcomes.put_nowait(json.loads(await reader.readexactly(length)))
            else:
                body = await self._commands.get()
            writer.write(_HEAD.format(len(body)).encode() + body.encode())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def remote_page(
    engine: str, executable: str, flags: Sequence[str], url: str, tools: DevTools | None = None
) -> AsyncIterator[Remote]:
    """Start a browser with a fresh profile and open `url`, which is told where to ask. `tools` are Chromium's."""
    remote = Remote()
    server = await asyncio.start_server(remote.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        own = [flag.format(profile) for flag in _FLAGS[engine]]
        silent = asyncio.subprocess.DEVNULL
        browser = await asyncio.create_subprocess_exec(
            *(tools.command(executable) if tools else [executable]),
            *flags,
            *own,
            f"{url}?control=http://127.0.0.1:{port}",
            stdout=silent,
            stderr=silent,
            pass_fds=tools.ends if tools else (),
        )
        if tools:
            tools.started()
        try:
            yield remote
        finally:
            remote.dismiss()
            browser.terminate()
            await browser.wait()
            server.close()
            if tools:
                tools.close()
