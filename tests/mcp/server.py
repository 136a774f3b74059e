"""Serves tools of the official Python SDK on a free port of this machine, and prints the URL.

Starlette's middleware adds the CORS headers that the SDK does not send.
"""

# The SDK is not installed where types are checked.
# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Annotated, Any

import uvicorn
from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Image, MCPServer, Resolve
from mcp.types import ToolAnnotations
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware

server = MCPServer("tests", instructions="Tools of the tests.")
stopped = asyncio.Event()


class Booking(BaseModel):
    seats: int
    name: str = "unknown"


async def ask() -> Elicit[Booking]:
    return Elicit("How many seats?", Booking)


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def picture() -> Image:
    """Get a picture."""
    return Image(data=b"\x89PNG\r\n\x1a\n picture", format="png")


@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("there are no seats")


@server.tool()
async def book(answer: Annotated[ElicitationResult[Booking], Resolve(ask)]) -> str:
    """Book seats."""
    return f"{answer.data.seats} for {answer.data.name}" if answer.action == "accept" else answer.action


@server.tool()
async def count(to: int, context: Context[Any, Any]) -> str:
    """Count, with progress."""
    for number in range(to):
        await context.report_progress(number + 1, to, f"at {number + 1}")
    return "counted"


@server.tool()
async def wait(context: Context[Any, Any]) -> str:
    """Wait until the call is cancelled."""
    await context.report_progress(1, 2, "waiting")
    try:
        await asyncio.Event().wait()
    finally:
        stopped.set()
    return "never"


@server.tool()
async def was_stopped() -> str:
    """Wait until a call of `wait` was cancelled."""
    await stopped.wait()
    return "stopped"


@server.resource("text://about")
def about() -> str:
    """What this is."""
    return "A server of the tests."


@server.prompt()
def greet(name: str) -> str:
    """A greeting."""
    return f"Greet {name}."


app = CORSMiddleware(
    server.streamable_http_app(),
    allow_origins=["*"],
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=["Mcp-Session-Id"],
)
with socket.create_server(("127.0.0.1", 0)) as listening:
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])
