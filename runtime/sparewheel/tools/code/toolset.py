"""The `code` toolset: `run_python` runs code of a model in the sandbox, never in this interpreter.

Without a sandbox there is no tool: `tools` raises the reason.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pydantic import Field

from ..base import Tool, ToolError, ToolResult
from ..toolset import ORIGINAL, Arguments, make_tool
from .files import MAX_BYTES, MAX_FILES, SessionFiles
from .functions import functions_of
from .packages import Packages
from .running import Running
from .sandbox import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...config.toolsets import ToolsetConfig
    from ...page.code_messages import CodeFunction, CodeLimits, CodeRunRequest, CodeSetup
    from ...providers.base import ToolSpec
    from ..base import CallTool, ToolContext
    from ..services import Services
    from .sandbox import Sandbox

NAME: Final = "run_python"
TIMEOUT: Final = 10  # seconds, unless the agent file sets another
MAX_CODE: Final = 200_000  # characters
MAX_OUTPUT: Final = 100_000  # characters
NO_SANDBOX: Final = (
    "code that a model writes runs only in a sandbox, and there is none here. Run the agent in a browser, or remove "
    "the toolset."
)
_WHAT: Final = (
    "Runs Python code and returns what it prints, the value of its last expression, tables, and errors with line "
    "numbers. Use it to calculate, to work with data and files, and to draw charts."
)
_FILES: Final = (
    "- The files of the user and of earlier runs are in the working directory. Files that the code writes there are "
    "given to the user and kept."
)
_CHARTS: Final = (
    "- Charts: `import pygal`, `chart = pygal.Bar(title=…)`, `chart.add(name, numbers)`, and `chart` as the last "
    "expression, or `display(chart)`: the user sees it."
)
_FUNCTIONS: Final = (
    "These functions call the tools of this agent. Await them, several at once with asyncio.gather if they do not "
    "depend on each other, and print what you want to see: only that is returned. JSON is returned as dict or list, "
    "other text as str. A call that fails or is refused raises ToolError.\n\n"
)
_STATE: Final = "code"  # the key of what the session keeps
_LOST: Final = "[The variables of earlier runs are gone: define again what the code needs.]"


class _Code(Arguments):
    code: str = Field(max_length=MAX_CODE, description="The Python code. The value of its last expression is returned.")
    files: list[str] = Field(
        default=[], max_length=MAX_FILES, description="Files that the code needs and does not name, if there are many."
    )


@dataclass(slots=True)
class _State:
    """What the code of a session has left: `runs` that share variables, and why there is no sandbox."""

    runs: int = 0
    unavailable: str | None = None  # None: not known yet
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class CodeToolset:
    """The tool of one entry. `sandbox` is None where there is none; `index` is the one that the embedder has named.

    Raises `ConfigError` if a package cannot be verified.
    """

    defer = False

    def __init__(
        self,
        entry: ToolsetConfig,
        services: Services,
        sandbox: Sandbox | None,
        index: str | None = None,
    ) -> None:
        self.name = entry.name or entry.type
        self.instruction = entry.instruction.replace(ORIGINAL, "")
        self._entry = entry
        self._sandbox = sandbox
        self._packages = Packages(entry.packages, index, sandbox.wheels() if sandbox else {}, services.transport)
        self._files = SessionFiles(services)
        self._state: _State = services.kept.setdefault(_STATE, _State())
        self._limits: CodeLimits = {
            "time_ms": (TIMEOUT if entry.timeout is None else entry.timeout) * 1000,
            "output_chars": MAX_OUTPUT,
            "memory_mb": entry.memory,
            "files": MAX_FILES,
            "file_bytes": MAX_BYTES,
        }

    async def tools(self) -> Sequence[Tool]:
        if self._state.unavailable is None:
            self._state.unavailable = await self._sandbox.missing() if self._sandbox else NO_SANDBOX
        if self._state.unavailable:
            raise ToolError(self._state.unavailable)
        if self._entry.tools and NAME not in self._entry.tools:
            return []
        return [self._tool()]

    async def setup(self, code: str) -> CodeSetup:
        """What a run of this code is given. Raises `ToolError` if a package cannot be had."""
        return {"packages": await self._packages.wheels(code), "limits": self._limits}

    async def close(self) -> None:
        if self._sandbox is not None:
            await self._sandbox.close()

    def _tool(self, functions: Sequence[ToolSpec] = (), call: CallTool | None = None) -> Tool:
        made = functions_of(functions)

        async def run(given: _Code, context: ToolContext) -> ToolResult:
            return await self._run(given, made.specs, Running(context, call, made.tools))

        description = self._description(made.description)
        tool = make_tool(NAME, description, _Code, run, read_only=True, exclusive=call is not None, timeout=0)
        with_tools = self._tool if call is None else None
        return replace(tool, sandboxed=True, with_tools=with_tools, definition=self._entry.model_dump_json())

    async def _run(self, given: _Code, functions: list[CodeFunction], running: Running) -> ToolResult:
        if not self._entry.keep:
            return await self._one(given, functions, running)
        async with self._state.lock:  # the runs of one state come one after the other
            return await self._one(given, functions, running)

    async def _one(self, given: _Code, functions: list[CodeFunction], running: Running) -> ToolResult:
        if self._sandbox is None:
            raise ToolError(NO_SANDBOX)
        files, without = await self._files.incoming(given.code, given.files)
        request: CodeRunRequest = {
            "code": given.code,
            "files": files,
            "keep": self._entry.keep,
            "functions": functions,
            **await self.setup(given.code),
        }
        try:
            outcome = await running.run(self._sandbox, request, self._packages.known)
        except SandboxUnavailable as error:
            self._state.unavailable = str(error)
            raise ToolError(str(error)) from None
        notes = [outcome.text]
        for path, data in outcome.files.items():
            if problem := await self._files.keep(path, data):
                notes.append(f"[{path} is not there in the next run: {problem}]")
        if outcome.failed and without:
            notes.append(f"[Not in the working directory, because there are too many: {', '.join(without)[:2000]}]")
        if self._entry.keep:
            lost = outcome.lost or (outcome.run == 1 and self._state.runs > 0)
            notes += [_LOST] if lost and self._state.runs else []
            self._state.runs = 0 if outcome.lost else outcome.run
        text = "\n\n".join(note for note in notes if note) or "The code has ended. It printed nothing and has no value."
        return ToolResult(text, outcome.failed, running.sources, outcome.media)

    def _description(self, functions: str) -> str:
        limits, known = self._limits, self._packages.known
        libraries = f"Python's own library and {', '.join(known)}" if known else "Python's own library"
        bounds = f"{limits['time_ms'] // 1000} s and {limits['memory_mb']} MB"
        parts = [
            _WHAT,
            f"- The code runs in a sandbox without network, up to {bounds}. It can import {libraries}.",
            _FILES,
            "- A list of dicts, or of rows, is shown as a table; `display(value)` shows more than one value.",
            *([_CHARTS] if "pygal" in known else []),
        ]
        state = "The variables of a run are there in the next one." if self._entry.keep else "Every run starts afresh."
        parts.append(f"- {state} `await` can be used outside of functions. `input()` cannot be answered.")
        if functions:
            parts.append(f"{_FUNCTIONS}{functions}")
        return "\n".join(parts)
