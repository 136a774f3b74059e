"""An MCP server in place of the network, of any revision, with faults; and the toolset of an agent file for it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.tools.base import ToolError, ToolResult
from sparewheel.tools.mcp.toolset import open_mcp
from sparewheel.transports.base import no_answer
from sparewheel.transports.local import LocalResponse
from tests.support.builtintools import services

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping

    from sparewheel.tools.mcp.toolset import McpToolset
    from sparewheel.transports.base import HttpRequest

URL = "https://mcp.example.test/mcp"
ECHO = {"name": "echo", "description": "Repeats.", "inputSchema": {"type": "object", "properties": {"text": {}}}}
MODERN = "2026-07-28"


def text(content: str) -> dict[str, Any]:
    """The result of a call."""
    return {"resultType": "complete", "content": [{"type": "text", "text": content}]}


def as_json(message: object, status: int = 200, **headers: str) -> LocalResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return LocalResponse(status, {"content-type": "application/json", **named}, json.dumps(message).encode())


def as_events(*messages: object) -> LocalResponse:
    """A stream of messages; a text is sent as it is."""
    return LocalResponse(200, {"content-type": "text/event-stream"}, [event(message) for message in messages])


def event(message: object) -> bytes:
    return message.encode() if isinstance(message, str) else f"data: {json.dumps(message)}\n\n".encode()


@dataclass
class Context:
    """The context of a call. `answers` are the user's, in order; without one the user declines."""

    call_id: str = "c1"
    agent: str = "root"
    idempotency_key: str = "k1"
    answers: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    waits: asyncio.Event | None = None  # before the user answers

    def progress(self, output: str) -> None:
        self.reported.append(output)

    async def ask_user(
        self, message: str, schema: Mapping[str, Any], *, url: str = "", sign_in: object = None
    ) -> dict[str, Any]:
        self.asked.append((message, url or schema))
        if self.waits is not None:
            await self.waits.wait()
        return self.answers.pop(0) if self.answers else {"action": "decline"}


class Server:
    """A server, as the handler of a transport.

    Args:
        version: the revision; "2024-11-05" is an event stream, `MODERN` has no handshake.
        tools: what `tools/list` has, in one page.
    """

    def __init__(self, version: str = "2025-06-18", tools: list[dict[str, Any]] | None = None) -> None:
        self.version = version
        self.tools = [ECHO] if tools is None else tools
        self.capabilities: dict[str, Any] = {"tools": {}}
        self.instructions = ""
        self.seen: list[dict[str, Any]] = []  # messages
        self.requests: list[HttpRequest] = []
        self._arrived = asyncio.Event()
        self.sessions = 0
        self.down = False
        self.expired = False  # the next request with a session is refused
        self.stream: asyncio.Queue[bytes | None] | None = None  # the open stream that belongs to no request
        self.replies: dict[str, Callable[[dict[str, Any]], Any]] = {}  # by method: a result, a response, or an error

    @property
    def methods(self) -> list[str]:
        return [message.get("method", "(answer)") for message in self.seen]

    @property
    def called(self) -> list[dict[str, Any]]:
        return [message["params"] for message in self.seen if message.get("method") == "tools/call"]

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a request: the handler of a `MockTransport`."""
        self.requests.append(request)
        self._arrived.set()
        if self.down:
            raise no_answer("ConnectError: refused", request.url)
        return self._respond(request)

    async def next_message(self) -> dict[str, Any]:
        """Wait for one more message."""
        before = len(self.seen)
        while len(self.seen) == before:
            self._arrived.clear()
            await self._arrived.wait()
        return self.seen[before]

    def push(self, message: object) -> None:
        """Send a message on the stream that belongs to no request."""
        assert self.stream is not None
        self.stream.put_nowait(event(message))

    def end(self) -> None:
        """End that stream."""
        assert self.stream is not None
        self.stream.put_nowait(None)

    def _respond(self, request: HttpRequest) -> Any:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.method == "GET" and (self.version == "2024-11-05" or self.capabilities.get("listens")):
            return self._opened()
        if request.method != "POST":
            return LocalResponse(405)
        if self.version == "2024-11-05" and not request.url.endswith("/post"):
            return LocalResponse(405)
        message = json.loads(request.body)
        self.seen.append(message)
        if self.version == MODERN:
            return self._modern(message, headers)
        if message.get("method") == "server/discover":
            return LocalResponse(400, body=b"Bad Request: no session")
        if self.version == "2024-11-05":
            answer = self._answer(message)
            if answer is not None:
                self.push(answer)
            return LocalResponse(202)
        return self._legacy(message, headers)

    def _opened(self, *first: object) -> LocalResponse:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.stream = queue
        if self.version == "2024-11-05":
            queue.put_nowait(b"event: endpoint\ndata: /post\n\n")
        for message in first:
            queue.put_nowait(event(message))

        async def body() -> AsyncGenerator[bytes, None]:
            while (chunk := await queue.get()) is not None:
                yield chunk

        return LocalResponse(200, {"content-type": "text/event-stream"}, body())

    def _modern(self, message: dict[str, Any], headers: Mapping[str, str]) -> Any:
        meta = message["params"].get("_meta", {})
        number = message["id"]
        if meta.get("io.modelcontextprotocol/protocolVersion") != headers.get("mcp-protocol-version"):
            return as_json({"jsonrpc": "2.0", "id": number, "error": {"code": -32020, "message": "mismatch"}}, 400)
        if message["method"] != headers.get("mcp-method"):
            return as_json({"jsonrpc": "2.0", "id": number, "error": {"code": -32020, "message": "mismatch"}}, 400)
        if message["method"] == "subscriptions/listen":
            return self._opened({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged"})
        return self._replied(message)

    def _legacy(self, message: dict[str, Any], headers: Mapping[str, str]) -> Any:
        if "mcp-session-id" in headers and (self.expired or headers["mcp-session-id"] != f"s{self.sessions}"):
            self.expired = False
            self.seen.pop()
            return as_json({"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "not found"}}, 404)
        return self._replied(message)

    def _replied(self, message: dict[str, Any]) -> Any:
        answer = self._answer(message)
        if answer is None:
            return LocalResponse(202)
        if isinstance(answer, dict):
            if message["method"] == "initialize":
                self.sessions += 1
                return as_json(answer, mcp_session_id=f"s{self.sessions}")
            return as_json(answer, 400 if "error" in answer and self.version == MODERN else 200)
        return answer

    def _answer(self, message: dict[str, Any]) -> Any:
        """The message that answers; None for a notification; a response if a reply makes one."""
        if "id" not in message or "method" not in message:
            return None
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        method = message["method"]
        if method in self.replies:
            found = self.replies[method](message)
            if not isinstance(found, dict):
                return found
            return {**answer, **(found if "error" in found else {"result": found})}
        facts = {"capabilities": self.capabilities, "instructions": self.instructions}
        results: dict[str, Any] = {
            "initialize": {"protocolVersion": self.version, **facts},
            "server/discover": {"supportedVersions": [MODERN], **facts},
            "tools/list": {"tools": self.tools},
            "tools/call": text(json.dumps(message["params"].get("arguments"))),
        }
        if method not in results or method == ("initialize" if self.version == MODERN else "server/discover"):
            return {**answer, "error": {"code": -32601, "message": "Method not found"}}
        return {**answer, "result": {"resultType": "complete", **results[method]}}


def opened(server: Server, **options: Any) -> McpToolset:
    """The toolset; `remote` adds to its options."""
    remote = {"url": URL, **options.pop("remote", {})}
    entry = ToolsetConfig.model_validate({"type": "mcp", "remote": remote, **options})
    return open_mcp(entry, services(server))


async def names(toolset: McpToolset, context: Context | None = None) -> list[str]:
    """The names of the tools that a step would have."""
    await toolset.connect((context or Context()).ask_user)
    return [tool.spec.name for tool in await toolset.tools()]


async def call(toolset: McpToolset, name: str, context: Context | None = None, /, **arguments: Any) -> str:
    """The result of a call in a step of its own; one that failed begins with `!`."""
    context = context or Context()
    await toolset.connect(context.ask_user)
    try:
        tool = next(tool for tool in await toolset.tools() if tool.spec.name == name)
        result = await tool.call(arguments, context)
    except ToolError as error:
        return f"!{error}"
    assert isinstance(result, (ToolResult, str))
    found = result if isinstance(result, ToolResult) else ToolResult(result)
    return f"!{found.output}" if found.is_error else found.output


OTHER = {"name": "other", "inputSchema": {"type": "object"}}
