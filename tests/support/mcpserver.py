"""An MCP server in place of the network, of the revisions with a handshake, for clients under test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparewheel.transports.local import LocalResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparewheel.transports.base import HttpRequest

URL = "https://mcp.example.test/mcp"
ECHO = {"name": "echo", "description": "Repeats.", "inputSchema": {"type": "object", "properties": {"text": {}}}}


def json_response(message: object, status: int = 200, session: str = "") -> LocalResponse:
    headers = {"content-type": "application/json"} | ({"mcp-session-id": session} if session else {})
    return LocalResponse(status, headers, json.dumps(message).encode())


@dataclass
class Server:
    """Answers requests by method; `called` has the params of every `tools/call`, `seen` every message."""

    tools: list[dict[str, Any]] = field(default_factory=lambda: [ECHO])
    version: str = "2025-06-18"
    seen: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    called: list[dict[str, Any]] = field(default_factory=list)
    result: Callable[[dict[str, Any]], Any] = lambda params: {
        "content": [{"type": "text", "text": json.dumps(params["arguments"])}]
    }

    def __call__(self, request: HttpRequest) -> LocalResponse:
        message = json.loads(request.body)
        self.seen.append(message)
        self.headers.append(dict(request.headers))
        if "id" not in message:
            return LocalResponse(202)
        method, params = message["method"], message.get("params", {})
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        match method:
            case "initialize":
                facts = {"capabilities": {"tools": {}}, "serverInfo": {"name": "test", "version": "1"}}
                found = {**answer, "result": {"protocolVersion": self.version, **facts}}
                return json_response(found, session="s1")
            case "tools/list":
                return json_response({**answer, "result": {"tools": self.tools}})
            case "tools/call":
                self.called.append(params)
                return json_response({**answer, "result": self.result(params)})
        return json_response({**answer, "error": {"code": -32601, "message": "Method not found"}})
