"""The `python` toolset: functions of a Python file that comes with the agent, as tools.

**Not isolated.** The functions are trusted code, like the agent file that names them. They run in the runtime's own
interpreter and can access the conversation, the session's keys, the network and the page's origin. Code that a model
wrote is never run here.

The file runs once a session, before the first step; its globals last until the session is closed. An `async` function
can be stopped at its `await`s. A plain function that computes blocks the runtime: an abort or a timeout takes effect
only after it has returned.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigError, SparewheelError
from ...slices import run_in_slices
from ...transports.wheels import check_packages, distribution_of
from ..base import DEFAULT_TIMEOUT, ToolError
from .blocking import user_code
from .errors import explain
from .function import function_tool
from .http import prepare_urllib
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from ...config.toolsets import ToolsetConfig
    from ...slices import Slices
    from ...transports.packages import LoadPackages
    from ..base import Tool, ToolContext

_FILENAME: Final = "tools.py"
_NO_JSPI: Final = "Cannot stack switch"  # how the message of Pyodide's `run_sync` begins where it cannot wait


def open_python(
    config: ToolsetConfig,
    *,
    load: LoadPackages,
    documents: Mapping[str, str],
    secrets: Iterable[str] = (),
    index: str | None = None,
    bundled: Container[str] | None = None,
) -> PythonToolset:
    """Open the toolset of an entry.

    Args:
        config: the entry.
        load: installs its packages.
        documents: texts by path, for its `file`.
        secrets: what no error may quote.
        index: the package index that the page has named. The entry's own must be the same.
        bundled: the packages of the lock file. None: nothing is downloaded, so there is nothing to verify.

    Raises:
        ConfigError: its file is missing or is not valid Python, or one of its packages could not be verified.
    """
    if bundled is not None:
        check_packages(config.packages, index, bundled)
        if config.index and config.index != index:
            raise ConfigError(
                f"The Python toolset's index {config.index} is not the one that the page has named.",
                "The page names it: createSession({packageIndex}). Wheels with hashes need none.",
            )
    if config.file and config.file not in documents:
        raise ConfigError(f"The python toolset's file {config.file!r} is not among the documents.")
    source = Source(config.source or documents[config.file], config.file or _FILENAME)
    packages = _Packages(load, tuple(config.packages), index or config.index or None)
    return PythonToolset(config, source, packages, frozenset(secrets))


@dataclass(slots=True)
class _Packages:
    """The packages that a source needs. They are installed once, for all calls that wait for them."""

    load: LoadPackages
    names: Sequence[str]
    index: str | None
    _installing: asyncio.Task[None] | None = None

    @property
    def missing(self) -> bool:
        """Whether the next call has to wait for an installation."""
        return bool(self.names) and (self._installing is None or not self._installing.done())

    async def ready(self, source: Source) -> None:
        """Wait until the packages are installed. Cancelling the wait does not cancel the installation.

        Raises `ConfigError`; the next call tries again.
        """
        if self._installing is None or _failed(self._installing):
            self._installing = asyncio.ensure_future(self._install("urllib" in source.imports))
            self._installing.add_done_callback(_failed)  # retrieves the exception, which is else logged
        waiting, task = asyncio.current_task(), self._installing
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled() or waiting is None or waiting.cancelling():
                raise
            raise ConfigError("session is closed") from None

    async def _install(self, urllib: bool) -> None:
        if self.names:
            await self.load(self.names, self.index)
        if urllib or self.names:
            await prepare_urllib(self.load)

    def close(self) -> None:
        if self._installing is not None:
            self._installing.cancel()


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


class PythonToolset:
    """The functions of one source as tools. `warnings` names those that cannot be tools, and why."""

    def __init__(self, config: ToolsetConfig, source: Source, packages: _Packages, secrets: frozenset[str]) -> None:
        self.name = config.name or source.filename
        self.instruction = config.instruction
        self.defer = config.defer
        self.warnings: list[str] = []
        self._source = source
        self._packages = packages
        self._timeout = DEFAULT_TIMEOUT if config.timeout is None else float(config.timeout)
        self._keep = frozenset(config.tools)
        self._only_reading = config.readonly
        self._secrets = secrets
        self._definition = f"{config.model_dump_json()}\n{source.text}"
        self._tools: list[Tool] | None = None

    async def tools(self) -> Sequence[Tool]:
        """Run the source at the first call, after its packages are installed if it imports them at its start."""
        if self._tools is None:
            if self._source.lacks:
                await self._install()
            async with user_code():
                found = await run_in_slices(self._collect())
            self._tools = self._tools or found
        return self._tools

    async def close(self) -> None:
        self._packages.close()
        self._source.close()
        self._tools = None

    def _collect(self) -> Slices[list[Tool]]:
        try:
            functions = self._source.functions()
        except (Exception, SystemExit) as error:
            raise ToolError(self._explain(error)) from None
        found = []
        self.warnings = [f"{self.name} has no function {name}." for name in sorted(self._keep - set(functions))]
        for name, function in functions.items():
            if self._keep and name not in self._keep:
                continue
            try:
                found.append(self._tool(name, function))
            except ToolError as error:
                self.warnings.append(f"The function {name} of {self.name} is not a tool: {error}")
            yield
        return [each for each in found if each.read_only or not self._only_reading]

    def _tool(self, name: str, function: Callable[..., Any]) -> Tool:
        tool, problem = function_tool(name, function, self._explain, self._prepare, timeout=self._timeout)
        if problem:
            self.warnings.append(f"{self.name}: {problem}")
        return replace(tool, definition=self._definition)

    async def _prepare(self, context: ToolContext) -> None:
        if self._packages.missing:
            names = [distribution_of(name) if "#" in name else name for name in self._packages.names]
            context.progress(f"Installing {', '.join(names)} …")
        await self._install()

    async def _install(self) -> None:
        try:
            await self._packages.ready(self._source)
        except SparewheelError as error:
            raise ToolError(f"{error.info.message} {error.info.hint}".strip()) from None

    def _explain(self, error: BaseException) -> str:
        text = explain(error, self._source.text, self._source.filename, self._secrets)
        if isinstance(error, ModuleNotFoundError):
            text += ". Packages are named in the toolset's `packages`."
        elif _NO_JSPI in text:
            text += ". This engine has no JSPI: a function that waits for a coroutine must be an `async def`."
        return text
