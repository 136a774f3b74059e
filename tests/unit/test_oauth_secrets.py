"""Tokens and secrets of a sign-in: none goes where it does not belong, and none is shown."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.errors import ErrorInfo, TransportError
from sparewheel.redaction.learned import MAX_LEARNED, LearnedSecrets
from sparewheel.tools.mcp.oauth.errors import SignInError
from sparewheel.transports.local import LocalResponse
from tests.support.fakeloop import run
from tests.support.oauth import (
    CHALLENGE,
    ISSUER,
    METADATA,
    RESOURCE,
    RESOURCE_AT,
    World,
    refused,
    reply,
    sign_in,
)

# Tokens and secrets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "a\r\nX-Evil: 1", "token_type": "Bearer"},
        {"access_token": "", "token_type": "Bearer"},
        {"access_token": "x" * 9000, "token_type": "Bearer"},
        {"access_token": ["x"], "token_type": "Bearer"},
        {"access_token": "\u00e9" * 10, "token_type": "Bearer"},
        {"access_token": "fine-token", "token_type": "DPoP"},
        {},
    ],
)
def test_a_token_that_cannot_be_used_is_refused(answer: Any) -> None:
    world = World(token=lambda _: reply(answer))
    assert "no bearer token" in refused(world)


def test_a_token_that_is_echoed_is_hidden_even_if_the_answer_is_an_error() -> None:
    echo = {"access_token": "echoed-token-1", "error": "server_error", "error_description": "echoed-token-1"}
    world = World(token=lambda _: reply(echo, 500))
    refused(world)
    assert "echoed-token-1" in world.hidden


def test_a_code_that_is_refused_and_echoed_is_hidden() -> None:
    world = World(token=lambda form: reply({"error": "invalid_grant", "error_description": str(form)}, 400))
    assert "invalid_grant" in refused(world)
    assert {world.forms[0]["code"], world.forms[0]["code_verifier"]} <= world.hidden


def test_what_is_in_use_stays_hidden_however_many_come_after() -> None:
    """Only the latest secrets of a session are masked, and another server may renew its tokens all the time."""
    world, secrets = World(client={"client_id": "c", "client_secret": "client-secret-1"}), LearnedSecrets()

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        world.session.hide = secrets.add
        for number in range(MAX_LEARNED + 1):
            secrets.add([f"of-another-server-{number}"])
        await oauth.headers()

    run(main())
    assert {"access-1-secret", "refresh-1-secret", "client-secret-1"} <= secrets.values


def test_the_secret_of_the_agent_file_goes_to_no_server_that_another_one_names() -> None:
    world = World()
    config = {"clientId": "mine", "clientSecret": "canary-secret"}
    reason = refused(world, config)
    assert 'allowHosts: ["auth.test"]' in reason
    assert "canary" not in reason
    assert not any(b"canary" in request.body for request in world.requests)
    assert world.asked == []
    world.session.allow_hosts = ["auth.test"]
    assert sign_in(world, config)


def test_another_authorization_server_learns_nothing_of_the_first() -> None:
    """The server names another one from now on: a new registration, no refresh token, no client id of the first."""
    world = World()

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        await oauth.headers()
        evil = "https://evil.test"
        moved = {name: value.replace(ISSUER, evil) for name, value in METADATA.items() if isinstance(value, str)}
        world.documents[RESOURCE_AT] = RESOURCE | {"authorization_servers": [evil]}
        world.documents[f"{evil}/.well-known/oauth-authorization-server"] = METADATA | moved
        world.client = {"client_id": "registered-2"}
        assert await oauth.challenged(401, CHALLENGE, world.ask)

    run(main())
    at_evil = [request for request in world.requests if "evil.test" in request.url]
    assert len(at_evil) == 3
    assert not any(word in request.body for request in at_evil for word in (b"registered-1", b"secret"))
    assert world.asked[1][0] == "mcp.test asks you to sign in at evil.test"


def test_a_server_that_refuses_its_own_tokens_does_not_ask_for_ever() -> None:
    world = World(extra={})

    async def main() -> None:
        oauth = world.oauth()
        for _ in range(3):
            await oauth.headers()
            assert await oauth.challenged(401, CHALLENGE, world.ask)
        await oauth.headers()
        with pytest.raises(SignInError, match="refuses the tokens of 3 sign-ins"):
            await oauth.challenged(401, CHALLENGE, world.ask)
        world.later(3600)
        assert await oauth.challenged(401, CHALLENGE, world.ask)

    run(main())


def test_an_answer_that_the_browser_hides_names_the_header_and_the_way_out() -> None:
    def hidden(_: Any) -> LocalResponse:
        raise TransportError(ErrorInfo("network_or_cors", "gave no answer", ""))

    world = World(token=hidden)
    reason = refused(world)
    for part in ("auth.test", "Access-Control-Allow-Origin", "toolProxy", "${env.TOKEN}"):
        assert part in reason


def test_nothing_that_is_shown_of_an_object_has_a_secret() -> None:
    world = World()

    async def main() -> str:
        oauth = world.oauth({"clientId": "c"})
        await oauth.challenged(401, CHALLENGE, world.ask)
        return repr(vars(oauth)) + repr(oauth._signed_in)

    assert "secret" not in run(main()).replace("client_secret", "")
