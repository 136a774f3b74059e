"""Who this client is for an authorization server: pre-registered, described by a document, or registered (RFC 7591)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin

from ....config.vendor_keys import host_of, is_loopback
from .errors import SignInError
from .fields import text, texts, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .server import AuthorizationServer
    from .web import Web

NAME: Final = "Sparewheel"
DOCUMENT: Final = "oauth-client.json"
"""The name of the client-ID document, which is beside the page that users are sent back to."""
GRANTS: Final = ("authorization_code", "refresh_token")
_METHODS: Final = ("client_secret_basic", "client_secret_post")
_MAX_SECRET: Final = 4_000  # characters


@dataclass(frozen=True, slots=True)
class Client:
    """A client of one authorization server. `method` is how it proves who it is at the token endpoint."""

    id: str
    secret: str = field(default="", repr=False)
    method: str = "none"

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """Fields and headers of a request to the token endpoint. They contain the secret."""
        if self.method == "client_secret_basic":
            pair = f"{quote(self.id, safe='')}:{quote(self.secret, safe='')}"
            return {}, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        secret = {"client_secret": self.secret} if self.method == "client_secret_post" else {}
        return {"client_id": self.id, **secret}, {}


def given_client(server: AuthorizationServer, client_id: str, secret: str) -> Client:
    """The client that the agent file names."""
    methods = server.auth_methods or _METHODS
    if not secret:
        return Client(client_id)
    return Client(client_id, secret, next((method for method in _METHODS if method in methods), _METHODS[0]))


async def described_client(web: Web, server: AuthorizationServer, redirect_uri: str) -> Client | None:
    """The client whose document is beside the page that users are sent back to; None without a document that is right.

    The document has to name its own address and that page: a build without `--public-url` has none.
    """
    address = urljoin(redirect_uri, DOCUMENT)
    if not server.takes_documents or not is_document(address):
        return None
    try:
        reply = await web.get(address, "client-ID document of this page")
    except SignInError:
        return None
    known = reply.status == 200 and text(reply.document, "client_id") == address
    return Client(address) if known and redirect_uri in (texts(reply.document, "redirect_uris") or ()) else None


def is_document(client_id: str) -> bool:
    """Whether a client's id is the address of a document that describes the client."""
    return client_id.startswith("https://") and "/" in client_id.removeprefix("https://")


def description(redirect_uri: str) -> dict[str, Any]:
    """What this client tells of itself: RFC 7591 section 2."""
    native = is_loopback(host_of(redirect_uri))
    return {
        "client_name": NAME,
        "redirect_uris": [redirect_uri],
        "grant_types": list(GRANTS),
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native" if native else "web",
    }


async def register(web: Web, server: AuthorizationServer, redirect_uri: str, scopes: tuple[str, ...]) -> Client:
    """Register a client. Raises `SignInError`."""
    asked = description(redirect_uri) | ({"scope": " ".join(scopes)} if scopes else {})
    if server.auth_methods and "none" not in server.auth_methods:
        asked["token_endpoint_auth_method"] = next((each for each in _METHODS if each in server.auth_methods), "none")
    reply = await web.post_json(server.register, "client registration", asked)
    client_id, secret = text(reply.document, "client_id"), text(reply.document, "client_secret")
    if reply.status not in (200, 201) or not client_id or len(secret) > _MAX_SECRET:
        raise SignInError(
            f"{host_of(server.register)} does not register this client: {reason(reply.status, reply.document)}. "
            "Register one there, and write its id into the agent file: remote.oauth.clientId."
        )
    method = text(reply.document, "token_endpoint_auth_method")
    if not secret or method == "none":
        return Client(client_id)
    return Client(client_id, secret, method if method in _METHODS else given_client(server, client_id, secret).method)


def reason(status: int, document: Mapping[str, Any]) -> str:
    """Why a server refuses, in its words and bounded."""
    words = [told(document.get(name)) for name in ("error", "error_description")]
    return ": ".join(word for word in words if word) or f"HTTP {status}"
