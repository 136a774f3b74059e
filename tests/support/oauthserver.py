"""An MCP server and its authorization server over HTTP on this machine, with CORS, for a browser."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.localserver import Handler, LocalServer

TOKEN = "canary-4f1d9c8b7a6e5d3c2b1a"
TOOL = {"name": "whoami", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}


class OAuthServer(LocalServer):
    """Runs inside `with`. The page of `/authorize` has a link "Allow" that leads back with a code.

    `asked` are the queries of that page, `forms` what the token endpoint got. The tool `whoami` echoes the token.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.forms: list[dict[str, str]] = []
        super().__init__(type("OAuthHandler", (_Handler,), {"own": self}))

    def document(self, path: str) -> Any:
        """The JSON document at a path, None for none."""
        if path == "/.well-known/oauth-protected-resource/mcp":
            return {"resource": f"{self.origin}/mcp", "authorization_servers": [self.origin]}
        if path == "/.well-known/oauth-authorization-server":
            endpoints = {f"{name}_endpoint": f"{self.origin}/{path}" for name, path in _ENDPOINTS.items()}
            more = {
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
            return {"issuer": self.origin, **endpoints, **more}
        return None

    def page(self, query: dict[str, str]) -> str:
        """What the user sees when they are asked to sign in."""
        self.asked.append(query)
        back = urlencode({"code": "code-1", "state": query["state"], "iss": self.origin})
        address = escape(f"{query['redirect_uri']}?{back}")
        return f'<!doctype html><title>Sign in</title><a href="{address}">Allow</a>'

    def grant(self, form: dict[str, str]) -> dict[str, Any] | None:
        """The answer of the token endpoint; None for a code that is not the one of the user."""
        self.forms.append(form)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if form.get("code") != "code-1" or proof != self.asked[-1]["code_challenge"]:
            return None
        return {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}


_ENDPOINTS = {"authorization": "authorize", "token": "token", "registration": "register"}


class _Handler(Handler):
    own: OAuthServer

    def do_OPTIONS(self) -> None:
        self._send(204, b"")

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/authorize":
            self._send(200, self.own.page(dict(parse_qsl(parts.query))).encode(), "text/html")
        elif (document := self.own.document(parts.path)) is not None:
            self._json(document)
        else:
            self._send(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/register":
            self._json({"client_id": "client-1"}, 201)
        elif self.path == "/token":
            granted = self.own.grant(dict(parse_qsl(body.decode())))
            self._json(granted or {"error": "invalid_grant"}, 200 if granted else 400)
        elif self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._send(401, b"")
        else:
            self._answer(json.loads(body))

    def _answer(self, message: dict[str, Any]) -> None:
        """The MCP server, of the revision 2025-06-18."""
        if "id" not in message:
            self._send(202, b"")
            return
        results = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "test", "version": "1"},
            },
            "tools/list": {"tools": [TOOL]},
            "tools/call": {"content": [{"type": "text", "text": f"Hello, bearer of {TOKEN}"}]},
        }
        found = results.get(message["method"])
        outcome = {"result": found} if found else {"error": {"code": -32601, "message": "Method not found"}}
        self._json({"jsonrpc": "2.0", "id": message["id"], **outcome})

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: int, body: bytes, content_type: str = "text/plain") -> None:
        self.send_response(status)
        challenge = f'Bearer resource_metadata="{self.own.origin}/.well-known/oauth-protected-resource/mcp"'
        headers = {
            "content-type": content_type,
            "content-length": str(len(body)),
            "www-authenticate": challenge,
            "access-control-allow-origin": "*",
            "access-control-allow-headers": "*, authorization",
            "access-control-expose-headers": "www-authenticate",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
