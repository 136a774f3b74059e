"""Python toolsets for tests: opens them and calls their tools."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.errors import ConfigError
from sparewheel.tools.base import Tool, ToolError
from sparewheel.tools.python.toolset import PythonToolset, open_python
from sparewheel.transports.packages import only_installed

KEY = "CANARY-0123456789"


class Context:
    """The context of a call; records progress."""

    call_id = "c1"
    agent = "root"
    idempotency_key = "k1"

    def __init__(self) -> None:
        self.said: list[str] = []

    def progress(self, output: str) -> None:
        self.said.append(output)

    async def ask_user(self, message: str, schema: Mapping[str, Any], **_: object) -> dict[str, Any]:
        return {"action": "decline"}


class Loader:
    """Records what it is asked to install; `found` makes it importable, `error` is raised once."""

    def __init__(self, found: Callable[[], None] = lambda: None, error: ConfigError | None = None) -> None:
        self.asked: list[tuple[list[str], str | None]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self._found = found
        self._error = error

    async def __call__(self, names: Sequence[str], index: str | None = None) -> None:
        self.asked.append((list(names), index))
        self.begun.set()
        await self.gate.wait()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        self._found()


Open = Callable[..., PythonToolset]


def _modules() -> set[str]:
    return {name for name in sys.modules if name.startswith("agent_tools_")}


@contextmanager
def toolsets() -> Iterator[Open]:
    """Opens toolsets, closes them at the end, and checks that their modules are removed."""
    sets: list[PythonToolset] = []
    before = _modules()  # of workers that a test has killed

    def open_one(
        source: str,
        *,
        load: Any = only_installed,
        documents: Any = None,
        page_index: str | None = None,
        bundled: Any = None,
        **options: Any,
    ) -> PythonToolset:
        config = ToolsetConfig(type="python", source=source, **options)
        documents = documents or {}
        sets.append(
            open_python(config, load=load, documents=documents, secrets=[KEY], index=page_index, bundled=bundled)
        )
        return sets[-1]

    yield open_one
    for each in sets:
        asyncio.run(each.close())
    assert not _modules() - before


async def one(toolset: PythonToolset) -> Tool:
    [found] = await toolset.tools()
    assert toolset.warnings == []
    return found


async def answer(toolset: PythonToolset, **arguments: Any) -> Any:
    return await (await one(toolset)).call(arguments, Context())


async def problem(toolset: PythonToolset, **arguments: Any) -> str:
    with pytest.raises(ToolError) as caught:
        await answer(toolset, **arguments)
    return str(caught.value)
