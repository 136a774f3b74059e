"""Signing in to a remote MCP server by OAuth 2.1, as the MCP specification profiles it.

Every address and every text here comes from a server that may be hostile. `places` holds which addresses may be
requested or shown, `web` bounds each request. The way of a sign-in: `challenge` → `resource` (RFC 9728) → `server`
(RFC 8414) → `clients` (client-ID document, pre-registration or RFC 7591) → `request` (PKCE, RFC 8707, RFC 9207) → the
user → `tokens`. `authorizer` puts them together for one server of one session.

Tokens are in the memory of the session. They are not stored with it: a session that is opened again signs in again.
"""
