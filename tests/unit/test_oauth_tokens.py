"""The tokens of a sign-in: their renewal, calls side by side, and sessions without a user."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.fakeloop import run
from tests.support.oauth import (
    BACK,
    CHALLENGE,
    SERVER,
    World,
    refused,
    reply,
    sign_in,
)

# Tokens ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("life", [3600, "3600", 3600.0])
def test_a_token_is_renewed_before_its_end(life: Any) -> None:
    world = World(extra={"expires_in": life, "refresh_token": "refresh-1-secret"})

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        world.later(3560)
        assert (await oauth.headers())["Authorization"] == "Bearer access-1-secret"
        world.extra = {"expires_in": 3600, "refresh_token": "refresh-2-secret"}
        world.later(20)
        headers = await asyncio.gather(*(oauth.headers() for _ in range(5)))
        assert {each["Authorization"] for each in headers} == {"Bearer access-2-secret"}
        world.later(3600)
        world.extra = {"expires_in": 3600}  # not rotated: the same goes on
        await oauth.headers()
        world.later(3600)
        await oauth.headers()

    run(main())
    renewals = [form for form in world.forms if form["grant_type"] == "refresh_token"]
    assert [form["refresh_token"][:9] for form in renewals] == ["refresh-1", "refresh-2", "refresh-2"]
    assert all(form["resource"] == SERVER and form["client_id"] == "registered-1" for form in renewals)
    assert len(world.asked) == 1


@pytest.mark.parametrize("life", [None, 0, -5, True, "soon", 1e300, [3600]])
def test_a_life_that_is_not_known_ends_with_a_401(life: Any) -> None:
    world = World(extra={"expires_in": life, "refresh_token": "refresh-1-secret"})

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        world.later(1e6)
        assert (await oauth.headers())["Authorization"] == "Bearer access-1-secret"
        assert await oauth.challenged(401, CHALLENGE, world.ask)
        assert (await oauth.headers())["Authorization"] == "Bearer access-2-secret"

    run(main())
    assert [form["grant_type"] for form in world.forms] == ["authorization_code", "refresh_token"]


def test_a_refresh_token_that_is_refused_leads_to_a_sign_in() -> None:
    world = World()

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        world.token = lambda form: (
            reply({"error": "invalid_grant"}, 400) if form["grant_type"] == "refresh_token" else world.grant(form)
        )
        world.later(4000)
        assert await oauth.headers() == {}
        assert await oauth.challenged(401, CHALLENGE, world.ask)
        assert (await oauth.headers())["Authorization"] == "Bearer access-3-secret"

    run(main())
    assert len(world.asked) == 2


def test_a_server_that_cannot_renew_now_does_not_end_the_sign_in() -> None:
    world = World()

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        world.token = lambda _: reply({}, 503)
        world.later(4000)
        assert (await oauth.headers())["Authorization"] == "Bearer access-1-secret"

    run(main())


def test_a_renewal_outlives_the_call_that_began_it() -> None:
    """The server may have replaced the refresh token already."""
    world = World()

    async def main() -> None:
        oauth = world.oauth()
        await oauth.challenged(401, CHALLENGE, world.ask)
        world.later(4000)
        stopped = asyncio.ensure_future(oauth.headers())
        await asyncio.sleep(0)
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
        assert (await oauth.headers())["Authorization"] == "Bearer access-2-secret"

    run(main())
    assert len(world.forms) == 2


def test_calls_side_by_side_sign_in_once() -> None:
    world = World()

    async def main() -> None:
        oauth = world.oauth()
        sent = asyncio.Barrier(5)

        async def call() -> str:
            assert await oauth.headers() == {}
            await sent.wait()
            assert await oauth.challenged(401, CHALLENGE, world.ask)
            return (await oauth.headers())["Authorization"]

        assert set(await asyncio.gather(*(call() for _ in range(5)))) == {"Bearer access-1-secret"}

    run(main())
    assert len(world.asked) == 1


def test_a_session_signs_in_to_a_server_once() -> None:
    world = World()
    assert world.oauth() is world.oauth()
    assert world.oauth() is not world.oauth({"clientId": "other"})
    assert world.oauth() is not world.oauth(server="https://mcp.test/other")


# Without a user -------------------------------------------------------------------------------------------------------


def test_without_a_page_to_come_back_to_the_error_tells_what_to_pass() -> None:
    world = World()
    world.session.redirect_uri = ""
    reason = refused(world)
    assert "oauthRedirectURI" in reason
    assert "Bearer ${env.TOKEN}" in reason
    world.session.redirect_uri, world.session.attended = BACK, lambda: False
    assert "no user to ask" in refused(world)
    assert world.asked == []


def test_a_page_that_the_agent_file_names_is_used() -> None:
    world = World()
    sign_in(world, {"clientId": "mine", "callbackRedirectURL": "https://other.test/back"})
    assert world.opened[0]["redirect_uri"] == world.forms[0]["redirect_uri"] == "https://other.test/back"


def test_a_user_who_declines_is_asked_again_in_the_next_turn() -> None:
    world = World(answer="decline", turn="first")
    assert "did not sign in" in refused(world)
    assert "did not sign in" in refused(world)
    assert len(world.asked) == 1
    world.answer, world.turn = "accept", "second"
    assert sign_in(world)


# Tokens of the page ---------------------------------------------------------------------------------------------------


def test_a_page_that_has_signed_in_itself_answers_with_its_token() -> None:
    given = {
        "access_token": "page-1-secret",
        "token_type": "Bearer",
        "refresh_token": "page-r-secret",
        "expires_in": 60,
    }
    world = World(back=lambda _: given)

    async def main() -> None:
        oauth = world.oauth()
        assert await oauth.challenged(401, CHALLENGE, world.ask)
        world.later(600)
        assert (await oauth.headers())["Authorization"] == "Bearer page-1-secret"
        world.back = lambda _: {"access_token": "page-2-secret"}
        assert await oauth.challenged(401, CHALLENGE, world.ask)
        assert (await oauth.headers())["Authorization"] == "Bearer page-2-secret"

    run(main())
    assert world.forms == []  # its refresh token belongs to another client
    assert {"page-1-secret", "page-r-secret", "page-2-secret"} <= world.hidden
    assert len(world.asked) == 2


@pytest.mark.parametrize("given", [{"access_token": ""}, {"access_token": "a b"}, {"access_token": 7},
                                   {"access_token": "fine-token", "token_type": "DPoP"}])  # fmt: skip
def test_a_token_of_the_page_that_cannot_be_used_is_refused(given: Any) -> None:
    assert refused(World(back=lambda _: given)) == "The page gave no bearer token."
