"""The link to a Node process: the same built files, no browser. It needs Node on the PATH."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError
from ..native.code import packaged_deno
from .link import Link

if TYPE_CHECKING:
    from contextlib import AsyncExitStack


MAX_LINE: Final = 1 << 28  # bytes; asyncio's default of 64 KiB is too small for a large answer
CLOSE_LIMIT: Final = 5.0  # seconds
_HOST: Final = Path(__file__).with_name("node_host.mjs")
_SEPARATOR: Final = "\x1e"


class NodeLink(Link):
    """A Node process that has loaded `dist`."""

    def __init__(self, dist: Path) -> None:
        super().__init__()
        self._dist = dist
        self._stdin: asyncio.StreamWriter | None = None

    async def _boot(self, stack: AsyncExitStack) -> None:
        node = shutil.which("node")
        if node is None:
            raise ConfigError("node is not on the PATH", "Install Node 20 or newer, or use a browser.")
        process = await asyncio.create_subprocess_exec(
            node,
            str(_HOST),
            str(self._dist),
            json.dumps(self.options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
            env={**os.environ, "PATH": _path()},
            start_new_session=os.name == "posix",  # Ctrl-C must not reach it: the turn is aborted first
        )
        assert process.stdin and process.stdout and process.stderr
        self._stdin = process.stdin
        readers = [
            asyncio.create_task(self._read(process, process.stdout)),
            asyncio.create_task(self._listen(process.stderr)),
        ]
        stack.push_async_callback(self._stop, process, readers)

    async def _post(self, text: str) -> None:
        if self._stdin is not None:
            self._stdin.write(text.encode() + b"\n")
            await self._stdin.drain()

    async def _read(self, process: asyncio.subprocess.Process, stdout: asyncio.StreamReader) -> None:
        async for raw in stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            output, separator, text = line.partition(_SEPARATOR)
            if output:
                self.say(output)
            if separator:
                self.receive(text)
        self.die(f"the Node process ended (exit code {await process.wait()})", " | ".join(self.console[-3:]))

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        async for raw in stderr:
            self.say(raw.decode("utf-8", "replace").rstrip("\n"))

    async def _stop(self, process: asyncio.subprocess.Process, readers: list[asyncio.Task[None]]) -> None:
        self.die("the runtime was closed")
        if self._stdin is not None:
            self._stdin.close()  # the host ends when its input ends
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.wait(readers)


def _path() -> str:
    """The PATH, at its end with the Deno of the Python package: code of models runs in it."""
    deno = packaged_deno()
    return os.pathsep.join(filter(None, (os.environ.get("PATH"), deno and str(Path(deno).parent))))
