"""An MCP server with its authorization server, as a scripted transport: everything in its documents can be changed."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sparewheel.config.toolsets import OAuthConfig
from sparewheel.tools.mcp.oauth.authorizer import OAuth, sign_in_to
from sparewheel.tools.mcp.oauth.errors import SignInError
from sparewheel.tools.services import Services, SignIns
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from sparewheel.transports.urls import read_url
from tests.support.builtintools import Facts
from tests.support.fakeloop import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sparewheel.events import SignIn
    from sparewheel.transports.base import HttpRequest

SERVER = "https://mcp.test/mcp"
ISSUER = "https://auth.test"
BACK = "https://app.test/oauth.html"
CHALLENGE = 'Bearer resource_metadata="https://mcp.test/.well-known/oauth-protected-resource/mcp"'
RESOURCE_AT = "https://mcp.test/.well-known/oauth-protected-resource/mcp"
SERVER_AT = "https://auth.test/.well-known/oauth-authorization-server"
RESOURCE: dict[str, Any] = {"resource": SERVER, "authorization_servers": [ISSUER], "scopes_supported": ["read"]}
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://auth.test/authorize",
    "token_endpoint": "https://auth.test/token",
    "registration_endpoint": "https://auth.test/register",
    "code_challenge_methods_supported": ["S256"],
    "response_types_supported": ["code"],
}
MISSING = LocalResponse(404, {}, b"not here")


@dataclass
class World:
    """The servers, the user, and the clock of one session."""

    documents: dict[str, Any] = field(default_factory=lambda: {RESOURCE_AT: dict(RESOURCE), SERVER_AT: dict(METADATA)})
    client: Mapping[str, Any] = field(default_factory=lambda: {"client_id": "registered-1"})
    back: Callable[[dict[str, Any]], dict[str, Any]] = lambda back: back
    answer: str = "accept"
    extra: Mapping[str, Any] = field(default_factory=lambda: {"expires_in": 3600, "refresh_token": "refresh-1-secret"})
    token: Callable[[dict[str, str]], LocalResponse] | None = None
    turn: object = None
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    requests: list[HttpRequest] = field(default_factory=list)
    opened: list[dict[str, str]] = field(default_factory=list)  # what the user has opened
    asked: list[tuple[str, str, SignIn]] = field(default_factory=list)  # message, host, sign-in
    forms: list[dict[str, str]] = field(default_factory=list)  # what the token endpoint got
    registered: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    session: SignIns = field(default_factory=lambda: SignIns(BACK, attended=lambda: True))

    def answer_to(self, request: HttpRequest) -> LocalResponse:
        self.requests.append(request)
        assert not request.follow
        if request.url in self.documents:
            found = self.documents[request.url]
            return found if isinstance(found, LocalResponse) else reply(found)
        path = urlsplit(request.url).path
        if request.method == "POST" and path == "/register":
            self.registered.append(json.loads(request.body))
            return reply(self.client, 201)
        if request.method == "POST" and path == "/token":
            form = dict(parse_qsl(request.body.decode()))
            self.forms.append(form)
            return self.token(form) if self.token else self.grant(form)
        return MISSING

    def grant(self, form: Mapping[str, str]) -> LocalResponse:
        if form["grant_type"] == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            assert urlsafe_b64encode(digest).rstrip(b"=").decode() == self.opened[-1]["code_challenge"]
        return reply({"access_token": f"access-{len(self.forms)}-secret", "token_type": "Bearer", **self.extra})

    async def ask(
        self, message: str, schema: Mapping[str, Any], *, url: str = "", sign_in: SignIn | None = None
    ) -> dict[str, Any]:
        assert schema == {}
        assert sign_in is not None
        parts = urlsplit(url)
        self.asked.append((message, parts.netloc, sign_in))
        query = dict(parse_qsl(parts.query, strict_parsing=True))
        assert query["state"] == sign_in["state"]
        self.opened.append(query)
        if self.answer != "accept":
            return {"action": self.answer}
        return {"action": "accept", "content": self.back({"code": "code-1", "state": query["state"]})}

    def oauth(self, config: Mapping[str, Any] | None = None, *, server: str = SERVER, private: bool = False) -> OAuth:
        self.session.hide = self.hidden.update
        self.session.turn = lambda: self.turn
        services = Services(MockTransport(self.answer_to), Facts(), now=lambda: self.now, sign_ins=self.session)
        given = OAuthConfig.model_validate(config) if config else None
        return sign_in_to(read_url(server), given, services, private=private)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def addresses(self) -> list[str]:
        return [request.url for request in self.requests]


def reply(value: object, status: int = 200) -> LocalResponse:
    return LocalResponse(status, {"content-type": "application/json"}, json.dumps(value).encode())


def sign_in(world: World, config: Any = None, challenge: str | None = CHALLENGE, **options: Any) -> dict[str, str]:
    """Sign in once; the headers that requests have then."""

    async def main() -> dict[str, str]:
        oauth = world.oauth(config, **options)
        assert await oauth.headers() == {}
        assert await oauth.challenged(401, challenge, world.ask)
        return dict(await oauth.headers())

    return run(main())


def refused(world: World, config: Any = None, challenge: str | None = CHALLENGE, **options: Any) -> str:
    """Why a sign-in is refused."""
    with pytest.raises(SignInError) as caught:
        sign_in(world, config, challenge, **options)
    return str(caught.value)
