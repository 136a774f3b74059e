"""The transport of CPython against real sockets: the bridge's twin must fail and close like the bridge."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.testing import Reply, ScriptedProvider, errors, openai_chat
from sparewheel.transports.router import network_transport
from tests.support.scripted import Played, folded_text, session_of

if TYPE_CHECKING:
    from sparewheel.session import Session

ANSWER = Reply(openai_chat(text=["An", "swer"]))


def open_session(base_url: str, *models: str) -> Session:
    rest = ", ".join(f"mine/{model}" for model in models[1:])
    text = f"""
agents: {{root: {{model: mine/{models[0]}, fallback: {{models: [{rest}], retries: -1, delay: 0s}}}}}}
providers: {{mine: {{base_url: "{base_url}"}}}}
"""
    return session_of(resolve_team(load_agent_file(text), None, {}), network_transport())


async def turn(session: Session) -> Played:
    played = Played()
    async for batch in session.turn("hi"):
        played.events += [dict(event) for event in batch]
    return played


@pytest.mark.parametrize("split", [None, 1, ()])
def test_a_stream_over_a_socket(split: int | tuple[int, ...] | None) -> None:
    with ScriptedProvider() as server:
        server.script("a", ANSWER.replace(split=split))
        played = asyncio.run(turn(open_session(f"{server.url}/v1", "a")))
        assert folded_text(played.events) == "Answer"
        server.check()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(openai_chat(text="Half", finish=None), cut_at=9999), "network"),
        (Reply(openai_chat(text="Half", finish=None), cut_at=9999, cut="end"), "stream_truncated"),
        (errors.openai_server_error(), "server_error"),
        (errors.openai_rate_limit(), "rate_limit"),
    ],
)
def test_faults_over_a_socket(reply: Reply, kind: str) -> None:
    with ScriptedProvider() as server:
        server.script("a", reply)
        server.script("b", ANSWER)
        played = asyncio.run(turn(open_session(f"{server.url}/v1", "a", "b")))
        assert [event["kind"] for event in played.of("fallback")] == [kind]
        assert folded_text(played.events) == "Answer"
        server.check()


def test_walking_away_closes_the_connection() -> None:
    async def main() -> None:
        async with aclosing(open_session(f"{server.url}/v1", "a").turn("hi")) as batches:
            async for batch in batches:
                if batch[-1]["type"] == "delta":
                    break

    with ScriptedProvider() as server:
        server.script("a", ANSWER.replace(silent_after=2))
        asyncio.run(main())
        server.wait_for_disconnect()
