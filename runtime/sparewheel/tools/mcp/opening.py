"""Finds out which revisions a server speaks, and connects to it.

Asked first is what only servers of revision 2026-07-28 answer (`server/discover`). A server that answers otherwise, or
whose CORS headers do not let a page ask, is of an older revision (`initialize`), or of the first one (an event stream).
Source: https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..base import ToolError
from .exchange import Exchange
from .failures import Refused, Unreachable
from .handshake import VERSIONS
from .legacy import Legacy
from .modern import MODERN_ERRORS, UNSUPPORTED_VERSION, VERSION, Modern
from .old_sse import OldSse
from .rpc import RpcError
from .server import Server

if TYPE_CHECKING:
    from ..base import AskUser
    from .http import Http
    from .link import Link
    from .sampling import Sampler

DISCOVER_TIMEOUT: Final = 8.0  # seconds; an older server may not answer at all


async def open_link(http: Http, url: str, transport_type: str, ask: AskUser, sampler: Sampler | None) -> Link:
    """Connect to a server; `transport_type` is that of the agent file, `sampler` asks models for it.

    Raises `ToolError`.
    """
    if transport_type != "sse":
        if (modern := await _discovered(http, url, ask, sampler)) is not None:
            return modern
        try:
            return await _opened(Legacy(http, url, sampler), ask)
        except Refused as error:
            if error.status not in (400, 404, 405) or transport_type:
                raise
            refused = error
        try:
            return await _opened(OldSse(http, url, sampler), ask)
        except ToolError:
            raise refused from None
    return await _opened(OldSse(http, url, sampler), ask)


async def _opened(link: Legacy | OldSse, ask: AskUser) -> Link:
    try:
        await link.open(ask)
    except BaseException:
        await link.close()
        raise
    return link


async def _discovered(http: Http, url: str, ask: AskUser, sampler: Sampler | None) -> Modern | None:
    """The connection to a server of the newest revision; None if the server is older.

    Raises `ToolError` if it is newer, or answers nothing.
    """
    modern = Modern(http, url, sampler)
    exchange = Exchange("server/discover", {}, DISCOVER_TIMEOUT, asker=ask, explain=False)
    try:
        async with exchange.patience:
            try:
                result = await modern.request(exchange)
            except RpcError as error:
                if VERSION not in _supported(error):
                    raise
                result = await modern.request(exchange)  # the server asks for what it has just refused
    except ToolError as error:
        if _is_of_older_server(error):
            return None
        raise
    supported = result.get("supportedVersions")
    if not isinstance(supported, list) or VERSION not in supported:
        return None  # `initialize` tells if the server is newer
    modern.begin(Server.of(VERSION, result))
    return modern


def _is_of_older_server(error: ToolError) -> bool:
    """Whether a server of an older revision may have answered `server/discover` with this."""
    if isinstance(error, RpcError):
        if supported := _supported(error):
            return any(version in supported for version in VERSIONS)
        return error.code not in MODERN_ERRORS
    if isinstance(error, Refused):
        return error.status not in (401, 403)
    return not isinstance(error, Unreachable) or error.hidden  # its CORS headers may not allow the request


def _supported(error: RpcError) -> list[Any]:
    """The revisions that a server speaks, if it refuses a request for its revision; else none."""
    found = error.data.get("supported") if isinstance(error.data, dict) else None
    return found if error.code == UNSUPPORTED_VERSION and isinstance(found, list) else []
