"""The sign-in to one MCP server: when it is needed, the way from the challenge to a token, and its renewal."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

from ....config.vendor_keys import host_of, is_allowed, is_loopback
from .challenge import read_challenge
from .clients import described_client, given_client, is_document, register
from .errors import SignInError
from .fields import scopes, secrets_in
from .places import Places
from .request import AuthorizationRequest
from .resource import find_resource
from .server import find_server
from .tokens import Expired, TokenSource, tokens_in
from .web import Web

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ....config.toolsets import OAuthConfig
    from ....transports.base import Url
    from ...base import AskUser
    from ...services import Services
    from .challenge import Challenge
    from .clients import Client
    from .resource import Resource
    from .server import AuthorizationServer
    from .tokens import Tokens

MAX_SIGN_INS: Final = 3  # to one server within `_SPAN`: a server that refuses its own tokens would ask without an end
_SPAN: Final = timedelta(minutes=10)
MAX_PREPARING: Final = 60.0  # seconds for all requests before the user is asked
_TOKEN: Final = 'remote.headers: {Authorization: "Bearer ${env.TOKEN}"} in the agent file'


@dataclass(slots=True)
class _SignedIn:
    """A sign-in that was made."""

    issuer: str
    source: TokenSource
    tokens: Tokens
    asked: tuple[str, ...]  # the scopes

    @property
    def secrets(self) -> list[str]:
        return [self.tokens.access, self.tokens.refresh, self.source.client.secret]


def sign_in_to(server: Url, config: OAuthConfig | None, services: Services, *, private: bool) -> OAuth:
    """The `Authorizer` of the MCP server at this address: the same for all toolsets of a session that name it.

    Args:
        server: the address, checked.
        config: the client that the agent file names, if it does.
        services: those of the session.
        private: whether addresses of private networks may be used.
    """
    made = services.sign_ins.made
    client = hashlib.sha256(config.model_dump_json().encode()).hexdigest() if config else ""
    key = (str(server), services.sign_ins.redirect_uri, private, client)
    if key not in made:
        made[key] = OAuth(server, config, services, private=private)
    return cast("OAuth", made[key])


class OAuth:
    """The `Authorizer` of one MCP server. See `sign_in_to`."""

    def __init__(self, server: Url, config: OAuthConfig | None, services: Services, *, private: bool = False) -> None:
        self._server = server
        self._config = config
        self._session = services.sign_ins
        self._now = services.now
        places = Places(private, is_loopback(server.host))
        self._web = Web(services.transport_for(private=private), places, self._session.hide)
        self._clients: dict[str, Client] = {}  # by issuer: no other one learns them
        self._signed_in: _SignedIn | None = None
        self._lock = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None
        self._sent: WeakKeyDictionary[asyncio.Task[object], str] = WeakKeyDictionary()
        self._times: list[datetime] = []  # of the latest sign-ins
        self._declined: object = None  # the turn in which the user declined

    async def headers(self) -> Mapping[str, str]:
        """See `Authorizer`."""
        known = self._signed_in
        if known is not None and known.tokens.renew_at is not None and known.tokens.renew_at <= self._now():
            await self._renewed(known)
        token = self._signed_in.tokens.access if self._signed_in else ""
        if self._signed_in:
            self._session.hide(filter(None, self._signed_in.secrets))  # once more: only the latest ones stay hidden
        if (task := asyncio.current_task()) is not None:
            self._sent[task] = token
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def challenged(self, status: int, www_authenticate: str | None, ask: AskUser) -> bool:
        """See `Authorizer`."""
        challenge = read_challenge(www_authenticate)
        if status == 403 and challenge.error != "insufficient_scope":
            return False
        if self._server.scheme != "https" and not is_loopback(self._server.host):
            raise SignInError(f"{self._server.host} asks for a sign-in, but its address is http: a token needs https.")
        task = asyncio.current_task()
        sent = self._sent.get(task, "") if task else ""
        async with self._lock:
            known = self._signed_in
            if known is not None and known.tokens.access != sent:
                return True  # it has changed since the request was sent
            wanted = scopes(challenge.scope.split())
            if known is not None and status == 403 and set(wanted) <= set(known.asked):
                missing = ", ".join(wanted) or "more scopes"
                raise SignInError(f"{self._server.host} refuses this: the sign-in does not allow it ({missing}).")
            resource = await find_resource(self._web, self._server, challenge.resource_metadata)
            if known is not None and status == 401 and known.issuer in resource.issuers and await self._renewed(known):
                return True
            if status == 401:
                self._signed_in = None
            await self._sign_in(resource, challenge, known.asked if known else (), ask)
        return True

    async def _renewed(self, known: _SignedIn) -> bool:
        """Renew the tokens, once for all that wait for it. Whether there are new ones.

        It is not cancelled with the task that needs it: the server may have replaced the refresh token already.
        """
        before = known.tokens
        if not before.refresh:
            return False
        if self._renewing is None:
            self._renewing = asyncio.ensure_future(self._renew(known))
            self._renewing.add_done_callback(self._over)
        await asyncio.shield(self._renewing)
        return self._signed_in is known and known.tokens is not before

    async def _renew(self, known: _SignedIn) -> None:
        try:
            known.tokens = await known.source.refresh(known.tokens, self._now())
        except Expired:
            self._signed_in = None
        except SignInError:
            pass  # the token may still be valid; if it is not, the server asks for a sign-in

    def _over(self, _: object) -> None:
        self._renewing = None

    async def _sign_in(self, resource: Resource, challenge: Challenge, before: tuple[str, ...], ask: AskUser) -> None:
        """Ask the user to sign in, and get the tokens. Raises `SignInError`."""
        config, session = self._config, self._session
        redirect_uri = (config and config.callback_redirect_url) or session.redirect_uri
        if not redirect_uri or not session.attended():
            raise SignInError(self._unattended(bool(redirect_uri)))
        self._check_patience()
        named = (config.scopes if config else ()) or challenge.scope.split() or resource.scopes
        wanted = scopes(before, named)
        try:
            async with asyncio.timeout(MAX_PREPARING):
                issuer, server = await self._find(resource)
                if wanted and "offline_access" in server.scopes:
                    wanted = scopes(wanted, ["offline_access"])
                client = await self._client(issuer, server, redirect_uri, wanted)
        except TimeoutError:
            raise SignInError(f"The sign-in to {self._server.host} was not ready within {MAX_PREPARING:g} s.") from None
        request = AuthorizationRequest(server, client.id, redirect_uri, wanted, resource.identifier)
        at, host = host_of(server.authorize), self._server.host
        answer = await ask(
            f"{host} asks you to sign in at {at}",
            {},
            url=request.url,
            sign_in={"server": str(self._server), "state": request.state},
        )
        if answer.get("action") != "accept":
            self._declined = session.turn()
            raise SignInError(f"The user did not sign in to {host}.")
        self._times.append(self._now())
        back = answer.get("content") or {}
        source = TokenSource(self._web, server, client, resource.identifier)
        if "access_token" in back:  # the page has signed in itself; its refresh token is of a client of its own
            session.hide(secrets_in(back))
            tokens = replace(tokens_in(back, "The page", self._now()), refresh="")
        else:
            code = request.code(back)
            session.hide([code, request.proof.verifier])  # a server that refuses them may repeat them in its error
            tokens = await source.exchange(code, request.proof.verifier, redirect_uri, self._now())
        self._signed_in = _SignedIn(issuer, source, tokens, wanted)

    async def _find(self, resource: Resource) -> tuple[str, AuthorizationServer]:
        """The first authorization server of the resource with which a sign-in is possible. Raises `SignInError`."""
        first: SignInError | None = None
        for issuer in resource.issuers:
            try:
                return issuer, await find_server(self._web, issuer, legacy=not resource.identifier)
            except SignInError as error:
                first = first or error
        assert first is not None
        raise first

    async def _client(
        self, issuer: str, server: AuthorizationServer, redirect_uri: str, wanted: tuple[str, ...]
    ) -> Client:
        """Who this client is for an authorization server. Raises `SignInError`."""
        if issuer not in self._clients:
            self._clients[issuer] = await self._new_client(server, redirect_uri, wanted)
        return self._clients[issuer]

    async def _new_client(self, server: AuthorizationServer, redirect_uri: str, wanted: tuple[str, ...]) -> Client:
        client_id, secret = (self._config.client_id, self._config.client_secret) if self._config else ("", "")
        if client_id and (server.takes_documents or not is_document(client_id)):
            if secret:
                self._check_secret(server)
            return given_client(server, client_id, secret)
        if client := await described_client(self._web, server, redirect_uri):
            return client
        if server.register:
            try:
                return await register(self._web, server, redirect_uri, wanted)
            except SignInError:
                if server.guessed:
                    raise SignInError(
                        f"{self._server.host} refuses requests without a token, and tells of no way to sign in. Pass a "
                        f"token: {_TOKEN}."
                    ) from None
                raise
        raise SignInError(
            f"{host_of(server.authorize)} registers no clients by itself. Register one there for {redirect_uri}, and "
            "write its id into the agent file: remote.oauth.clientId."
        )

    def _check_secret(self, server: AuthorizationServer) -> None:
        """The secret of the agent file goes to the host of the MCP server, and to hosts that the embedder allows."""
        host = host_of(server.token)
        if host != self._server.host and not is_allowed(server.token, self._session.allow_hosts):
            raise SignInError(
                f"clientSecret would be sent to {host}, which {self._server.host} names. If that is right, allow it: "
                f'allowHosts: ["{host}"].'
            )

    def _check_patience(self) -> None:
        host = self._server.host
        if self._declined is not None and self._declined is self._session.turn():
            raise SignInError(f"The user did not sign in to {host}.")
        since = self._now() - _SPAN
        self._times = [time for time in self._times if time > since]
        if len(self._times) >= MAX_SIGN_INS:
            raise SignInError(f"{host} refuses the tokens of {MAX_SIGN_INS} sign-ins. Try again in some minutes.")

    def _unattended(self, can_return: bool) -> str:
        if can_return:
            return f"{self._server.host} asks for a sign-in, and there is no user to ask. Pass a token: {_TOKEN}."
        return (
            f"{self._server.host} asks for a sign-in. Pass oauthRedirectURI to createSession, the address of a page "
            f"that takes the code (oauth.html beside sparewheel.js), and answer the elicitation; or a token: {_TOKEN}."
        )
