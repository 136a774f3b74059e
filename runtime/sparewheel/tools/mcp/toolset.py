"""The `mcp` toolset: the tools of a remote server."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ...errors import ConfigError
from ...jsonschema.reader import Budget
from ...providers.base import ToolSpec
from ..base import DEFAULT_TIMEOUT, Tool, ToolError
from ..toolset import ORIGINAL
from ..web.addresses import AddressRules, normalise
from .authorizer import NoAuthorizer
from .connection import Connection
from .content import tool_result
from .definitions import Definition, definition_of, usable_name
from .exchange import Exchange
from .failures import Unanswered, Unreachable
from .features import Features
from .headers import param_headers
from .http import Http
from .listing import Listing
from .modern import VERSION
from .oauth.authorizer import sign_in_to
from .rpc import MAX_ERROR, RpcError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from ...config.toolsets import ToolsetConfig
    from ..base import AskUser, ToolContext, ToolResult
    from ..services import Services
    from .authorizer import Authorizer
    from .link import Link
    from .rpc import Message
    from .sampling import Sampler

MAX_TOOLS: Final = 1_000
MAX_SIZE: Final = 4 * 1024 * 1024  # characters of all definitions that are kept
MAX_PARTS: Final = 3_000  # of the schema of one tool, with its references resolved
MAX_PARTS_OF_ALL: Final = 40_000  # the first request to a model converts those that it is shown at once
MANY_PARTS: Final = 300
MAX_WARNINGS: Final = 20
MIN_FRESH: Final = 60.0  # seconds before a list is read again that the server does not report changes of
MAYBE_DONE: Final = ". What was asked may have been done: find out before you ask for it again."
HEADER_MISMATCH: Final = -32020
TTL: Final = 3_600_000  # milliseconds that a server is asked to keep the result of a task
_DESCRIBED: Final = """## Tools of {name}

Some of your tools belong to the server {host}. Its operator wrote this about them, not the user:

{text}"""


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
    sampler = None
    if entry.sampling == "allow":
        from .sampling import Sampler as AllowedSampler  # few servers have one

        sampler = AllowedSampler(services)
    return McpToolset(entry, http, str(url), sampler)


class McpToolset:
    """A `Connecting` toolset. `warnings` are about tools that are left out."""

    def __init__(self, entry: ToolsetConfig, http: Http, url: str, sampler: Sampler | None = None) -> None:
        assert entry.remote is not None
        self.name = entry.name or urlsplit(url).hostname or "mcp"
        self.defer = entry.defer
        self.warnings: list[str] = []
        self._entry = entry
        self._url = url
        self._connection = Connection(http, url, entry.remote.transport_type, sampler)
        self._features = Features(self._link, self._feature, self.name)
        self._limit = DEFAULT_TIMEOUT if entry.timeout is None else float(entry.timeout)
        self._loading = asyncio.Lock()
        self._loaded: Link | None = None  # where the tools come from
        self._fresh_until: float | None = None  # on the event loop's clock; None: until the server reports a change
        self._definitions: dict[str, Definition] = {}
        self._tools: list[Tool] = []
        self._failure: ToolError | None = None

    @property
    def instruction(self) -> str:
        """What the agent file tells models about the tools, else what the server does."""
        text = self._loaded.server.instructions if self._loaded and not self._failure else ""
        about = _DESCRIBED.format(name=self.name, host=self._connection.host, text=text) if text else ""
        return (self._entry.instruction or ORIGINAL).replace(ORIGINAL, about, 1)

    async def connect(self, ask: AskUser) -> None:
        """Connect and read the list of tools, unless that is done; `tools` raises what goes wrong."""
        clock = asyncio.get_running_loop().time
        async with self._loading:
            try:
                link = await self._connection.open(ask)
                if not self._is_current(link):
                    began = clock()
                    try:
                        await self._load(link, ask)
                    except ToolError as error:
                        await self._connection.failed(error, began)
                        raise
                self._failure = None
            except ToolError as error:
                self._failure = error
            except Exception as error:  # a defect must not look like a server without tools
                self._failure = ToolError(f"{type(error).__name__}: {error}"[:MAX_ERROR])

    async def tools(self) -> Sequence[Tool]:
        """The tools that the server has. Raises `ToolError`."""
        if self._failure is not None:
            raise self._failure
        return self._tools

    def renamed(self, tool: Tool, taken: Container[str]) -> Tool:
        """The tool under a name that is free, because another source of the agent has one of its name."""
        return replace(tool, spec=replace(tool.spec, name=usable_name(f"{self.name}_{tool.spec.name}", taken)))

    async def prompts(self) -> list[Message]:
        """The prompts of the server, as it lists them. Raises `ToolError`."""
        return await self._features.prompts()

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> ToolResult:
        """A prompt of the server, filled in. Raises `ToolError`."""
        try:
            return await self._features.prompt(name, arguments)
        except ToolError as error:
            raise ToolError(f"{self._connection.host}: {error}") from None

    async def close(self) -> None:
        await self._connection.close()
        self._loaded, self._tools = None, []

    # The list of tools ------------------------------------------------------------------------------------------

    def _is_current(self, link: Link) -> bool:
        if self._loaded is not link or "tools" in link.changed or self._connection.suspect:
            return False
        return self._fresh_until is None or asyncio.get_running_loop().time() < self._fresh_until

    async def _load(self, link: Link, ask: AskUser) -> None:
        """Read the list. Raises `ToolError`."""
        link.changed.discard("tools")
        found: dict[str, Definition] = {}
        warnings: list[str] = []
        size, parts = 0, MAX_PARTS_OF_ALL
        listing = Listing(link, "tools", "tools", ask)
        is_room = True
        if link.server.has("tools") or not link.server.capabilities:
            async with aclosing(listing.entries(lambda: is_room)) as entries:
                async for entry in entries:
                    if not self._is_named(entry.get("name")):
                        continue
                    budget = Budget(min(MAX_PARTS, parts))
                    try:
                        definition = definition_of(entry, budget, with_headers=link.server.version == VERSION)
                    except ValueError as error:
                        warnings.append(f"{self.name}: {error}"[:500])
                    else:
                        if (definition.read_only or not self._entry.readonly) and definition.name not in found:
                            found[definition.name] = definition
                            size += definition.size
                    parts -= budget.spent
                    is_room = len(found) < MAX_TOOLS and size < MAX_SIZE and parts > 0
                    if budget.spent > MANY_PARTS:
                        await asyncio.sleep(0)  # lets other tasks run
        if listing.cut:
            warnings.append(
                f"{self.name} has more tools than the first {len(found)}: name those that are needed under tools"
            )
        self._definitions, self.warnings = found, warnings[:MAX_WARNINGS]
        self._tools = self._named(link)
        clock = asyncio.get_running_loop().time
        self._fresh_until = max(listing.fresh, MIN_FRESH) + clock() if listing.fresh and not link.listens else None
        self._loaded, self._connection.suspect = link, False

    def _is_named(self, name: object) -> bool:
        """Whether the agent file keeps a tool of this name. It may name it with its prefix, or without."""
        names = self._entry.tools
        return not names or name in names or f"{self._entry.name}_{name}" in names

    def _named(self, link: Link) -> list[Tool]:
        """The tools as models see them; with a name of the toolset, theirs begin with it, as in docker-agent."""
        prefix = f"{self._entry.name}_" if self._entry.name else ""
        tools: dict[str, Tool] = {}
        for definition in self._definitions.values():
            name = usable_name(prefix + definition.name, tools)
            tools[name] = self._tool(name, definition)
        for tool in self._features.tools(link):
            if not self._entry.tools or tool.spec.name in self._entry.tools:
                name = usable_name(prefix + tool.spec.name, tools)
                tools[name] = replace(tool, spec=replace(tool.spec, name=name), definition=self._url)
        return list(tools.values())

    # Calls ------------------------------------------------------------------------------------------------------

    def _tool(self, name: str, definition: Definition) -> Tool:
        async def call(arguments: dict[str, Any], context: ToolContext) -> ToolResult:
            return await self._call(definition, arguments, context)

        return Tool(
            ToolSpec(name, definition.description, definition.parameters),
            call,
            read_only=definition.read_only,
            timeout=0,  # `Exchange` has one that waits for users
            definition=f"{self._url} {definition.digest}",
        )

    async def _call(self, definition: Definition, arguments: dict[str, Any], context: ToolContext) -> ToolResult:
        """Call a tool, if it is still the one that was approved. Raises `ToolError`."""

        async def check() -> None:
            await self.connect(context.ask_user)
            self._check(definition)

        link = await self._link(context)
        if not self._is_current(link):
            await check()
        self._check(definition)
        params: Message = {"name": definition.name, "arguments": arguments}
        as_task = definition.is_task and link.server.has("tasks")
        if as_task:
            params["task"] = {"ttl": TTL}
        exchange = self._exchange("tools/call", params, definition.name, context)
        exchange.headers = param_headers(definition.headers, arguments)
        exchange.renewed = check
        try:
            result = await self._connection.request(exchange)
            if as_task:
                from .tasks import finished  # few tools are tasks

                send = partial(self._feature, name=definition.name, context=context)
                result = await finished(result, send, context.progress, self._limit)
            return tool_result(result)
        except RpcError as error:
            if error.code == HEADER_MISMATCH:
                link.changed.add("tools")
                await check()
            raise ToolError(f"{self._connection.host}: {error} (code {error.code})") from None
        except ToolError as error:
            # A browser hides as well an answer that it has got, such as one without the header for the page.
            may_be_done = isinstance(error, Unanswered) or (isinstance(error, Unreachable) and error.hidden)
            doubt = may_be_done and not definition.read_only
            raise ToolError(f"{self._connection.host}: {error}{MAYBE_DONE if doubt else ''}") from None

    def _check(self, definition: Definition) -> None:
        """Raises `ToolError` if the server has changed the tool since this definition was shown and approved."""
        now = self._definitions.get(definition.name)
        if self._failure is not None:
            raise ToolError(f"{self._connection.host}: {self._failure}")
        if now is None or now.digest != definition.digest:
            raise ToolError(
                f"Not executed: the server {'has changed' if now else 'no longer has'} this tool. "
                "Look at your tools again."
            )

    def _exchange(self, method: str, params: Message, name: str, context: ToolContext) -> Exchange:
        return Exchange(method, params, self._limit, name, context=context, asker=context.ask_user)

    async def _link(self, context: ToolContext) -> Link:
        return await self._connection.open(context.ask_user)

    async def _feature(self, method: str, params: Message, name: str, context: ToolContext) -> Message:
        return await self._connection.request(self._exchange(method, params, name, context))
