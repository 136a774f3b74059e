"""The client-ID document: by its address, authorization servers know the page that sends a user to them.

It has to contain its own address, so it is only there if the build is told where `dist/` will be. Source: the Internet
draft draft-ietf-oauth-client-id-metadata-document.
"""

from __future__ import annotations

import json

from sparewheel.tools.mcp.oauth.clients import DOCUMENT, description

PAGE = "oauth.html"


def client_document(public_url: str) -> dict[str, bytes]:
    """The document by its path. `public_url` is where `dist/` will be, with a slash at its end."""
    document = {
        "client_id": public_url + DOCUMENT,
        "client_uri": public_url,
        "logo_uri": f"{public_url}app/icon-192.png",
        **description(public_url + PAGE),
    }
    return {DOCUMENT: json.dumps(document, indent=1).encode() + b"\n"}
