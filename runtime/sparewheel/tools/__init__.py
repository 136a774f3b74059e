"""The tools that an agent file can name, and the base that every source of tools shares.

`base` defines a tool and a toolset, `arguments` checks the arguments of a call, `toolset` and `services` are what the
built-in toolsets are made of, `registry` opens one by its type. The toolsets are in `builtin/` (no network), `web/`
(HTTP) and `python/` (the user's own functions). `agent/` runs the calls; tools of the page are in `page/tools`.
"""

from .base import ToolContext, ToolError
from .python.mark import tool

__all__ = ["ToolContext", "ToolError", "tool"]  # for the user's own Python
