"""The `mcp` toolset: the tools of a remote server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ...errors import ConfigError
from ...providers.base import ToolSpec
from ..base import DEFAULT_TIMEOUT, Tool, ToolError
from ..web.addresses import AddressRules, normalise
from .authorizer import NoAuthorizer
from .content import tool_result
from .definitions import Definition, definition_of, usable_name
from .exchange import Exchange
from .http import Http
from .legacy import Legacy
from .oauth.authorizer import sign_in_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...config.toolsets import ToolsetConfig
    from ..base import AskUser, ToolContext, ToolResult
    from ..services import Services
    from .authorizer import Authorizer

START_TIMEOUT: Final = 15.0  # seconds
MAX_TOOLS: Final = 1_000
MAX_PAGES: Final = 100


def open_mcp(entry: ToolsetConfig, services: Services, authorizer: Authorizer | None = None) -> McpToolset:
    """Open the toolset of an entry; nothing is sent yet.

    Args:
        entry: the entry, which has `remote`.
        services: those of the session.
        authorizer: signs in to the server; None: by OAuth, if the entry has no header that does.

    Raises:
        ConfigError: the address cannot be requested.
    """
    assert entry.remote is not None
    rules = AddressRules(private=entry.allow_private_ips)
    try:
        url = normalise(entry.remote.url)
    except ToolError as error:
        raise ConfigError(f"The url of the mcp toolset cannot be used: {error}") from None
    transport = services.transport_for(private=rules.private)
    if authorizer is None and "authorization" in map(str.lower, entry.remote.headers):
        authorizer = NoAuthorizer()
    authorizer = authorizer or sign_in_to(url, entry.remote.oauth, services, private=rules.private)
    http = Http(transport, rules, authorizer, entry.remote.headers)
    return McpToolset(entry, http, str(url))


class McpToolset:
    """A `Connecting` toolset. `warnings` are about tools that are left out."""

    def __init__(self, entry: ToolsetConfig, http: Http, url: str) -> None:
        self.name = entry.name or urlsplit(url).hostname or "mcp"
        self.defer = entry.defer
        self.warnings: list[str] = []
        self._entry = entry
        self._http = http
        self._url = url
        self._limit = DEFAULT_TIMEOUT if entry.timeout is None else float(entry.timeout)
        self._link: Legacy | None = None
        self._tools: list[Tool] = []
        self._failure: ToolError | None = None

    async def connect(self, ask: AskUser) -> None:
        """Connect, unless that is done; `tools` raises what goes wrong."""
        if self._link is not None:
            return
        try:
            link = Legacy(self._http, self._url)
            exchange = Exchange("initialize", {}, START_TIMEOUT, ask=ask)
            async with exchange.patience:
                await link.open(exchange)
            self._tools = self._named(await self._listed(link, ask))
            self._link, self._failure = link, None
        except ToolError as error:
            self._failure = error

    async def tools(self) -> Sequence[Tool]:
        """The tools that the server has. Raises `ToolError`."""
        if self._failure is not None:
            raise self._failure
        return self._tools

    async def close(self) -> None:
        self._link, self._tools = None, []

    async def _listed(self, link: Legacy, ask: AskUser) -> list[Definition]:
        found: list[Definition] = []
        cursor: Any = None
        for _ in range(MAX_PAGES):
            params = {} if cursor is None else {"cursor": cursor}
            page = await self._request(link, Exchange("tools/list", params, START_TIMEOUT, ask=ask))
            for each in page.get("tools") or ():
                definition = definition_of(each)
                if isinstance(definition, Definition):
                    found.append(definition)
            cursor = page.get("nextCursor")
            if not cursor or len(found) >= MAX_TOOLS:
                break
        return found[:MAX_TOOLS]

    async def _request(self, link: Legacy, exchange: Exchange) -> dict[str, Any]:
        async with exchange.patience:
            return await link.request(exchange)

    def _named(self, found: Sequence[Definition]) -> list[Tool]:
        prefix = f"{self._entry.name}_" if self._entry.name else ""
        tools: dict[str, Tool] = {}
        for definition in found:
            name = usable_name(prefix + definition.name, tools)
            kept = not self._entry.tools or not {definition.name, name}.isdisjoint(self._entry.tools)
            if kept and (definition.read_only or not self._entry.readonly):
                tools[name] = self._tool(name, definition)
        return list(tools.values())

    def _tool(self, name: str, definition: Definition) -> Tool:
        async def call(arguments: dict[str, Any], context: ToolContext) -> ToolResult:
            params = {"name": definition.name, "arguments": arguments}
            if self._link is None:
                raise ToolError("the server is not connected")
            ask = context.ask_user
            exchange = Exchange("tools/call", params, self._limit, definition.name, context=context, ask=ask)
            return tool_result(await self._request(self._link, exchange))

        return Tool(
            ToolSpec(name, definition.description, definition.parameters),
            call,
            read_only=definition.read_only,
            timeout=0,
            definition=f"{self._url} {definition.digest}",
        )
