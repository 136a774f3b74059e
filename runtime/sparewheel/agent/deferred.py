"""Tools that a model has to find before it is shown them, so that many servers do not fill its window.

The conversation holds what was found: results of the search tool, and calls of deferred tools. So a reloaded session
shows the same tools. What is shown changes only by additions at the end, for the caches of providers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ..messages import ToolCall
from ..providers.base import ToolSpec
from ..slices import run_in_slices
from ..tools.base import SEARCH, Tool, ToolResult, distinct

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from ..messages import Message
    from ..tools.base import Registry, ToolContext
    from ..tools.search import ToolSearch

MAX_FOUND: Final = 60  # that stay, the last used: some services take no more than 128 tools
MAX_RESULTS: Final = 8  # of one search
_MAX_NAMES: Final = 40  # listed when nothing is found
_MAX_SOURCES: Final = 20
_SHOWN: Final = 200  # characters of a description in a result

_FOUND: Final = re.compile(r"^- (\S+)", re.MULTILINE)  # the name of a tool in a result


def add_search(registry: Registry, search: ToolSearch) -> str:
    """Add a tool that searches the hidden ones. Returns its name."""
    name = distinct(SEARCH, registry.tools)
    registry.tools[name] = _search_tool(name, registry, search)
    return name


def found(messages: Sequence[Message], search: str, names: Set[str]) -> list[str]:
    """Those of the tools `names` that were found or called, in the order in which they first were; of many, the ones
    seen last.
    """
    first: dict[str, None] = {}
    last: dict[str, None] = {}
    searches: set[str | None] = set()
    for message in messages:
        if message.role != "tool" and ToolCall not in message.kinds:
            continue
        seen = [call.name for call in message.tool_calls]
        searches.update(call.id for call in message.tool_calls if call.name == search)
        if message.role == "tool" and message.tool_call_id in searches:
            seen += _FOUND.findall(message.text)
        for name in seen:
            if name in names:
                first.setdefault(name)
                last.pop(name, None)
                last[name] = None
    kept = set(list(last)[-MAX_FOUND:])
    return [name for name in first if name in kept]


def _search_tool(name: str, registry: Registry, search: ToolSearch) -> Tool:
    specs = [tool.spec for each, tool in registry.tools.items() if each in registry.hidden]

    async def call(arguments: dict[str, Any], _: ToolContext) -> ToolResult:
        matches = await run_in_slices(search.find(arguments["query"], specs, MAX_RESULTS))
        if not matches:
            some = ", ".join(_line(spec.name, 100) for spec in specs[:_MAX_NAMES])
            return ToolResult(f"No tool matches. {len(specs)} tools can be searched, among them: {some}.")
        lines = [f"- {spec.name} {_line(spec.description)}".rstrip() for spec in matches]
        return ToolResult("\n".join(["These tools are available from now on:", *lines]))

    sources = list(dict.fromkeys(registry.sources[each] for each in registry.tools if each in registry.hidden))
    listed = ", ".join(_line(source, 60) for source in sources[:_MAX_SOURCES])
    description = (
        "Find more tools. Only some are listed; this searches the names and descriptions of the others, and those that "
        f"it finds are available from the next step on. They come from: {listed}."
    )
    query = {"type": "string", "description": "Words for what the tool should do, or its name."}
    parameters = {
        "type": "object",
        "properties": {"query": query},
        "required": ["query"],
        "additionalProperties": False,
    }
    return Tool(ToolSpec(name, description, parameters), call, read_only=True)


def _line(text: str, limit: int = _SHOWN) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text[: 4 * limit].split())
    return line if len(line) <= limit else line[:limit] + "…"
