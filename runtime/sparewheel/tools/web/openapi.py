"""`openapi`: the operations of an HTTP API as tools, read from its OpenAPI document."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from ...errors import ConfigError
from ...jsonschema.reader import Budget
from ...providers.base import ToolSpec
from ...slices import run_in_slices
from ..base import Tool, ToolError
from ..toolset import Contents, to_json
from .addresses import normalise
from .api import fill, plain, with_query
from .openapi_spec import MAX_SPEC, base_url, operations, parse_spec, signature
from .requests import Ask, Web, result_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ...config.toolsets import ToolsetConfig
    from ...transports.base import Url
    from ..base import ToolContext, ToolResult
    from ..services import Services
    from .openapi_spec import Operation, Parameter, Signature

MAX_OPERATIONS: Final = 200  # tools; providers refuse more, and models choose badly among many
MAX_PARTS: Final = 3_000  # of the schemas of one operation, with their references resolved
MAX_PARTS_OF_ALL: Final = 20_000  # the first request to a model converts all of them
_STEP: Final = 200  # operations that are looked at before other tasks run
_MARGIN: Final = 10.0  # seconds that a call may take beyond its request


class _Document:
    """The document of a toolset, fetched before the first step."""

    def __init__(self, url: Url, headers: dict[str, str], web: Web) -> None:
        self._url = url
        self._headers = headers
        self._web = web

    async def tools(self, kept: Collection[str] | None, read_only: bool) -> Sequence[Tool]:
        """Fetch the document and make its tools. Raises `ToolError`; the session goes on without the tools."""
        answer = await self._web.send(
            Ask("GET", str(self._url), {"Accept": "application/json", **self._headers}), limit=MAX_SPEC
        )
        if answer.status != 200:
            raise ToolError(f"the OpenAPI document could not be fetched: HTTP {answer.status}")
        if answer.cut:
            raise ToolError(f"the OpenAPI document is larger than {MAX_SPEC} bytes")
        spec = await run_in_slices(parse_spec(answer.body))
        base = base_url(spec, str(self._url))
        server = self._web.rules.check(base)
        if self._headers and not self._web.rules.allowed and server.origin != self._url.origin:
            raise ToolError(
                f"the OpenAPI document sends requests to {server.origin}, but the toolset's headers are for "
                f"{self._url.origin}: name both in allowed_domains"
            )
        wanted = []
        for number, operation in enumerate(operations(spec)):
            if (kept is None or operation.name in kept) and (operation.read_only or not read_only):
                wanted.append(operation)
            if number % _STEP == 0:
                await asyncio.sleep(0)
        if len(wanted) > MAX_OPERATIONS:
            raise ToolError(
                f"the OpenAPI document has {len(wanted)} operations, and {MAX_OPERATIONS} can be offered: "
                "name those that are needed under tools: of the toolset"
            )
        found = []
        parts = 0
        for operation in wanted:
            budget = Budget(MAX_PARTS)
            if (tool := self._tool(spec, base, operation, budget)) is not None:
                found.append(tool)
                parts += budget.spent
            if parts > MAX_PARTS_OF_ALL:
                raise ToolError(
                    "the schemas of the OpenAPI document's operations are too large together: name those that are "
                    "needed under tools: of the toolset"
                )
            await asyncio.sleep(0)  # lets other tasks run: a large document takes long
        return found

    def _tool(self, spec: dict[str, Any], base: str, operation: Operation, budget: Budget) -> Tool | None:
        """The tool of an operation, None if it has too many parameters or its schemas exceed `budget`."""
        try:
            found = signature(spec, operation, budget)
        except ToolError:
            return None
        call = _Call(f"{base}{operation.path}", operation.method.upper(), self._headers, found, self._web)
        return Tool(
            ToolSpec(operation.name, found.description, found.schema),
            call.run,
            read_only=operation.read_only,
            timeout=self._web.timeout + _MARGIN,
            definition=call.definition,
        )


class _Call:
    """Calls one operation."""

    def __init__(self, url: str, method: str, headers: dict[str, str], found: Signature, web: Web) -> None:
        self._url = url
        self._method = method
        self._headers = headers
        self._signature = found
        self._web = web

    @property
    def definition(self) -> str:
        """The request as text."""
        return f"{self._method} {self._url} {self._signature}"

    async def run(self, given: dict[str, Any], _: ToolContext) -> ToolResult:
        url, headers = self._url, {"Accept": "application/json", **self._headers}
        query: list[tuple[str, str]] = []
        fields: dict[str, Any] = {}
        body: Any = None
        for key, parameter in self._signature.parameters.items():
            value = given.get(key)
            if value is None and parameter.place != "path":
                continue
            match parameter.place:
                case "path":
                    url = url.replace(f"{{{parameter.name}}}", _piece(value, key))
                case "query":
                    query += _pairs(parameter, value)
                case "header":
                    headers[parameter.name] = _header(value, key)
                case "body":
                    fields[parameter.name] = value
                case "whole_body":
                    body = value
        sent = self._body(fields if body is None else body, headers)
        return result_of(await self._web.send(Ask(self._method, with_query(url, query), headers, sent)))

    def _body(self, value: Any, headers: dict[str, str]) -> bytes:
        if value == {} and not self._signature.required_body:
            return b""
        if self._signature.form and isinstance(value, dict):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return urlencode([(name, plain(each)) for name, each in value.items()], errors="replace").encode()
        headers["Content-Type"] = "application/json"
        return to_json(value).encode("utf-8", "replace")


def _piece(value: Any, key: str) -> str:
    """A value for a place in the path. Raises `ToolError` for one that would lead to another operation."""
    piece = fill(",".join(map(plain, value)) if isinstance(value, list) else value, key)
    if not piece:
        raise ToolError(f"{key} must not be empty.")
    return piece


def _header(value: Any, key: str) -> str:
    text = plain(value)
    if not (text.isascii() and text.isprintable()):
        raise ToolError(f"{key} is sent as a header, which takes printable ASCII characters only.")
    return text


def _pairs(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    """A value as pairs of the query, in OpenAPI's styles `form` and `deepObject`."""
    name = parameter.name
    if isinstance(value, dict):
        if parameter.deep:
            return [(f"{name}[{field}]", plain(each)) for field, each in value.items()]
        if parameter.explode:
            return [(field, plain(each)) for field, each in value.items()]
        return [(name, ",".join(f"{field},{plain(each)}" for field, each in value.items()))]
    if isinstance(value, list):
        each_alone = parameter.explode
        return [(name, plain(each)) for each in value] if each_alone else [(name, ",".join(map(plain, value)))]
    return [(name, plain(value))]


def openapi(entry: ToolsetConfig, services: Services) -> Contents:
    """Raises `ConfigError` if the document's URL is not valid."""
    try:
        url = normalise(entry.url)
    except ToolError as error:
        raise ConfigError(f"The url of the openapi toolset cannot be used: {error}") from None
    document = _Document(url, dict(entry.headers), Web.of(entry, services))
    instruction = "## OpenAPI tools\n\nSome of your tools are the operations of an HTTP API, one tool each."
    return Contents(instruction=instruction, load=document.tools)
