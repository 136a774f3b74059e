"""Tools that are functions of the page. The page describes them when a session is made; each call is a host call.

The page may replace a function while the session is open. So an approval is for its version: the page runs an approved
call only if it still has that version, and a permanent approval ends with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..jsontext import first_inexact
from ..providers.base import ToolSpec as ModelToolSpec
from ..tools.base import DEFAULT_TIMEOUT, Tool, ToolError
from .calls import HostCallError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tools.base import ToolContext
    from .call_messages import ToolRequest
    from .calls import HostCalls
    from .options import ToolSpec


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
    function = _Function(name, calls, session)
    return Tool(
        shown,
        function.call,
        read_only=spec.read_only,
        timeout=spec.timeout or DEFAULT_TIMEOUT,
        version=function.version,
    )


class _Function:
    """One function of the page."""

    def __init__(self, name: str, calls: HostCalls, session: str) -> None:
        self._name = name
        self._calls = calls
        self._session = session

    async def call(self, arguments: dict[str, Any], context: ToolContext) -> str:
        if (number := first_inexact(arguments)) is not None:
            raise ToolError(f"JavaScript, which runs {self._name}, would round {number}: pass it as text."[:500])
        request: ToolRequest = {
            "name": self._name,
            "args": arguments,
            "call_id": context.call_id,
            "version": getattr(context, "version", ""),  # only the context of an approved call has one
            "idempotency_key": context.idempotency_key,
        }
        try:
            result = await self._calls.ask("tool", request, session=self._session)
        except HostCallError as error:
            raise ToolError(str(error)) from None
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)

    async def version(self) -> str:
        """The version that the page has now. Raises `ToolError`."""
        try:
            return str(await self._calls.ask("tool_version", {"name": self._name}, session=self._session))
        except HostCallError as error:
            raise ToolError(str(error)) from None
