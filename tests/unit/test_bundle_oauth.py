"""The client-ID document of a build that is told where it will be."""

from __future__ import annotations

import argparse
import json

import pytest

import build
from bundle.oauth import client_document
from tests.support.oauth import METADATA, SERVER_AT, World, sign_in


@pytest.mark.parametrize("url", ["https://app.test", "https://app.test/", "https://app.test/chat"])
def test_the_document_has_its_own_address_and_is_taken_by_a_sign_in(url: str) -> None:
    public = build.https_url(url)
    [(name, content)] = client_document(public).items()
    document = json.loads(content)
    assert document["client_id"] == f"{url.rstrip('/')}/oauth-client.json" == public + name
    assert document["redirect_uris"] == [f"{url.rstrip('/')}/oauth.html"]
    assert document["token_endpoint_auth_method"] == "none"
    world = World()
    world.session.redirect_uri = f"{public}oauth.html"
    world.documents[SERVER_AT] = METADATA | {"client_id_metadata_document_supported": True}
    world.documents[document["client_id"]] = document
    sign_in(world)
    assert world.opened[0]["client_id"] == document["client_id"]


@pytest.mark.parametrize(
    "url", ["http://app.test", "app.test", "https://", "https://a.test/?x", "https://a@b.test", "https://a b"]
)
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        build.https_url(url)
