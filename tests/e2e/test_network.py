"""What a turn costs on the network, beside the request itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sparewheel.testing import Reply, Request, ScriptedProvider, openai_chat
from tests.agents import ENV, agent_file
from tests.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Lasting(ScriptedProvider):
    """Its preflights hold for longer than this test takes. Without its word they do for five seconds."""

    def preflight_headers(self, request: Request) -> dict[str, str]:
        return {**super().preflight_headers(request), "access-control-max-age": "600"}


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with Lasting(strict=True) as server:
        yield server


async def test_a_preflight_is_asked_once_and_not_for_every_turn(theirs: Theirs, provider: ScriptedProvider) -> None:
    """A round trip saved before every request; a `cache` mode of the request would bring it back."""
    provider.script("a", Reply(openai_chat(text=["An", "swer"]), repeat=True))
    await theirs.open("s", agent_file({"a": provider.url}), ENV)
    for _ in range(3):
        turn = await theirs.take_turn("s")
        assert turn.text == "Answer"
    assert (len(provider.requests), len(provider.preflights)) == (3, 1)
