"""The parts of a built-in toolset: tools whose arguments are a pydantic model, and the options of the agent file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..jsonschema.models import UntitledFields
from ..jsonschema.tree import without
from ..providers.base import ToolSpec
from .arguments import wrong_arguments
from .base import DEFAULT_TIMEOUT, Tool, ToolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from pydantic_core.core_schema import ModelSchema

    from ..config.toolsets import ToolsetConfig
    from .base import Defer, ToolContext, ToolResult

_DEFERRED: Final = ("api", "openapi")  # which an agent may have many of, if the file does not decide
ORIGINAL: Final = "{ORIGINAL_INSTRUCTIONS}"  # in an agent file's instruction: replaced by the toolset's own


class Arguments(BaseModel):
    """The arguments of a tool."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    pass


class _Schema(UntitledFields):
    """Omits names and docstrings of argument classes, which are not written for a model."""

    def model_schema(self, schema: ModelSchema) -> dict[str, Any]:
        return without(super().model_schema(schema), "title", "description")


Given = TypeVar("Given", bound=Arguments)


def make_tool(
    name: str,
    description: str,
    arguments: type[Given],
    call: Callable[[Given, ToolContext], Awaitable[ToolResult | str]],
    *,
    read_only: bool = False,
    exclusive: bool = False,
    timeout: float = DEFAULT_TIMEOUT,
) -> Tool:
    """Make a tool whose schema is that of the class `arguments`."""

    async def run(given: dict[str, Any], context: ToolContext) -> ToolResult | str:
        return await call(_parse(arguments, given), context)

    parameters = {"properties": {}, **arguments.model_json_schema(schema_generator=_Schema)}
    return Tool(ToolSpec(name, description, parameters), run, read_only, exclusive, timeout)


def _parse(arguments: type[Given], given: dict[str, Any]) -> Given:
    try:
        to_json(given).encode()
    except (ValueError, RecursionError):
        raise ToolError(
            "The arguments are nested too deeply, or contain half a character (a lone surrogate)."
        ) from None
    try:
        return arguments.model_validate(given)
    except ValidationError as error:
        raise ToolError(wrong_arguments(error, given, arguments)) from None


def to_json(value: Any) -> str:
    """The value as JSON, without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown(text: str, limit: int = 100) -> str:
    """Text of the model, quoted for a message to it and cut after `limit` characters."""
    return repr(text if len(text) <= limit else text[:limit] + "…")


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a toolset, before the options of the agent file are applied.

    Args:
        tools: the tools, where they are known at once.
        instruction: a section for the system prompt.
        load: fetches the tools instead. Receives the names to keep (None: all) and whether only read-only tools are
            wanted; called again before the next step if it raised `ToolError`.
    """

    tools: Sequence[Tool] = ()
    instruction: str = ""
    load: Callable[[Collection[str] | None, bool], Awaitable[Sequence[Tool]]] | None = None


class BuiltinToolset:
    """A `Toolset` with the options of the agent file applied. `instruction` is added to the system prompt."""

    def __init__(self, entry: ToolsetConfig, contents: Contents) -> None:
        self.name = entry.name or entry.type
        self.instruction = (entry.instruction or ORIGINAL).replace(ORIGINAL, contents.instruction, 1)
        self.defer: Defer = False if entry.defer is None and entry.type not in _DEFERRED else entry.defer
        self._entry = entry
        self._contents = contents
        self._tools: list[Tool] | None = None

    async def tools(self) -> Sequence[Tool]:
        if self._tools is None:
            kept, read_only = self._entry.tools or None, self._entry.readonly
            load = self._contents.load
            found = self._contents.tools if load is None else await load(kept, read_only)
            own = self._entry.model_dump_json()
            self._tools = [
                replace(tool, definition=f"{own}\n{tool.definition}")
                for tool in found
                if (kept is None or tool.spec.name in kept) and (tool.read_only or not read_only)
            ]
        return self._tools

    async def close(self) -> None:
        self._tools = None
