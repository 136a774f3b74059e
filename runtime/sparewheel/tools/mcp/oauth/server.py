"""What an authorization server tells about itself: RFC 8414, and OpenID Connect Discovery 1.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .errors import SignInError
from .fields import text, texts, told
from .web import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .web import Web

_WHAT: Final = "authorization server"
_OAUTH: Final = "/.well-known/oauth-authorization-server"
_OPENID: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """An authorization server. Its endpoints have been checked.

    Attributes:
        issuer: its identifier, as it writes it.
        authorize: where the user signs in.
        token: where tokens come from.
        register: where clients can be registered; "" for nowhere.
        auth_methods: how clients may prove who they are at `token`; None if it does not tell.
        scopes: those that it names.
        sends_issuer: whether it sends `iss` back (RFC 9207).
        takes_documents: whether a client's id may be the address of a document that describes the client.
        guessed: whether it has no metadata, and may not even be there.
    """

    issuer: str
    authorize: str
    token: str
    register: str = ""
    auth_methods: tuple[str, ...] | None = None
    scopes: tuple[str, ...] = ()
    sends_issuer: bool = False
    takes_documents: bool = False
    guessed: bool = False


async def find_server(web: Web, issuer: str, *, legacy: bool = False) -> AuthorizationServer:
    """Read the metadata of the authorization server with this identifier.

    Args:
        web: the HTTP client.
        issuer: the identifier.
        legacy: the MCP specification of 2025-03-26 holds: the metadata may have any identifier of the same origin, and
            without metadata the endpoints are those that it names.

    Raises:
        SignInError: there is no metadata, it is of another server, or the server lacks what a sign-in needs.
    """
    unreachable: Unreachable | None = None
    for address in _candidates(web, issuer):
        try:
            reply = await web.get(address, f"{_WHAT} metadata")
        except Unreachable as error:
            unreachable = unreachable or error
            continue
        if reply.status == 200 and reply.document:
            return _read(web, issuer, reply.document, legacy=legacy)
    if legacy:
        origin = web.places.check(issuer, _WHAT).origin
        return AuthorizationServer(origin, f"{origin}/authorize", f"{origin}/token", f"{origin}/register", guessed=True)
    if unreachable is not None:
        raise unreachable
    raise SignInError(f"{told(issuer)} has no authorization server metadata, so there is no way to sign in.")


def _candidates(web: Web, issuer: str) -> Iterator[str]:
    url = web.places.check(issuer, _WHAT)
    if url.query or "#" in issuer:
        raise SignInError(f"The server's {_WHAT} is refused: {told(issuer)} has a query or a fragment.")
    path = url.path.rstrip("/")
    yield f"{url.origin}{_OAUTH}{path}"
    yield f"{url.origin}{_OPENID}{path}"
    if path:
        yield f"{url.origin}{path}{_OPENID}"


def _read(web: Web, issuer: str, document: Mapping[str, Any], *, legacy: bool) -> AuthorizationServer:
    own = text(document, "issuer")
    if own != issuer and not _same_root(web, own, issuer) and not (legacy and _same_origin(web, own, issuer)):
        raise SignInError(
            f"The metadata of {told(issuer)} is that of another authorization server, {told(own)!r}, so it is refused."
        )
    if "S256" not in (texts(document, "code_challenge_methods_supported") or ()):
        raise SignInError(f"{told(issuer)} does not announce PKCE with S256, without which a sign-in is not safe.")
    endpoints = {name: text(document, f"{name}_endpoint") for name in ("authorization", "token", "registration")}
    for name in ("authorization", "token"):
        if not endpoints[name]:
            raise SignInError(f"The metadata of {told(issuer)} names no {name} endpoint.")
    checked = {name: str(web.places.check(url, f"{name} endpoint")) for name, url in endpoints.items() if url}
    return AuthorizationServer(
        own,
        checked["authorization"],
        checked["token"],
        checked.get("registration", ""),
        texts(document, "token_endpoint_auth_methods_supported"),
        texts(document, "scopes_supported") or (),
        document.get("authorization_response_iss_parameter_supported") is True,
        document.get("client_id_metadata_document_supported") is True,
    )


def _same_root(web: Web, own: str, issuer: str) -> bool:
    """Whether two identifiers differ only in the slash that is the whole path."""
    origin = web.places.check(issuer, _WHAT).origin
    return {own, issuer} == {origin, f"{origin}/"}


def _same_origin(web: Web, own: str, issuer: str) -> bool:
    """Whether an identifier is below the origin of another one."""
    return own.startswith(f"{web.places.check(issuer, _WHAT).origin}/")
