"""The tools of each agent of a session: toolsets are opened once and queried before each step."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..jsonschema.dialects import normalise
from ..providers.registry import wire_format
from ..tools.base import Connecting, Registry, unattended

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

    from ..config.specs import ResolvedAgent
    from ..jsonschema.dialects import Dialect
    from ..messages import Message
    from ..tools.base import AskUser, Tool, ToolContext, ToolResult, Toolset
    from ..tools.search import ToolSearch

WHY: Final = "description"
PATIENCE: Final = 0.3  # seconds


class Toolbox:
    """The open toolsets of every agent. `open_toolsets` opens those of one agent."""

    def __init__(self, open_toolsets: Callable[[ResolvedAgent], Iterable[Toolset]]) -> None:
        self._open_toolsets = open_toolsets
        self._open: dict[str, list[Toolset]] = {}
        self._connecting: dict[str, list[Connecting]] = {}  # of these; to ask a protocol takes as long as all the rest
        self._search: ToolSearch | None = None

    def open(self, agent: ResolvedAgent) -> None:
        """Open the agent's toolsets, once. Raises `ConfigError` for one that cannot be opened."""
        if agent.name not in self._open:
            others: list[Toolset] = []
            connecting: list[Connecting] = []
            for toolset in self._open_toolsets(agent):
                if isinstance(toolset, Connecting):
                    connecting.append(toolset)
                else:
                    others.append(toolset)
            # Servers come last: the names of their tools must not replace those of others.
            self._open[agent.name] = [*others, *connecting]
            self._connecting[agent.name] = connecting

    def connect(
        self, agent: ResolvedAgent, ask: AskUser = unattended, tell: Callable[[list[str]], object] = lambda _: None
    ) -> Coroutine[object, object, None] | None:
        """What connects the sources of the agent's tools that need it, side by side; None if there is none of them.

        `ask` asks the user. `tell` gets the names of those that take longer than `PATIENCE`, and an empty list at the
        end of that.
        """
        self.open(agent)
        found = self._connecting[agent.name]
        return _connect(found, ask, tell) if found else None

    def sources(self, agent: ResolvedAgent) -> Sequence[Toolset]:
        """The open toolsets of an agent. Raises `ConfigError` for one that cannot be opened."""
        self.open(agent)
        return self._open[agent.name]

    async def gather(self, agent: ResolvedAgent) -> Registry:
        """The tools that `agent` has now, with warnings about those that are missing."""
        self.open(agent)
        registry = Registry()
        for toolset in self._open[agent.name]:
            await registry.add(toolset)
        if agent.readonly:
            registry.tools = {name: tool for name, tool in registry.tools.items() if tool.read_only}
        registry.hidden = registry.deferred
        _keep_usable(registry, agent, [name for name in registry.tools if name not in registry.hidden])
        if agent.add_description_parameter:
            registry.tools = {name: _with_description(tool) for name, tool in registry.tools.items()}
        return registry

    def hide(self, registry: Registry, agent: ResolvedAgent, messages: Sequence[Message]) -> None:
        """Show a model the hidden tools only if it found them in `messages`, and a tool to search them."""
        from ..tools.search import ToolSearch  # few agents need it
        from .deferred import add_search, found

        self._search = self._search or ToolSearch()
        shown = [name for name in registry.tools if name not in registry.hidden]
        search = add_search(registry, self._search)
        names = found(messages, search, registry.hidden)
        _keep_usable(registry, agent, names)
        registry.shown = [*shown, search, *(name for name in names if name in registry.tools)]

    async def close(self) -> None:
        for toolsets in self._open.values():
            for toolset in toolsets:
                with contextlib.suppress(Exception):  # a failure must not keep the others open
                    await toolset.close()
        self._open.clear()

    def instructions(self, agent: ResolvedAgent) -> list[str]:
        """Texts that an agent's toolsets add to its instruction."""
        found = [getattr(toolset, "instruction", "") for toolset in self._open.get(agent.name, ())]
        return [text for text in found if text]


def _keep_usable(registry: Registry, agent: ResolvedAgent, names: Iterable[str]) -> None:
    """Remove those tools that a model of the chain cannot take, so that one bad schema does not fail every request."""
    dialects = {wire_format(spec.api).dialect for spec in agent.chain}
    for name in names:
        if problem := _unusable(registry.tools[name], dialects):
            registry.warnings.append(f"The tool {name} is left out: {problem}")
            del registry.tools[name]


async def _connect(toolsets: Iterable[Connecting], ask: AskUser, tell: Callable[[list[str]], object]) -> None:
    tasks = {asyncio.ensure_future(toolset.connect(ask)): toolset.name for toolset in toolsets}
    try:
        _, pending = await asyncio.wait(tasks, timeout=PATIENCE)  # their `tools` raise what is wrong
        while pending:
            tell([name for task, name in tasks.items() if task in pending])
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            if not pending:
                tell([])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _with_description(tool: Tool) -> Tool:
    """The same tool with one more argument, a description of the call by the model, which the tool does not get."""
    properties = tool.spec.parameters.get("properties", {})
    if not isinstance(properties, dict) or WHY in properties:
        return tool
    why = {"type": "string", "description": "In a few words: what this call is for."}
    parameters = {**tool.spec.parameters, "properties": {WHY: why, **properties}}

    async def call(arguments: dict[str, Any], context: ToolContext) -> ToolResult | str:
        arguments.pop(WHY, None)
        return await tool.call(arguments, context)

    return replace(tool, spec=replace(tool.spec, parameters=parameters), call=call)


def _unusable(tool: Tool, dialects: Iterable[Dialect]) -> str:
    try:
        for dialect in dialects:
            normalise(tool.spec.parameters, dialect)
    except ValueError as error:
        return str(error)
    return ""
