"""A scripted model provider for tests: real sockets, real SSE, real CORS, real faults.

    from sparewheel.testing import Reply, ScriptedProvider, anthropic, errors

    with ScriptedProvider() as server:
        server.script("claude-x", errors.anthropic_overloaded(), Reply(anthropic(text=["Hel", "lo"]), every=0.05))
        # run the agent against server.url, then inspect server.requests

As a command: `python -m sparewheel.testing --port 8080 --script script.json` (see `--help` for the script's format).
Pure standard library, but for the fixture `cassette`, which needs pytest; nothing here imports the rest of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors
from .background import Background, BackgroundResponse
from .record import Request
from .responses import openai_responses
from .script import BEFORE_HEAD, Gate, Reply, dropped
from .server import ScriptedProvider, ScriptError
from .streams import Events, ToolCall, Usage, anthropic, gemini, openai_chat, sse

if TYPE_CHECKING:
    from .cassettes import Cassette, cassette


def __getattr__(name: str) -> object:
    """The fixture `cassette` and its class, which need pytest."""
    if name not in ("Cassette", "cassette"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import cassettes

    return getattr(cassettes, name)


__all__ = [
    "BEFORE_HEAD",
    "Background",
    "BackgroundResponse",
    "Cassette",
    "Events",
    "Gate",
    "Reply",
    "Request",
    "ScriptError",
    "ScriptedProvider",
    "ToolCall",
    "Usage",
    "anthropic",
    "cassette",
    "dropped",
    "errors",
    "gemini",
    "openai_chat",
    "openai_responses",
    "sse",
]
