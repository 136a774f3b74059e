"""Tools that are functions of the page. The page describes them when a session is made; each call is a host call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..providers.base import ToolSpec as ModelToolSpec
from ..tools.base import DEFAULT_TIMEOUT, Tool, ToolError
from .calls import HostCallError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tools.base import Call, ToolContext
    from .calls import HostCalls
    from .commands import ToolSpec
    from .protocol import ToolRequest


class HostTools:
    """The embedder's tools of one session, by name."""

    name = "the page"

    def __init__(self, specs: Mapping[str, ToolSpec], calls: HostCalls, session: str) -> None:
        self._tools = [_tool(name, spec, calls, session) for name, spec in specs.items()]

    async def tools(self) -> list[Tool]:
        return self._tools

    async def close(self) -> None:
        """Nothing is open."""


def _tool(name: str, spec: ToolSpec, calls: HostCalls, session: str) -> Tool:
    shown = ModelToolSpec(name, spec.description, spec.parameters)
    call = _calling(calls, session, name)
    return Tool(shown, call, read_only=spec.read_only, timeout=spec.timeout or DEFAULT_TIMEOUT)


def _calling(calls: HostCalls, session: str, name: str) -> Call:
    async def call(arguments: dict[str, Any], context: ToolContext) -> str:
        request: ToolRequest = {"name": name, "args": arguments, "call_id": context.call_id}
        try:
            result = await calls.ask("tool", request, session=session)
        except HostCallError as error:
            raise ToolError(str(error)) from None
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)

    return call
