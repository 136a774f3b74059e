"""`api`: one HTTP request that the agent file defines, as a tool."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from ...errors import ConfigError
from ...providers.base import ToolSpec
from ..base import Tool, ToolError
from ..toolset import Contents, shown, to_json
from .addresses import normalise
from .requests import Ask, Web, result_of

if TYPE_CHECKING:
    from ...config.toolsets import ApiConfig, ToolsetConfig
    from ..base import ToolContext, ToolResult
    from ..services import Services

# `${city}` and `${encodeURIComponent(city)}` are the same: every value is encoded.
_PLACE: Final = re.compile(r"\$\{\s*(?:encodeURIComponent\(\s*)?(\w+)\s*\)?\s*\}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MARGIN: Final = 10.0  # seconds that a call may take beyond its request


class _Request:
    """The configured request. Arguments without a place in the URL go into the query or the body."""

    def __init__(self, config: ApiConfig, web: Web) -> None:
        self._config = config
        self._web = web

    async def call(self, given: dict[str, Any], context: ToolContext) -> ToolResult:
        rest = dict(given)
        for name in _PLACE.findall(self._config.endpoint):
            rest.pop(name, None)
        url = _PLACE.sub(lambda place: fill(given.get(place[1]), place[1]), self._config.endpoint)
        headers = dict(self._config.headers)
        if self._config.idempotency_key:
            headers["Idempotency-Key"] = context.idempotency_key
        body = b""
        if self._config.method in ("GET", "DELETE"):
            url = with_query(url, [(name, plain(value)) for name, value in rest.items() if value is not None])
        else:
            body = to_json(rest).encode()
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
        return result_of(await self._web.send(Ask(self._config.method, url, headers, body)))


def plain(value: Any) -> str:
    """A value as text for a URL: a str unchanged, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fill(value: Any, name: str) -> str:
    """Encode a value for one place in a URL, so that it cannot add a path, a query or a host. Raises `ToolError`."""
    text = "" if value is None else plain(value)
    if text in (".", ".."):
        raise ToolError(f"{name} must not be {shown(text)}.")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise ToolError(f"{name} contains half a character (a lone surrogate).") from None


def with_query(url: str, pairs: list[tuple[str, str]]) -> str:
    """Add pairs to the query of a URL. Raises `ToolError`."""
    if not pairs:
        return url
    try:
        query = urlencode(pairs)
    except UnicodeEncodeError:
        raise ToolError("An argument contains half a character (a lone surrogate).") from None
    return f"{url}{'&' if '?' in url else '?'}{query}"


def api(entry: ToolsetConfig, services: Services) -> Contents:
    """Raises `ConfigError` if the configured request can never be sent."""
    config = entry.api_config
    if config is None:
        raise ConfigError("A toolset of type api needs api_config.")
    if not _NAME.fullmatch(config.name):
        raise ConfigError(f"{config.name!r} cannot be a tool's name.", "Use letters, digits, - and _, 64 at most.")
    try:
        normalise(_PLACE.sub("x", config.endpoint))
    except ToolError as error:
        raise ConfigError(f"The endpoint of the api tool {config.name} cannot be used: {error}") from None
    missing = [name for name in config.required if name not in config.args]
    if missing:
        raise ConfigError(f"The api tool {config.name} requires {', '.join(missing)}, which its args do not describe.")
    web = Web.of(entry, services)
    request = _Request(config, web)
    parameters = {"type": "object", "properties": config.args, "required": config.required}
    tool = Tool(
        ToolSpec(config.name, config.instruction, parameters),
        request.call,
        read_only=config.method == "GET",
        timeout=web.timeout + _MARGIN,
    )
    return Contents([tool], config.instruction)
