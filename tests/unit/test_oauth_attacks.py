"""Sign-ins to hostile servers: each attack is refused before a token, a code or a secret leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.tools.mcp.oauth.web import MAX_BODY
from sparewheel.transports.local import LocalResponse
from tests.support.oauth import (
    ISSUER,
    METADATA,
    RESOURCE,
    RESOURCE_AT,
    SERVER_AT,
    World,
    refused,
    sign_in,
)

if TYPE_CHECKING:
    from sparewheel.transports.base import HttpRequest

HOSTILE = [
    "http://auth.test",
    "https://127.0.0.1",
    "https://[::1]",
    "https://0x7f.1",
    "https://2130706433",
    "https://localhost",
    "http://localhost:9",
    "https://10.0.0.1",
    "https://192.168.1.1",
    "https://169.254.169.254",
    "https://[fd00::1]",
    "https://[::ffff:10.0.0.1]",
    "https://router.lan",
    "https://intranet",
    "https://user@auth.test",
    "https://auth.test\\@evil.test",
    "https://auth.test evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//auth.test",
    "auth.test",
    "",
    "https://",
    f"https://{'a' * 9000}.test",
]


# Addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_of_the_challenge_is_checked(address: str) -> None:
    world = World()
    if address in ("", "https://"):
        return
    refused(world, challenge=f'Bearer resource_metadata="{address.replace(chr(92), chr(92) * 2)}/x"')
    assert world.requests == []


@pytest.mark.parametrize("address", [*HOSTILE, "https://auth.test?x=1", "https://auth.test/#x"])
def test_an_authorization_server_that_points_elsewhere_is_not_requested(address: str) -> None:
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": [address]}
    refused(world)
    assert world.addresses == [RESOURCE_AT]
    assert world.asked == []


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "registration_endpoint"])
@pytest.mark.parametrize("address", [address for address in HOSTILE if address])
def test_an_endpoint_that_points_elsewhere_is_neither_requested_nor_opened(name: str, address: str) -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {name: address}
    if name == "registration_endpoint" and len(address) > 8000:
        return  # as if there was none
    refused(world)
    assert world.addresses == [RESOURCE_AT, SERVER_AT]
    assert world.asked == []


def test_a_server_of_this_machine_may_have_its_authorization_server_there() -> None:
    server, issuer = "http://127.0.0.1:8080/mcp", "http://localhost:9090"
    world = World()
    own = {name: value.replace(ISSUER, issuer) for name, value in METADATA.items() if isinstance(value, str)}
    world.documents = {
        "http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp": {
            "resource": server,
            "authorization_servers": [issuer],
        },
        f"{issuer}/.well-known/oauth-authorization-server": METADATA | own,
    }
    assert sign_in(world, challenge=None, server=server)
    other = World()
    assert "http" in refused(other, server="http://mcp.test/mcp")
    assert other.requests == []


def test_private_networks_need_the_option_of_the_agent_file() -> None:
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": ["https://10.0.0.1"]}
    at = "https://10.0.0.1/.well-known/oauth-authorization-server"
    world.documents[at] = METADATA | {"issuer": "https://10.0.0.1"}
    assert "allow_private_ips" in refused(world)
    assert sign_in(world, private=True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    for address in (RESOURCE_AT, SERVER_AT):
        world = World()
        world.documents[address] = LocalResponse(status, {"location": "https://evil.test/"}, b"")
        refused(world)
        assert not any("evil" in address for address in world.addresses)


# Documents ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        "https://evil.test/mcp",
        "https://mcp.test.evil.test/mcp",
        "https://mcp.test:444/mcp",
        "http://mcp.test/mcp",
        "https://mcp.test/other",
        "https://mcp.test/mc",
        "https://mcp.test/mcp/deeper",
        "https://mcp.test/mcp#x",
        "https://mcp.test/mcp?x=1",
        "mcp.test",
    ],
)
def test_a_description_of_another_resource_is_refused(resource: str) -> None:
    """Else this server would get a token for that one."""
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"resource": resource}
    assert "another server" in refused(world)
    assert world.addresses == [RESOURCE_AT]


@pytest.mark.parametrize("resource", ["https://mcp.test", "https://mcp.test/", "https://MCP.test:443/mcp"])
def test_a_resource_may_have_the_server_below_it(resource: str) -> None:
    world = World()
    world.documents[RESOURCE_AT] = RESOURCE | {"resource": resource}
    sign_in(world)
    assert world.opened[0]["resource"] == world.forms[0]["resource"] == resource


@pytest.mark.parametrize("issuer", ["https://evil.test", "https://auth.test/x", "https://auth.test//", "", None, 7])
def test_metadata_of_another_issuer_is_refused(issuer: Any) -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {"issuer": issuer}
    assert "another authorization server" in refused(world)
    assert world.addresses == [RESOURCE_AT, SERVER_AT]


@pytest.mark.parametrize("methods", [None, [], ["plain"], "S256", ["s256"]])
def test_a_server_without_pkce_is_refused(methods: Any) -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {"code_challenge_methods_supported": methods}
    assert "PKCE" in refused(world)
    assert world.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'{"issuer": "x", "issuer": "y"}',
        b" " * (MAX_BODY + 1),
    ],
    ids=["empty", "list", "null", "cut", "bytes", "deep", "twice", "long"],
)
def test_documents_that_are_no_documents(body: bytes) -> None:
    for address in (RESOURCE_AT, SERVER_AT, "https://auth.test/register"):
        world = World()
        world.documents[address] = LocalResponse(200, {}, body)
        refused(world)
        assert world.asked == []


def test_a_server_that_only_wants_a_key_is_told_from_one_with_a_sign_in() -> None:
    world = World()
    world.documents = {"https://mcp.test/register": LocalResponse(404, {}, b"")}
    assert 'Pass a token: remote.headers: {Authorization: "Bearer ${env.TOKEN}"}' in refused(world, challenge=None)


def test_servers_that_answer_slowly_do_not_hold_a_turn_for_minutes() -> None:
    class Slow(World):
        async def answer_slowly(self, request: HttpRequest) -> LocalResponse:
            await asyncio.sleep(0 if "mcp.test" in request.url else 29)
            return World.answer_to(self, request)

        answer_to = answer_slowly  # type: ignore[assignment]

    world = Slow()
    issuers = [f"https://a{number}.test/x" for number in range(5)]
    world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": issuers}
    assert "not ready within 60 s" in refused(world)


def test_long_lists_are_bounded() -> None:
    world = World()
    many = [f"https://a{number}.test" for number in range(10_000)]
    world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": many, "scopes_supported": many}
    refused(world)
    assert len(world.requests) <= 11
    world.documents[RESOURCE_AT] = RESOURCE | {"scopes_supported": many}
    sign_in(world)
    assert len(world.opened[0]["scope"]) <= 4000


# What comes back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "other", None, 7, ["x"]])
def test_a_return_that_does_not_belong_to_the_request_is_refused(state: Any) -> None:
    world = World(back=lambda back: back | {"state": state})
    assert "state" in refused(world)
    assert world.forms == []


@pytest.mark.parametrize(
    ("announced", "iss", "passes"),
    [
        (True, ISSUER, True),
        (True, None, False),
        (True, f"{ISSUER}/", False),
        (True, ISSUER.upper(), False),
        (False, ISSUER, True),
        (False, "https://evil.test", False),
        (False, "", False),
        (False, 7, False),
        (False, None, True),
    ],
)
def test_a_mix_up_is_refused(announced: bool, iss: Any, passes: bool) -> None:
    """The code of an honest server must not be sent to the one that has mixed them up: RFC 9207."""
    world = World(back=lambda back: back | ({} if iss is None else {"iss": iss}))
    world.documents[SERVER_AT] = METADATA | {"authorization_response_iss_parameter_supported": announced}
    if passes:
        assert sign_in(world)
    else:
        assert "iss" in refused(world)
        assert world.forms == []


def test_an_error_is_told_in_bounds_and_without_secrets() -> None:
    def back(given: dict[str, Any]) -> dict[str, Any]:
        words = f"\u202e\x00 sk-ant-api03-aaaaaaaaaaaaaaaaaaaa {'long ' * 1000}"
        return {"state": given["state"], "error": "access_denied", "error_description": words}

    reason = refused(World(back=back))
    assert reason.startswith("auth.test did not sign you in: access_denied: ")
    assert "sk-ant" not in reason
    assert reason.isprintable()
    assert len(reason) < 500


@pytest.mark.parametrize("code", ["", None, 7, "x" * 10_000])
def test_a_return_without_a_code(code: Any) -> None:
    world = World(back=lambda back: back | {"code": code})
    assert "without a code" in refused(world)
    assert world.forms == []


def test_a_page_that_passes_on_the_code_and_the_state_only_is_told_what_is_missing() -> None:
    world = World()
    world.documents[SERVER_AT] = METADATA | {"authorization_response_iss_parameter_supported": True}
    assert refused(world).endswith("A page has to pass on `iss` beside `code` and `state`.")
