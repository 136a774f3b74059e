"""The request that the user opens, and what comes back with the user."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from ....config.vendor_keys import host_of
from ....redaction.redact import redact
from .clients import reason
from .errors import SignInError
from .fields import text
from .pkce import Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .server import AuthorizationServer

_OWN: Final = ("response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One request for a code: RFC 6749 section 4.1.1, with PKCE, `state` and `resource`."""

    server: AuthorizationServer
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    resource: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    proof: Proof = field(default_factory=Proof)

    @property
    def url(self) -> str:
        """The address that the user opens."""
        values = ("code", self.client_id, self.redirect_uri, self.state, self.proof.challenge, "S256")
        fields = dict(zip(_OWN, values, strict=True))
        fields |= {"resource": self.resource} if self.resource else {}
        fields |= {"scope": " ".join(self.scopes)} if self.scopes else {}
        if "offline_access" in self.scopes:
            fields["prompt"] = "consent"  # OpenID Connect Core 1.0 section 11
        return f"{self.server.authorize}{'&' if '?' in self.server.authorize else '?'}{urlencode(fields)}"

    def code(self, back: Mapping[str, Any]) -> str:
        """The code in the parameters with which the user came back.

        Raises:
            SignInError: they do not answer this request, or not from this server (a mix-up), or it refused.
        """
        host = host_of(self.server.authorize)
        if not secrets.compare_digest(text(back, "state").encode(), self.state.encode()):
            raise SignInError("What came back does not belong to this sign-in (`state`), so it is refused.")
        issuer = back.get("iss")
        if issuer is None and self.server.sends_issuer:
            raise SignInError(
                f"{host} announces that it names itself (`iss`), and what came back does not, so it is refused. "
                "A page has to pass on `iss` beside `code` and `state`."
            )
        if issuer is not None and issuer != self.server.issuer:  # RFC 9207: as it is written, without normalization
            raise SignInError("What came back is of another authorization server (`iss`), so it is refused.")
        if text(back, "error"):
            raise SignInError(f"{host} did not sign you in: {redact(reason(400, back), [self.proof.verifier])}.")
        code = text(back, "code")
        if not code:
            raise SignInError(f"{host} sent you back without a code. Sign in again.")
        return code
