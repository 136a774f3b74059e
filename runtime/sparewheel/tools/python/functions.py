"""Functions that a Python program passes to a session as tools."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..base import ToolError
from .errors import explain
from .function import function_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ..base import Tool


class FunctionToolset:
    """The functions as tools, by their own names.

    Raises:
        ConfigError: one of them cannot be a tool, or two have the same name.
    """

    name = "the program"

    def __init__(self, functions: Iterable[Callable[..., Any]], secrets: Iterable[str] = ()) -> None:
        self.warnings: list[str] = []
        self._tools: dict[str, Tool] = {}
        self._explain = partial(explain, source="", filename="", secrets=frozenset(secrets))
        for function in functions:
            self._add(function)

    async def tools(self) -> Sequence[Tool]:
        return list(self._tools.values())

    async def close(self) -> None:
        """The functions belong to the program."""

    def _add(self, function: Callable[..., Any]) -> None:
        name = getattr(function, "__name__", repr(function))
        if not callable(function):
            raise ConfigError(f"tools: {type(function).__name__} is not a function")
        if name in self._tools:
            raise ConfigError(f"tools: there are two functions named {name}", "Rename one of them.")
        try:
            tool, warning = function_tool(name, function, self._explain)
        except ToolError as error:
            raise ConfigError(f"tools: {name} cannot be a tool: {error}"[:500]) from None
        self._tools[name] = replace(tool, definition=_definition(function))
        if warning:
            self.warnings.append(warning)


def _definition(function: Callable[..., Any]) -> str:
    """Where the function stands, and its source where that can be read."""
    own = inspect.unwrap(function)
    try:
        source = inspect.getsource(own)
    except (OSError, TypeError):  # typed at a prompt, or made by `exec`
        source = code.co_code.hex() if (code := getattr(own, "__code__", None)) else ""
    return f"{getattr(own, '__module__', '')}.{getattr(own, '__qualname__', '')}\n{source}"
