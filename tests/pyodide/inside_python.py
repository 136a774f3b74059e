"""Runs inside Pyodide: opens Python toolsets and calls their tools, as the loop would."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.tools.base import Tool, ToolError
from sparewheel.tools.python.toolset import PythonToolset, open_python
from sparewheel.transports.packages import bundled_packages, package_loader


class Context:
    call_id = "c1"
    agent = "root"
    idempotency_key = "k1"

    def __init__(self) -> None:
        self.said: list[str] = []

    def progress(self, output: str) -> None:
        self.said.append(output)

    async def ask_user(self, message: str, schema: Mapping[str, Any], **_: object) -> dict[str, Any]:
        return {"action": "decline"}


_toolset: PythonToolset | None = None
_tools: dict[str, Tool] = {}


async def open_tools(source: str, packages: Sequence[str] = (), index: str | None = None) -> list[dict[str, Any]]:
    """What the model would see of the tools. `index` is the page's."""
    global _toolset
    if _toolset is not None:
        await _toolset.close()
    _tools.clear()
    config = ToolsetConfig(type="python", source=source, packages=list(packages))
    _toolset = open_python(config, load=package_loader(), documents={}, index=index, bundled=bundled_packages())
    _tools.update({tool.spec.name: tool for tool in await _toolset.tools()})
    return [{"name": tool.spec.name, "parameters": dict(tool.spec.parameters)} for tool in _tools.values()]


async def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The output of one call, or its error, and what was said on the way."""
    context = Context()
    try:
        return {"output": await _tools[name].call(arguments, context), "said": context.said}
    except ToolError as error:
        return {"error": str(error), "said": context.said}


async def stop(name: str, seconds: float) -> str:
    """How a call ends that is cancelled once it waits."""
    task = asyncio.ensure_future(call(name, {}))
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait({task})
    return "cancelled" if task.cancelled() else str(task.result())


def imported(names: Sequence[str]) -> list[str]:
    """Those of these modules that somebody has imported."""
    return [name for name in names if name in sys.modules]
