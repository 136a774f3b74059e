"""Tools that are functions of the page. The page describes them when a session is made; each call is a host call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError
from ..providers.base import ToolSpec
from ..tools.base import DEFAULT_TIMEOUT, Tool, ToolError
from .calls import HostCallError

if TYPE_CHECKING:
    from ..tools.base import Call, ToolContext
    from .calls import HostCalls
    from .protocol import ToolRequest

MAX_TOOLS: Final = 1000


class HostTools:
    """The embedder's tools of one session."""

    name = "the page"

    def __init__(self, described: object, calls: HostCalls, session: str) -> None:
        """`described` is what the shim made of `createSession({tools})`. Raises `ConfigError`."""
        if not isinstance(described, list) or len(described) > MAX_TOOLS:
            raise ConfigError(f"tools must describe at most {MAX_TOOLS} functions")
        self._tools = [_tool(item, calls, session) for item in described]

    async def tools(self) -> list[Tool]:
        return self._tools

    async def close(self) -> None:
        """Nothing is open."""


def _tool(item: object, calls: HostCalls, session: str) -> Tool:
    match item:
        case {"name": str(name), **rest} if name:
            parameters = rest.get("parameters") or {"type": "object", "properties": {}}
            timeout = rest.get("timeout")
            if not isinstance(parameters, dict):
                raise ConfigError(f"tools.{name}.parameters must be a JSON schema")
            spec = ToolSpec(name, str(rest.get("description") or ""), parameters)
            limit = timeout if isinstance(timeout, int | float) and timeout >= 0 else DEFAULT_TIMEOUT
            return Tool(spec, _asking(calls, session, name), read_only=rest.get("readOnly") is True, timeout=limit)
        case _:
            raise ConfigError("each of tools needs a name")


def _asking(calls: HostCalls, session: str, name: str) -> Call:
    async def call(arguments: dict[str, Any], context: ToolContext) -> str:
        request: ToolRequest = {"name": name, "args": arguments, "call_id": context.call_id}
        try:
            result = await calls.ask("tool", request, session=session)
        except HostCallError as error:
            raise ToolError(str(error)) from None
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)

    return call
