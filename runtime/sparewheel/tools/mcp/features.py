"""Prompts and resources of a server, as tools: a model lists and reads them when it needs them."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from ...jsontext import write
from ...providers.base import ToolSpec
from ...visible import visible_json
from ..base import Tool, unattended
from .content import filled_prompt, prompt_result, resource_result
from .listing import Listing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..base import AskUser, Call, ToolContext, ToolResult
    from .link import Link
    from .rpc import Message

MAX_ENTRIES: Final = 200  # of a list that a model is shown
MAX_TEXT: Final = 500  # characters of one text in such a list
_FIELDS: Final = ("uri", "uriTemplate", "name", "title", "description", "mimeType", "size", "arguments")
_TEXT: Final = {"type": "string"}


class Features:
    """The tools for what a server has beside tools.

    Args:
        link: returns the connection, opened if need be.
        request: sends a request: its method, its parameters, and the name of what it is about.
        server: its name.
    """

    def __init__(
        self,
        link: Callable[[ToolContext], Awaitable[Link]],
        request: Callable[[str, Message, str, ToolContext], Awaitable[Message]],
        server: str,
    ) -> None:
        self._link = link
        self._request = request
        self._server = server

    def tools(self, link: Link) -> list[Tool]:
        """The tools for a server that is connected."""
        found: list[Tool] = []
        if link.server.has("resources"):
            schema = {"properties": {"uri": _TEXT}, "required": ["uri"]}
            found += [
                self._tool("list_resources", "Lists the resources", {}, self._list_resources),
                self._tool("read_resource", "Reads a resource, by its URI,", schema, self._read_resource),
            ]
        if link.server.has("prompts"):
            values = {"type": "object", "additionalProperties": _TEXT}
            schema = {"properties": {"name": _TEXT, "arguments": values}, "required": ["name"]}
            found += [
                self._tool("list_prompts", "Lists the prompts, with their arguments,", {}, self._list_prompts),
                self._tool("get_prompt", "Gets a prompt, filled in with arguments,", schema, self._get_prompt),
            ]
        return found

    def _tool(self, name: str, does: str, schema: dict[str, Any], call: Call) -> Tool:
        parameters = {"type": "object", "properties": {}, **schema}
        description = f"{does} of the server {self._server}."
        return Tool(ToolSpec(name, description, parameters), call, read_only=True, timeout=0)

    async def prompts(self) -> list[dict[str, Any]]:
        """The prompts of the server, as it lists them. Raises `ToolError`."""
        link = await self._link(_NoCall())
        if not link.server.has("prompts"):
            return []
        async with aclosing(Listing(link, "prompts", "prompts", unattended, MAX_ENTRIES).entries()) as entries:
            return [entry async for entry in entries]

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> ToolResult:
        """A prompt, filled in. Raises `ToolError`."""
        params = {"name": name, "arguments": dict(arguments)}
        return filled_prompt(await self._request("prompts/get", params, name, _NoCall()))

    async def _list_resources(self, _: dict[str, Any], context: ToolContext) -> str:
        templates = await self._listed("resources/templates", "resourceTemplates", context)
        return visible_json(write(await self._listed("resources", "resources", context) + templates))

    async def _list_prompts(self, _: dict[str, Any], context: ToolContext) -> str:
        return visible_json(write(await self._listed("prompts", "prompts", context)))

    async def _read_resource(self, given: dict[str, Any], context: ToolContext) -> ToolResult:
        return resource_result(await self._request("resources/read", {"uri": given["uri"]}, given["uri"], context))

    async def _get_prompt(self, given: dict[str, Any], context: ToolContext) -> ToolResult:
        params = {"name": given["name"], "arguments": given.get("arguments", {})}
        return prompt_result(await self._request("prompts/get", params, given["name"], context))

    async def _listed(self, method: str, key: str, context: ToolContext) -> list[dict[str, Any]]:
        listing = Listing(await self._link(context), method, key, context.ask_user, MAX_ENTRIES)
        async with aclosing(listing.entries()) as entries:
            return [_short_entry(entry) async for entry in entries]


class _NoCall:
    """A `ToolContext` beside the turns: the user has chosen something, and is not asked."""

    call_id = agent = idempotency_key = ""
    ask_user: AskUser = staticmethod(unattended)

    def progress(self, output: str) -> None:
        """There is no call that could show it."""


def _short_entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: _short(entry[name]) for name in _FIELDS if name in entry}


def _short(value: object) -> object:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    return value if len(write(value)) <= 4 * MAX_TEXT else None
