"""Tools: what they are (`base`), how their arguments are checked (`arguments`), how the calls of a step are run
(`running`), who may say no (`approval`), and where they come from (one module a source).
"""

from .base import ToolContext, ToolError
from .python.mark import tool

__all__ = ["ToolContext", "ToolError", "tool"]  # for the user's own Python
