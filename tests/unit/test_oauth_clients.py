"""As which client the runtime signs in to an MCP server: a document, the agent file, or a registration."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from tests.support.oauth import BACK, METADATA, SERVER_AT, World, refused, sign_in

DOCUMENT_AT = "https://app.test/oauth-client.json"


def test_a_client_that_a_document_describes() -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {"client_id_metadata_document_supported": True}
    world.documents[DOCUMENT_AT] = {"client_id": DOCUMENT_AT, "redirect_uris": [BACK]}
    sign_in(world)
    assert world.opened[0]["client_id"] == DOCUMENT_AT
    assert world.registered == []


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"client_id": "https://other.test/oauth-client.json", "redirect_uris": [BACK]},
        {"client_id": DOCUMENT_AT, "redirect_uris": ["https://app.test/"]},
        {"client_id": DOCUMENT_AT, "redirect_uris": BACK},
    ],
)
def test_a_document_that_is_not_that_of_this_page_is_not_used(document: Any) -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {"client_id_metadata_document_supported": True}
    world.documents |= {DOCUMENT_AT: document} if document else {}
    sign_in(world)
    assert world.opened[0]["client_id"] == "registered-1"


def test_a_client_that_the_agent_file_names_comes_first() -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {"client_id_metadata_document_supported": True}
    world.documents[DOCUMENT_AT] = {"client_id": DOCUMENT_AT, "redirect_uris": [BACK]}
    sign_in(world, {"clientId": "mine"})
    assert world.opened[0]["client_id"] == "mine"


def test_a_document_of_the_agent_file_is_for_servers_that_take_documents() -> None:
    own = "https://other.test/client.json"
    world = World()
    sign_in(world, {"clientId": own})
    assert world.opened[0]["client_id"] == "registered-1"
    world = World()
    world.documents[SERVER_AT] = METADATA | {"client_id_metadata_document_supported": True}
    sign_in(world, {"clientId": own})
    assert world.opened[0]["client_id"] == own


def test_without_any_client_the_error_tells_where_to_name_one() -> None:
    world = World()
    world.documents[SERVER_AT] = {**METADATA, "registration_endpoint": None}
    assert "remote.oauth.clientId" in refused(world)
    world = World(client={"error": "invalid_redirect_uri", "error_description": "No\u202e!\n" * 500})
    reason = refused(world)
    assert "invalid_redirect_uri: No! No!" in reason
    assert len(reason) < 700


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        (None, "basic"),
        (["client_secret_basic", "client_secret_post"], "basic"),
        (["client_secret_post"], "post"),
        (["private_key_jwt"], "basic"),
    ],
)
def test_a_secret_is_sent_as_the_server_takes_it(methods: Any, expected: str) -> None:
    world = World()
    world.session.allow_hosts = ["auth.test"]
    world.documents[SERVER_AT] = METADATA | {"token_endpoint_auth_methods_supported": methods}
    sign_in(world, {"clientId": "mi ne", "clientSecret": "s3cret/+:"})
    header = world.requests[-1].headers.get("Authorization", "")
    if expected == "basic":
        assert b64decode(header.removeprefix("Basic ")) == b"mi%20ne:s3cret%2F%2B%3A"
        assert "client_id" not in world.forms[0]
    else:
        assert header == ""
        assert (world.forms[0]["client_id"], world.forms[0]["client_secret"]) == ("mi ne", "s3cret/+:")


def test_a_registered_secret_is_used_and_hidden() -> None:
    world = World(
        client={"client_id": "c", "client_secret": "given-secret", "token_endpoint_auth_method": "client_secret_post"}
    )
    world.documents[SERVER_AT] = METADATA | {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    sign_in(world)
    assert world.registered[0]["token_endpoint_auth_method"] == "client_secret_post"
    assert world.forms[0]["client_secret"] == "given-secret"
    assert "given-secret" in world.hidden


def test_a_page_of_this_machine_registers_as_a_native_client() -> None:
    world = World()
    world.session.redirect_uri = "http://127.0.0.1:8000/oauth.html"
    sign_in(world)
    assert world.registered[0]["application_type"] == "native"
