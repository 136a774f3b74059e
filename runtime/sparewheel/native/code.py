"""The code sandbox of a session in this process: Deno without permissions, which `web/node/code` starts.

One process of Deno, the host, has the part that browsers have in the page: it starts a process for each run of code,
and checks and bounds what comes from it. Messages with it are in `web/node/code/host.js`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError
from ..jsontext import read
from ..tools.base import ToolError
from ..tools.code.sandbox import SandboxUnavailable
from ..transports.wheels import LockedWheel
from .built import find_dist

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from ..page.code_messages import CodeRunRequest

_LEAST: Final = (2, 9)  # of Deno, as in web/node/code/place.js
_INSTALL: Final = (
    "code that a model writes runs here only in Deno 2.9 or newer (Linux, macOS): `pip install sparewheel[code]`, or "
    "put deno on the PATH."
)
_MAX_LINE: Final = 1 << 28  # bytes of a message: files and pictures of a run
_OF_RUN: Final = re.compile(rb'\{"run":(\d+),')  # how each of its messages begins
_ASK_LIMIT: Final = 20.0  # seconds for Deno to tell its version
_END_LIMIT: Final = 5.0  # seconds for the host to end by itself
# What the host may know of this process's environment: how to reach the network, for wheels. No keys.
_PASSED: Final = ("http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SystemRoot", "TMPDIR", "TEMP")
_OWN: Final = {"DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1", "DENO_DIR": "/dev/null/none"}


class DenoHost:
    """The process for the sessions of a program that belong together. It starts with the first run of code."""

    def __init__(self) -> None:
        self._process: _Process | None = None
        self._starting = asyncio.Lock()
        self._sessions = itertools.count(1)
        self._deno = ""  # its path, when it has been found

    def sandbox(self) -> DenoSandbox:
        """The sandbox of one session."""
        return DenoSandbox(self, f"s{next(self._sessions)}")

    async def missing(self) -> str:
        """Why there is no sandbox, as a sentence; empty if there is one."""
        try:
            find_dist()
            await self._found()
        except ConfigError as error:
            return " ".join(filter(None, (error.info.message, error.info.hint)))
        return ""

    async def _found(self) -> str:
        self._deno = self._deno or await _deno()
        return self._deno

    async def run(self, session: str, request: CodeRunRequest) -> _Run:
        """Start a run. Raises `SandboxUnavailable`."""
        async with self._starting:
            if self._process is None or self._process.ended:
                try:
                    self._process = await _Process.start(find_dist(), await self._found())
                except ConfigError as error:
                    raise SandboxUnavailable(str(error)) from None
            return self._process.run(session, request)

    def end(self, session: str) -> None:
        """End all that runs in a session."""
        if self._process is not None:
            self._process.post({"session": session, "close": True})

    async def close(self) -> None:
        """End the process, and with it all that runs."""
        if self._process is not None:
            await self._process.close()


class DenoSandbox:
    """Runs the code of one session."""

    def __init__(self, host: DenoHost, session: str) -> None:
        self._host = host
        self._session = session

    def wheels(self) -> Mapping[str, LockedWheel]:
        """The packages that come with the runtime."""
        try:
            return _wheels(find_dist())
        except ConfigError:
            return {}  # `missing` says so

    async def missing(self) -> str:
        """Why there is no sandbox, as a sentence; empty if there is one."""
        return await self._host.missing()

    @asynccontextmanager
    async def run(self, request: CodeRunRequest) -> AsyncIterator[_Run]:
        """Start a run."""
        run = await self._host.run(self._session, request)
        try:
            yield run
        finally:
            run.leave()

    async def close(self) -> None:
        """End all that runs."""
        self._host.end(self._session)


class _Process:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin and process.stdout
        self._process = process
        self._stdin = process.stdin
        self._runs: dict[int, _Run] = {}
        self._numbers = itertools.count(1)
        self._reader = asyncio.create_task(self._read(process.stdout))
        self.ended = False

    @classmethod
    async def start(cls, dist: Path, deno: str) -> _Process:
        environment = {name: os.environ[name] for name in (*_PASSED, *map(str.upper, _PASSED)) if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(deno, "run", "--no-prompt", "--no-remote", "--no-npm", "--no-config", "--no-lock", "--no-code-cache"),
            *(f"--allow-read={dist},{deno}", "--allow-env", "--allow-net", f"--allow-run=/bin/sh,{deno}"),
            *(str(dist / "node" / "code" / "host.js"), str(dist)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MAX_LINE,
            env={**environment, **_OWN},
            start_new_session=os.name == "posix",  # Ctrl-C must not reach it: the turn is aborted first
        )
        return cls(process)

    def run(self, session: str, request: CodeRunRequest) -> _Run:
        number = next(self._numbers)
        run = self._runs[number] = _Run(self, {"session": session, "run": number})
        self.post({**run.scope, "request": request})
        return run

    def leave(self, scope: Mapping[str, Any]) -> None:
        if self._runs.pop(scope["run"], None) is not None:
            self.post({**scope, "stop": True})

    def post(self, message: object) -> None:
        if not self.ended:
            self._stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        try:
            async for line in stdout:
                if (found := _OF_RUN.match(line)) and (run := self._runs.get(int(found[1]))) is not None:
                    run.events.put_nowait(_message(line))
        except ValueError:
            self._process.kill()  # a message is too long
        finally:
            self.ended = True
            for run in self._runs.values():
                run.events.put_nowait({"error": "The process of the sandbox has ended. Try again."})

    async def close(self) -> None:
        self.ended = True
        self._stdin.close()  # it ends when its input ends
        try:
            async with asyncio.timeout(_END_LIMIT):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await asyncio.wait({self._reader})


class _Run:
    def __init__(self, process: _Process, scope: Mapping[str, Any]) -> None:
        self._process = process
        self.scope = scope  # what its messages have
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def next(self) -> Mapping[str, Any]:
        event = await self.events.get()
        if "error" in event:
            raise (SandboxUnavailable if event.get("unavailable") else ToolError)(str(event["error"]))
        piece: dict[str, Any] = {**event["end"], "type": "end"} if "end" in event else event["piece"]
        return piece

    async def answer(self, call: Any, *, value: str | None = None, error: str | None = None) -> None:
        given = {"value": value} if error is None else {"error": error}
        self._process.post({**self.scope, "id": call, **given})

    def leave(self) -> None:
        self._process.leave(self.scope)


def _message(line: bytes) -> dict[str, Any]:
    """A message of the host. The code may have written it: it may be too deep to be read."""
    try:
        message: dict[str, Any] = read(line)
    except ValueError as error:
        return {"error": f"What the code has sent cannot be read: {error}."}
    return message


@cache
def _wheels(dist: Path) -> Mapping[str, LockedWheel]:
    packages = read((dist / "pyodide" / "pyodide-lock.json").read_text("utf-8"))["packages"]
    return {
        name: LockedWheel(each["file_name"], each["sha256"], tuple(each["depends"]), tuple(each["imports"]))
        for name, each in packages.items()
    }


async def _deno() -> str:
    """The path of Deno. Raises `ConfigError` if there is none that is new enough."""
    ask = "console.log(`${Deno.version.deno} ${Deno.execPath()}`)"  # npm's deno is a script that starts another one
    for path in _candidates():
        try:
            process = await asyncio.create_subprocess_exec(
                *(path, "eval", "--no-config", "--no-lock", ask),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**_OWN, "PATH": os.environ.get("PATH", "")},
            )
        except OSError:
            continue
        try:
            output, _ = await asyncio.wait_for(process.communicate(), _ASK_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()
            continue
        found = re.fullmatch(r"(\d+)\.(\d+)\S* (.+)\n", output.decode("utf-8", "replace"))
        if found and (int(found[1]), int(found[2])) >= _LEAST:
            return found[3]
    raise ConfigError(_INSTALL)


def _candidates() -> list[str]:
    if os.name != "posix":
        return []  # there, processes are not ended and confined in the same way
    return [path for path in (packaged_deno(), shutil.which("deno")) if path]


def packaged_deno() -> str | None:
    """The path of the Deno that the package `deno` has, if it is installed."""
    try:
        from deno import find_deno_bin

        return str(find_deno_bin())
    except (ImportError, FileNotFoundError):
        return None
