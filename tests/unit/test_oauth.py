"""The sign-in to an MCP server, step by step, against scripted servers that keep the rules."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.tools.mcp.oauth.challenge import Challenge, read_challenge
from sparewheel.tools.mcp.oauth.errors import SignInError
from sparewheel.tools.mcp.oauth.pkce import Proof
from tests.support.fakeloop import run
from tests.support.oauth import (
    BACK,
    CHALLENGE,
    ISSUER,
    METADATA,
    RESOURCE,
    RESOURCE_AT,
    SERVER,
    SERVER_AT,
    World,
    sign_in,
)

KNOWN = "/.well-known/oauth-protected-resource"
SCOPED = 'Bearer error="insufficient_scope", scope="write"'


# The challenge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Challenge()),
        ("Bearer", Challenge()),
        ('bearer Scope="a b" , ERROR = invalid_token', Challenge(scope="a b", error="invalid_token")),
        ('Basic realm="x, Bearer scope=no", Bearer scope="yes"', Challenge(scope="yes")),
        ('Bearer scope="first", Digest scope="other", nonce="x"', Challenge(scope="first")),
        ('Negotiate abc==, Bearer error="a\\"b"', Challenge(error='a"b')),
        ('Bearer scope="one", scope="two"', Challenge(scope="one")),
        ('Bearer scope="open', Challenge()),
        ("=,=,;;; Bearer scope=x", Challenge(scope="x")),
        ("," * 20_000, Challenge()),
        ('Bearer a="' + "\\" * 20_000, Challenge()),
    ],
)
def test_a_challenge_is_read(header: str | None, expected: Challenge) -> None:
    assert read_challenge(header) == expected


def test_the_proof_is_that_of_rfc_7636() -> None:
    proof = Proof("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert proof.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert 43 <= len(Proof().verifier) <= 128
    assert Proof().verifier != Proof().verifier


# The whole way --------------------------------------------------------------------------------------------------------


def test_a_sign_in() -> None:
    world = World()
    assert sign_in(world) == {"Authorization": "Bearer access-1-secret"}
    assert world.addresses == [RESOURCE_AT, SERVER_AT, "https://auth.test/register", "https://auth.test/token"]
    [asked] = world.asked
    assert asked[:2] == ("mcp.test asks you to sign in at auth.test", "auth.test")
    assert asked[2]["server"] == SERVER
    [opened] = world.opened
    assert len(opened.pop("state")) >= 32
    assert len(opened.pop("code_challenge")) == 43
    assert opened == {
        "response_type": "code",
        "client_id": "registered-1",
        "redirect_uri": BACK,
        "code_challenge_method": "S256",
        "resource": SERVER,
        "scope": "read",
    }
    [form] = world.forms
    verifier = form.pop("code_verifier")  # compared by the token endpoint
    assert form == {
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": BACK,
        "client_id": "registered-1",
        "resource": SERVER,
    }
    assert world.registered[0]["application_type"] == "web"
    assert world.registered[0]["grant_types"] == ["authorization_code", "refresh_token"]
    assert world.hidden == {"access-1-secret", "refresh-1-secret", "code-1", verifier}


@pytest.mark.parametrize(
    ("server", "at"),
    [
        (
            "https://mcp.test/a/b",
            ["/.well-known/oauth-protected-resource/a/b", "/.well-known/oauth-protected-resource"],
        ),
        ("https://mcp.test/", ["/.well-known/oauth-protected-resource"]),
    ],
)
def test_a_server_without_a_challenge_is_described_at_known_places(server: str, at: list[str]) -> None:
    world = World()
    world.documents[f"https://mcp.test{at[-1]}"] = RESOURCE | {"resource": "https://mcp.test"}
    sign_in(world, challenge=None, server=server)
    assert world.addresses[: len(at)] == [f"https://mcp.test{path}" for path in at]
    assert world.opened[0]["resource"] == "https://mcp.test"


@pytest.mark.parametrize(
    ("issuer", "places"),
    [
        ("https://auth.test", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
        (
            "https://auth.test/tenant/1",
            [
                "/.well-known/oauth-authorization-server/tenant/1",
                "/.well-known/openid-configuration/tenant/1",
                "/tenant/1/.well-known/openid-configuration",
            ],
        ),
    ],
)
def test_metadata_is_sought_in_the_order_of_the_specification(issuer: str, places: list[str]) -> None:
    for count in range(1, len(places) + 1):
        world = World()
        del world.documents[SERVER_AT]
        world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": [issuer]}
        world.documents[f"https://auth.test{places[count - 1]}"] = METADATA | {"issuer": issuer}
        sign_in(world)
        assert world.addresses[1 : count + 1] == [f"https://auth.test{place}" for place in places[:count]]


def test_a_server_of_before_2025_06_18_is_its_own_authorization_server() -> None:
    world = World()
    world.documents.clear()
    assert sign_in(world, challenge=None)
    assert world.addresses[-2:] == ["https://mcp.test/register", "https://mcp.test/token"]
    assert "resource" not in world.opened[0]
    world = World()
    world.documents = {
        "https://mcp.test/.well-known/oauth-authorization-server": METADATA | {"issuer": "https://mcp.test"}
    }
    assert sign_in(world, challenge=None)
    assert world.addresses[-1] == "https://auth.test/token"


@pytest.mark.parametrize(
    ("issuer", "taken"),
    [
        ("https://mcp.test/oauth", True),
        ("https://mcp.test.evil.test/", False),
        ("https://evil.test", False),
        ("", False),
    ],
)
def test_a_server_of_before_2025_06_18_may_name_any_issuer_of_its_origin(issuer: str, taken: bool) -> None:
    world = World()
    world.documents = {"https://mcp.test/.well-known/oauth-authorization-server": METADATA | {"issuer": issuer}}
    if taken:
        assert sign_in(world, challenge=None)
    else:
        with pytest.raises(SignInError, match="another authorization server"):
            sign_in(world, challenge=None)


def test_the_next_authorization_server_is_taken_if_the_first_does_not_work() -> None:
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": ["https://gone.test", ISSUER]}
    assert sign_in(world)


def test_an_issuer_may_lack_the_slash_of_an_empty_path() -> None:
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": [f"{ISSUER}/"]}
    assert sign_in(world)


# Scopes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "challenge", "resource", "server", "expected"),
    [
        (None, CHALLENGE + ', scope="a b"', ["read"], [], "a b"),
        (None, CHALLENGE, ["read", "write"], [], "read write"),
        (None, CHALLENGE, None, ["all"], None),
        (None, CHALLENGE, None, ["offline_access"], None),
        (None, CHALLENGE, ["read"], ["offline_access"], "read offline_access"),
        ({"clientId": "c", "scopes": ["mine"]}, CHALLENGE + ', scope="a"', ["read"], [], "mine"),
        (None, CHALLENGE, ["read", 'a"b', "a b", "\u00e9", 7, "read"], [], "read"),
    ],
)
def test_scopes(config: Any, challenge: str, resource: Any, server: Any, expected: str | None) -> None:
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"scopes_supported": resource}
    world.documents[SERVER_AT] = METADATA | {"scopes_supported": server}
    sign_in(world, config, challenge)
    assert world.opened[0].get("scope") == expected
    assert world.opened[0].get("prompt") == ("consent" if expected and "offline" in expected else None)


def test_more_scopes_are_asked_for_once() -> None:
    world = World()

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        await oauth.headers()
        assert await oauth.challenged(403, SCOPED, world.ask)
        assert world.opened[1]["scope"] == "read write"
        await oauth.headers()
        with pytest.raises(SignInError, match="does not allow it \\(write\\)"):
            await oauth.challenged(403, SCOPED, world.ask)
        assert not await oauth.challenged(403, 'Bearer error="other"', world.ask)
        assert not await oauth.challenged(403, None, world.ask)
        assert (await oauth.headers())["Authorization"] == "Bearer access-2-secret"

    run(main())
    assert len(world.opened) == 2
