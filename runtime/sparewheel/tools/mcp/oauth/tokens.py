"""Tokens: RFC 6749 sections 4.1.3, 5 and 6, RFC 6750."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ....config.vendor_keys import host_of
from .clients import reason
from .errors import SignInError
from .fields import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clients import Client
    from .server import AuthorizationServer
    from .web import Reply, Web

EARLY: Final = 30.0  # seconds before its end that a token is renewed, but at most half of its life
_MAX_LIFE: Final = 365 * 86_400  # seconds
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8000}")  # it becomes a header


class Expired(SignInError):
    """The refresh token is no longer valid."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a sign-in. `renew_at` is None if the server does not tell how long `access` is valid."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    renew_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where the tokens of a sign-in come from. `resource` is "" for a server that names none."""

    web: Web
    server: AuthorizationServer
    client: Client
    resource: str

    async def exchange(self, code: str, verifier: str, redirect_uri: str, now: datetime) -> Tokens:
        """The tokens for a code. Raises `SignInError`."""
        asked = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        reply = await self._ask({**asked, "redirect_uri": redirect_uri})
        if reply.status != 200:
            raise SignInError(f"{self._host} gave no token: {reason(reply.status, reply.document)}. Sign in again.")
        return tokens_in(reply.document, self._host, now)

    async def refresh(self, tokens: Tokens, now: datetime) -> Tokens:
        """New tokens. Raises `Expired` if the server refuses, `SignInError` if it does not answer as it should."""
        reply = await self._ask({"grant_type": "refresh_token", "refresh_token": tokens.refresh})
        if 400 <= reply.status < 500 and reply.status != 429:
            raise Expired(f"{self._host} does not renew the token: {reason(reply.status, reply.document)}.")
        if reply.status != 200:
            raise SignInError(f"{self._host} gave no token: {reason(reply.status, reply.document)}.")
        return tokens_in(reply.document, self._host, now, tokens.refresh)

    @property
    def _host(self) -> str:
        return host_of(self.server.token)

    async def _ask(self, asked: Mapping[str, str]) -> Reply:
        fields, headers = self.client.credentials()
        resource = {"resource": self.resource} if self.resource else {}
        return await self.web.post_form(self.server.token, "token endpoint", {**asked, **resource, **fields}, **headers)


def tokens_in(document: Mapping[str, Any], giver: str, now: datetime, refresh: str = "") -> Tokens:
    """The tokens in a token response. Raises `SignInError`.

    Args:
        document: the response.
        giver: who sent it, for the error.
        now: the time.
        refresh: the refresh token that stays valid if there is none in the response.
    """
    access = text(document, "access_token")
    kind = text(document, "token_type") or "Bearer"
    if not _TOKEN.fullmatch(access) or kind.lower() != "bearer":
        raise SignInError(f"{giver} gave no bearer token.")
    life = _seconds(document.get("expires_in"))
    renew_at = now + timedelta(seconds=max(life - EARLY, life / 2)) if life else None
    return Tokens(access, text(document, "refresh_token") or refresh, renew_at)


def _seconds(life: object) -> float:
    """How long a token is valid; 0 if that is not known. Some servers write the number as a text."""
    if isinstance(life, str) and re.fullmatch("[0-9]{1,9}", life):
        life = int(life)
    return life if isinstance(life, int | float) and not isinstance(life, bool) and 0 < life <= _MAX_LIFE else 0
