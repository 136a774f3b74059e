"""MCP servers that others wrote, as processes: server-everything (npm), and one of the official Python SDK (PyPI)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bundle.fetch import MCP_PACKAGES, MCP_TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_EVERYTHING: Final = MCP_TESTS / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"


@contextmanager
def everything() -> Iterator[str]:
    """server-everything over streamable HTTP: its URL. It speaks revision 2025-11-25."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with _process(["node", str(_EVERYTHING), "streamableHttp"], {"PORT": str(port)}) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if str(port) in line:
                break
        else:
            raise AssertionError("server-everything did not start")
        yield f"http://127.0.0.1:{port}/mcp"


@contextmanager
def python_sdk() -> Iterator[str]:
    """The server of `tests/mcp/server.py`: its URL. It speaks revision 2026-07-28, and those before."""
    environment = {"PYTHONPATH": str(MCP_PACKAGES)}
    with _process([sys.executable, str(MCP_TESTS / "server.py")], environment) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the server of the Python SDK did not start"
        yield url


@contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}  # a tool shows all of it
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env={**kept, **environment}, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
