"""What an MCP server tells about itself as a protected resource: RFC 9728."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .errors import SignInError
from .fields import scopes, text, texts, told
from .web import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....transports.base import Url
    from .web import Reply, Web

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
MAX_SERVERS: Final = 5
_WHAT: Final = "description of its sign-in (protected resource metadata)"


@dataclass(frozen=True, slots=True)
class Resource:
    """A protected resource.

    Attributes:
        identifier: what tokens are asked for; "" for a server of before 2025-06-18, which names none.
        issuers: its authorization servers, the first one preferred; never empty.
        scopes: those that it names.
    """

    identifier: str
    issuers: tuple[str, ...]
    scopes: tuple[str, ...] = ()


async def find_resource(web: Web, server: Url, named: str) -> Resource:
    """Read the description of the MCP server at `server`; `named` is its address by the challenge, "" for none.

    A server without a description is its own authorization server, as it was before 2025-06-18.

    Raises:
        SignInError: the description cannot be had, or is of another server.
    """
    unreachable: Unreachable | None = None
    for address in _candidates(server, named):
        try:
            reply = await web.get(address, _WHAT)
        except Unreachable as error:
            unreachable = error
            continue
        if reply.status == 200 and reply.document:
            return _read(reply, server)
    if named:
        raise unreachable or SignInError(f"{server.host} names a {_WHAT} that is not there: {told(named)}.")
    return Resource("", (server.origin,))


def _candidates(server: Url, named: str) -> Iterator[str]:
    if named:
        yield named
    if server.path != "/":
        yield f"{server.origin}{WELL_KNOWN}{server.path}"
    yield f"{server.origin}{WELL_KNOWN}"


def _read(reply: Reply, server: Url) -> Resource:
    identifier = text(reply.document, "resource")
    if identifier and not covers(identifier, server):
        raise SignInError(
            f"{server.host} describes the sign-in to another server, {told(identifier)!r}, so it is refused."
        )
    issuers = texts(reply.document, "authorization_servers")
    if not issuers and reply.document.get("authorization_servers"):
        raise SignInError(f"{server.host} names no authorization server that can be used.")
    supported = scopes(texts(reply.document, "scopes_supported") or ())
    return Resource(identifier or canonical(server), (issuers or (server.origin,))[:MAX_SERVERS], supported)


def canonical(server: Url) -> str:
    """The identifier of a server that names none: its address, without the slash of an empty path."""
    return str(server) if server.path != "/" or server.query else server.origin


def covers(identifier: str, server: Url) -> bool:
    """Whether a resource is the server at this address, or has it below its path."""
    from ....transports.urls import read_url

    try:
        url = read_url(identifier)
    except ValueError:
        return False
    if url.origin != server.origin or "#" in identifier or (url.query and url.query != server.query):
        return False
    return server.path == url.path or server.path.startswith(url.path.rstrip("/") + "/")
