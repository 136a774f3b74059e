"""Prompts of the servers of an agent, from which a user chooses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from ..errors import ConfigError
from ..tools.base import ToolError, distinct
from ..visible import readable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..page.results import FilePart, PromptArgument, ServerPrompt, TextPart
    from ..tools.base import ToolResult, Toolset

MAX_PROMPTS: Final = 200  # of all servers
MAX_ARGUMENTS: Final = 50
MAX_NAME: Final = 200  # characters
MAX_TEXT: Final = 500  # characters


@runtime_checkable
class Prompting(Protocol):
    """A source of tools that has prompts, too."""

    name: str

    async def prompts(self) -> list[dict[str, Any]]:
        """The prompts, as the server lists them. Raises `ToolError`."""

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> ToolResult:
        """A prompt, filled in. Raises `ToolError`."""


async def list_prompts(toolsets: Sequence[Toolset]) -> list[ServerPrompt]:
    """The prompts of all sources that can be reached now, in the order of the sources."""
    sources = _sources(toolsets)
    found = await asyncio.gather(*(source.prompts() for source in sources.values()), return_exceptions=True)
    prompts = [
        _prompt(server, entry)
        for server, entries in zip(sources, found, strict=True)
        if not isinstance(entries, BaseException)
        for entry in entries
        if isinstance(entry.get("name"), str) and 0 < len(entry["name"]) <= MAX_NAME
    ]
    return prompts[:MAX_PROMPTS]


async def fill_prompt(
    toolsets: Sequence[Toolset], server: str, name: str, arguments: Mapping[str, str]
) -> list[TextPart | FilePart]:
    """A prompt for the user to send. Raises `ConfigError` if the server is not one of these, or does not give it."""
    source = _sources(toolsets).get(server)
    if source is None:
        raise ConfigError(f"The agent has no server {server[:MAX_NAME]!r}.")
    try:
        result = await source.prompt(name, arguments)
    except ToolError as error:
        raise ConfigError(f"The prompt could not be read: {error}") from None
    files: list[FilePart] = [
        {"type": "file", "file": {"name": f"{name} {number}", "mime_type": media.mime_type, "data": media.data}}
        for number, media in enumerate(result.media, 1)
    ]
    return [*files, {"type": "text", "text": result.output}]


def _sources(toolsets: Sequence[Toolset]) -> dict[str, Prompting]:
    found: dict[str, Prompting] = {}
    for toolset in toolsets:
        if isinstance(toolset, Prompting):
            found[distinct(toolset.name, found)] = toolset
    return found


def _prompt(server: str, entry: Mapping[str, Any]) -> ServerPrompt:
    about = next((text for key in ("description", "title") if (text := _text(entry.get(key)))), "")
    arguments = entry.get("arguments")
    return {
        "server": server,
        "name": entry["name"],
        "description": about,
        "arguments": [
            _argument(each)
            for each in (arguments[:MAX_ARGUMENTS] if isinstance(arguments, list) else ())
            if isinstance(each, dict) and isinstance(each.get("name"), str)
        ],
    }


def _argument(entry: Mapping[str, Any]) -> PromptArgument:
    return {
        "name": entry["name"][:MAX_NAME],
        "description": _text(entry.get("description")),
        "required": entry.get("required") is True,
    }


def _text(value: object) -> str:
    return readable(value[:MAX_TEXT]) if isinstance(value, str) else ""
