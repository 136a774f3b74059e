"""What a turn costs on the network, beside the request itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sparewheel.testing import Reply, Request, ScriptedProvider, ToolCall, openai_chat
from tests.support.agents import ENV, KEY, agent_file
from tests.support.browser import Change, Site, Theirs

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


async def test_a_key_does_not_follow_a_redirect(theirs: Theirs, provider: ScriptedProvider) -> None:
    with ScriptedProvider() as elsewhere:
        elsewhere.script("a", Reply(openai_chat(text="Stolen.")))
        location = {"location": f"{elsewhere.url}/v1/chat/completions"}
        provider.script("a", Reply((), status=307, headers=location, expose=("location",)))
        await theirs.open("s", agent_file({"a": provider.url}), ENV)
        turn = await theirs.take_turn("s")
        assert turn.error is not None
        assert turn.error["kind"] == "network_or_cors"
        assert "redirects" in turn.error["hint"]
        assert elsewhere.requests + elsewhere.preflights == []


@pytest.mark.parametrize(
    ("options", "followed"),
    [("", True), (f", headers: {{X-Team: {KEY}}}", False), (", allowed_domains: [127.0.0.1]", False)],
    ids=["nothing to lose", "a header", "allowed domains"],
)
async def test_a_tool_follows_redirects_only_where_it_has_nothing_to_lose(
    options: str, followed: bool, theirs: Theirs, provider: ScriptedProvider, site: Site
) -> None:
    """The page of the test is on the same host as what redirects, which saves it CORS.

    The host is looked at, not the browser's log: Chromium also logs a redirect that it only reports to the page.
    """
    site.asked.clear()
    asked = ToolCall("c", "fetch", {"urls": [f"{site.origin}/theirs/theirs.js"]})
    provider.script("a", Reply(openai_chat(tool_calls=[asked])), Reply(openai_chat(text="Answer")))
    site.changes["theirs.js"] = Change(302, {"Location": "/theirs/?elsewhere"}, b"")
    try:
        yaml = agent_file({"a": provider.url}).replace(
            "    instruction:", f"    toolsets: [{{type: fetch, allow_private_ips: true{options}}}]\n    instruction:"
        )
        await theirs.open("s", yaml, ENV, autoApprove=True)
        turn = await theirs.take_turn("s")
    finally:
        site.changes.clear()
    assert turn.text == "Answer"
    assert ("/theirs/?elsewhere" in site.asked) is followed
    (result,) = turn.of("tool_result")
    assert ("redirects" in result["output"]) is not followed
