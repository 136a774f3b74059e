"""The `mcp` toolset: the tools of a remote server, called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.tools.base import ToolError, ToolResult, unattended
from sparewheel.tools.mcp.toolset import open_mcp
from tests.support.builtintools import Context, services
from tests.support.mcpserver import URL, Server

if TYPE_CHECKING:
    from sparewheel.tools.mcp.toolset import McpToolset


def opened(server: Server, **options: Any) -> McpToolset:
    entry = ToolsetConfig.model_validate({"type": "mcp", "remote": {"url": URL}, **options})
    return open_mcp(entry, services(server))


async def call(toolset: McpToolset, name: str, /, **arguments: Any) -> ToolResult | str:
    await toolset.connect(unattended)
    tool = next(tool for tool in await toolset.tools() if tool.spec.name == name)
    try:
        return await tool.call(arguments, Context())
    except ToolError as error:
        return ToolResult(str(error), is_error=True)


async def test_the_tools_of_a_server_are_listed_and_called() -> None:
    server = Server()
    toolset = opened(server)
    assert await call(toolset, "echo", text="hi") == ToolResult('{"text": "hi"}')
    assert [message["method"] for message in server.seen] == [
        "initialize",
        "notifications/initialized",
        "tools/list",
        "tools/call",
    ]
    assert server.headers[-1]["Mcp-Session-Id"] == "s1"
    assert server.headers[-1]["MCP-Protocol-Version"] == "2025-06-18"
    await toolset.close()
