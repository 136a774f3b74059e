"""The tools of each agent of a session: sources are opened once, and asked what they have for each step."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..jsonschema.dialects import normalise
from ..providers.registry import wire_format
from ..tools.base import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.specs import ResolvedAgent
    from ..jsonschema.dialects import Dialect
    from ..state.session_state import Context
    from ..tools.base import Tool, ToolContext, ToolResult, Toolset

WHY: Final = "description"


class Toolbox:
    """Keeps the open sources of every agent."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[str, list[Toolset]] = {}

    def open(self, agent: ResolvedAgent) -> None:
        """Open the agent's sources, once. Raises `ConfigError` for one that cannot be."""
        if agent.name not in self._open:
            self._open[agent.name] = list(self._context.open_toolsets(agent))

    async def gather(self, agent: ResolvedAgent) -> Registry:
        """The tools that `agent` has now, with warnings for those it should have had."""
        self.open(agent)
        registry = Registry()
        for toolset in self._open[agent.name]:
            await registry.add(toolset)
        self._keep_usable(registry, agent)
        if agent.add_description_parameter:
            registry.tools = {name: _with_description(tool) for name, tool in registry.tools.items()}
        return registry

    async def close(self) -> None:
        for toolsets in self._open.values():
            for toolset in toolsets:
                with contextlib.suppress(Exception):  # one that fails to close must not keep the others open
                    await toolset.close()
        self._open.clear()

    def instructions(self, agent: ResolvedAgent) -> list[str]:
        """What the sources of an agent's tools want the model to know."""
        found = [getattr(toolset, "instruction", "") for toolset in self._open.get(agent.name, ())]
        return [text for text in found if text]

    def _keep_usable(self, registry: Registry, agent: ResolvedAgent) -> None:
        """Leave out what a model of the chain could not be told, so that one bad schema does not fail every request."""
        dialects = {wire_format(spec.api).dialect for spec in agent.chain}
        for tool in list(registry.tools.values()):
            if agent.readonly and not tool.read_only:
                del registry.tools[tool.spec.name]
            elif problem := _unusable(tool, dialects):
                registry.warnings.append(f"The tool {tool.spec.name} is left out: {problem}")
                del registry.tools[tool.spec.name]


def _with_description(tool: Tool) -> Tool:
    """The same tool with one more argument, in which the model says why it calls; the tool itself never sees it."""
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
