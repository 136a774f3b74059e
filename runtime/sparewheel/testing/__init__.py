"""A scripted model provider for tests: real sockets, real SSE, real CORS, real faults.

    from sparewheel.testing import Reply, ScriptedProvider, anthropic, errors

    with ScriptedProvider() as server:
        server.script("claude-x", errors.anthropic_overloaded(), Reply(anthropic(text=["Hel", "lo"]), every=0.05))
        # run the agent against server.url, then inspect server.requests

As a command: `python -m sparewheel.testing --port 8080 --script script.json` (see `--help` for the script's format).
Pure standard library; nothing here imports the rest of the package.
"""

from __future__ import annotations

from . import errors
from .background import Background, BackgroundResponse
from .record import Request
from .responses import openai_responses
from .script import BEFORE_HEAD, Gate, Reply, dropped
from .server import ScriptedProvider, ScriptError
from .streams import Events, ToolCall, Usage, anthropic, gemini, openai_chat, sse

__all__ = [
    "BEFORE_HEAD",
    "Background",
    "BackgroundResponse",
    "Events",
    "Gate",
    "Reply",
    "Request",
    "ScriptError",
    "ScriptedProvider",
    "ToolCall",
    "Usage",
    "anthropic",
    "dropped",
    "errors",
    "gemini",
    "openai_chat",
    "openai_responses",
    "sse",
]
