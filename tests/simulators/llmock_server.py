"""Serves llmock on a free port of this machine and prints its URL.

llmock sends no CORS headers; Starlette's middleware adds them, as a gateway in front of a real server does.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from llmock.main import create_app
from starlette.middleware.cors import CORSMiddleware

app = create_app()
app.add_middleware(
    CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["Retry-After"]
)
with socket.create_server(("127.0.0.1", 0)) as listening:
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])
