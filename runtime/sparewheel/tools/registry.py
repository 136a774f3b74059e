"""Opens the built-in toolsets by their type in the agent file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import ConfigError
from .builtin.files import files
from .builtin.memory import memory
from .builtin.model_picker import model_picker
from .builtin.plan import plan
from .builtin.session_context import session_context
from .builtin.think import think
from .builtin.todo import todo
from .builtin.user_prompt import user_prompt
from .toolset import BuiltinToolset
from .web.api import api
from .web.fetch import fetch
from .web.openapi import openapi

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.toolsets import ToolsetConfig
    from .services import Services
    from .toolset import Contents


def _rag(entry: ToolsetConfig, services: Services) -> Contents:
    from .documents.toolset import rag  # few agents have documents

    return rag(entry, services)


TYPES: Final[dict[str, Callable[[ToolsetConfig, Services], Contents]]] = {
    "api": api,
    "fetch": fetch,
    "files": files,
    "memory": memory,
    "model_picker": model_picker,
    "openapi": openapi,
    "plan": plan,
    "rag": _rag,
    "session_context": session_context,
    "think": think,
    "todo": todo,
    "user_prompt": user_prompt,
}


def open_toolset(entry: ToolsetConfig, services: Services) -> BuiltinToolset:
    """Open the toolset of an entry of the agent file. Raises `ConfigError` if its options are wrong."""
    contents_of = TYPES.get(entry.type)
    if contents_of is None:
        raise ConfigError(f'toolset type "{entry.type}" is not built in.', f"Built in are: {', '.join(TYPES)}.")
    contents = contents_of(entry, services)
    if contents.load is None:
        names = [tool.spec.name for tool in contents.tools]
        unknown = [name for name in entry.tools if name not in names]
        if unknown:
            raise ConfigError(
                f"The {entry.type} toolset has no tool named {', '.join(unknown)}.", f"It has: {', '.join(names)}."
            )
    return BuiltinToolset(entry, contents)
