"""Sparewheel: an agent runtime that goes on when a model fails, in a browser tab or in a Python program.

    import asyncio
    import os

    import sparewheel

    async def main() -> None:
        async with sparewheel.open_agent("agent.yaml", env=os.environ) as session:
            async for event in session.stream("Why is the sky blue?"):
                if event["type"] == "delta":
                    print(event.get("content", ""), end="")

    asyncio.run(main())

`sparewheel.headless` drives the built page from Python, `sparewheel.testing` is a scripted provider for tests. The
names below are imported when they are used: in a browser, `import sparewheel` comes before everything else.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which takes longer to import than all of this
if TYPE_CHECKING:
    from .errors import ConfigError, ErrorInfo, ProviderError, SparewheelError, TransportError, TurnFailed
    from .events import Event, is_error, is_exhausted, is_fallback, is_terminal
    from .native import AgentSession, Result, SessionStore, open_agent
    from .tools import ToolContext, ToolError, tool
    from .transcript import Transcript, fold

__version__ = "0.1.0"

__all__ = [
    "AgentSession",
    "ConfigError",
    "ErrorInfo",
    "Event",
    "ProviderError",
    "Result",
    "SessionStore",
    "SparewheelError",
    "ToolContext",
    "ToolError",
    "Transcript",
    "TransportError",
    "TurnFailed",
    "__version__",
    "fold",
    "is_error",
    "is_exhausted",
    "is_fallback",
    "is_terminal",
    "open_agent",
    "tool",
]

_MODULES = {
    "errors": ("ConfigError", "ErrorInfo", "ProviderError", "SparewheelError", "TransportError", "TurnFailed"),
    "events": ("Event", "is_error", "is_exhausted", "is_fallback", "is_terminal"),
    "native": ("AgentSession", "Result", "SessionStore", "open_agent"),
    "tools": ("ToolContext", "ToolError", "tool"),
    "transcript": ("Transcript", "fold"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # type checkers know the names, and refuse others

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f".{_HOME[name]}", __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
