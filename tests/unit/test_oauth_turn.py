"""A turn with a remote MCP server that asks for a sign-in: from the 401 to the result, and nothing of it in events."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sparewheel.chain.health import Health
from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team
from sparewheel.config.toolsets import ToolsetConfig
from sparewheel.errors import ConfigError
from sparewheel.native.clean import Cleaner
from sparewheel.state.approvals import Approvals
from sparewheel.tools.base import ToolError
from sparewheel.tools.mcp.toolset import open_mcp
from sparewheel.tools.services import Services
from sparewheel.transports.local import LocalResponse
from sparewheel.transports.mock import MockTransport
from sparewheel.worker.assemble import Extras, assemble
from tests.support.agentic import agent_file, call, say
from tests.support.builtintools import Facts
from tests.support.fakeloop import run
from tests.support.mcpserver import Server, text
from tests.support.oauth import CHALLENGE, SERVER, World
from tests.support.scripted import ENV, Played, ScriptedTransport, State, collect, session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sparewheel.tools.mcp.toolset import McpToolset
    from sparewheel.transports.base import HttpRequest, HttpResponse

TOOL = {"name": "echo", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}


class Guarded:
    """The servers of `World`, whose MCP server takes the token with this number only, and echoes what it gets."""

    def __init__(self, world: World, *, seconds: float = 0) -> None:
        self.world = world
        self.good = 1
        self.seconds = seconds
        self.server = Server(tools=[TOOL])
        self.server.replies["tools/call"] = lambda _: text(json.dumps(dict(self.server.requests[-1].headers)))

    def __call__(self, request: HttpRequest) -> Any:
        if request.url != SERVER:
            return self.world.answer_to(request)
        if request.headers.get("Authorization") != f"Bearer access-{self.good}-secret":
            return LocalResponse(401, {"www-authenticate": CHALLENGE}, b"sign in")
        return self.server(request)

    def toolset(self, own: State | None = None, **remote: Any) -> McpToolset:
        sign_ins = self.world.session
        if own is not None:
            sign_ins.hide = own.secrets.add
        services = Services(MockTransport(self), Facts(), now=lambda: self.world.now, sign_ins=sign_ins)
        entry = ToolsetConfig.model_validate({"type": "mcp", "remote": {"url": SERVER, **remote}})
        return open_mcp(entry, services)


def play(guarded: Guarded, answers: Sequence[Any], seconds: float = 0) -> Played:
    """A turn whose user signs in after so many seconds."""
    own = State()
    own.approvals.interactive = True
    own.open_toolsets = lambda _: [guarded.toolset(own)]
    transport = ScriptedTransport({"a": answers})

    async def main() -> Played:
        conversation = session(transport, [], text=agent_file(), context=own)

        async def answer(asked: Any) -> None:
            await asyncio.sleep(seconds)
            guarded.world.opened.append(dict(parse_qsl(urlsplit(asked["url"]).query)))
            content = {"code": "code-1", "state": asked["sign_in"]["state"]}
            conversation.respond(asked["id"], "accept", content)

        class Watched:
            """The session; the user reacts to what it shows."""

            result = property(lambda _: conversation.result)

            async def turn(self, prompt: str) -> Any:
                answers = []
                async for batch in conversation.turn(prompt):
                    yield batch
                    answers += [asyncio.ensure_future(answer(e)) for e in batch if e["type"] == "elicitation"]
                await asyncio.gather(*answers)

        played = await collect(Watched())  # type: ignore[arg-type]
        shown = Cleaner(conversation).events(played.events)  # type: ignore[arg-type]
        played.events = [dict(event) for event in shown]
        return played

    return run(main())


def test_a_turn_signs_in_and_calls() -> None:
    """The user takes four minutes, which do not count as time of the server."""
    guarded = Guarded(World())
    played = play(guarded, [call("echo"), say("ok")], seconds=240)
    [asked] = played.of("elicitation")
    assert (asked["mode"], asked["message"]) == ("url", "mcp.test asks you to sign in at auth.test")
    [result] = played.of("tool_result")
    assert result["is_error"] is False
    assert '"Authorization": "Bearer [redacted]"' in result["output"]
    assert "-secret" not in str(played.events)
    assert [message["method"] for message in guarded.server.seen][-1] == "tools/call"


def test_a_header_of_the_agent_file_signs_in_instead() -> None:
    guarded = Guarded(World())
    toolset = guarded.toolset(headers={"authorization": "Bearer other"})

    async def main() -> None:
        await toolset.connect(guarded.world.ask)
        with pytest.raises(ToolError, match="HTTP 401"):
            await toolset.tools()

    run(main())
    assert guarded.world.asked == []


def test_a_token_that_ends_during_a_session_is_renewed() -> None:
    guarded = Guarded(World())
    toolset = guarded.toolset()

    async def main() -> None:
        await toolset.connect(guarded.world.ask)
        [echo] = await toolset.tools()
        guarded.good = 2
        assert "access-2" in str(await echo.call({}, _Context(guarded.world)))
        await toolset.close()

    run(main())
    assert len(guarded.world.asked) == 1


class _Context:
    call_id = agent = idempotency_key = "x"

    def __init__(self, world: World) -> None:
        self.ask_user = world.ask

    def progress(self, output: str) -> None: ...


# The client of the agent file ---------------------------------------------------------------------------------------

OAUTH = """
toolsets:
  - type: mcp
    remote:
      url: https://mcp.test/mcp
      oauth: {clientId: "${env.ID}", clientSecret: "${env.SECRET}", callbackPort: 8080,
              callbackRedirectURL: "https://app.test/back/${callbackPort}"}
"""


def resolved(**env: str) -> Any:
    return resolve_team(load_agent_file(agent_file(OAUTH)), None, {**ENV, **env})


def test_the_client_of_the_agent_file_comes_from_env() -> None:
    team = resolved(ID="mine", SECRET="canary-secret-1")
    oauth = team.agents["root"].toolsets[0].remote.oauth
    assert (oauth.client_id, oauth.client_secret) == ("mine", "canary-secret-1")
    assert oauth.callback_redirect_url == "https://app.test/back/8080"
    assert "canary-secret-1" in team.secrets


def test_a_key_of_a_vendor_is_no_secret_of_a_client() -> None:
    with pytest.raises(ConfigError, match="a key of openai"):
        resolved(ID="mine", SECRET="sk-proj-" + "a1" * 20)


def test_a_user_who_declines_is_asked_once_in_a_turn_of_a_session_without_a_store() -> None:
    guarded = Guarded(World())
    models = ScriptedTransport({"a": [call("think", '{"thought": "x"}'), say("ok"), say("ok")]})
    file = agent_file(f"toolsets: [{{type: think}}, {{type: mcp, remote: {{url: '{SERVER}'}}}}]")
    asked: list[list[str]] = []

    class Network:
        @asynccontextmanager
        async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
            transport: Any = models if "openai" in request.url else MockTransport(guarded)
            async with transport.stream(request) as response:
                yield response

    async def main() -> None:
        extras = Extras(Approvals(), env=ENV, oauth_redirect_uri="https://app.test/oauth.html")
        conversation = assemble(resolve_team(load_agent_file(file), None, ENV), Network(), Health(), extras)
        for _ in range(2):
            asked.append([])
            async with aclosing(conversation.turn("hi")) as batches:
                async for event in (event async for batch in batches for event in batch):
                    if event["type"] == "elicitation":
                        asked[-1].append(event["message"])
                        conversation.respond(event["id"], "decline")
        await conversation.close()

    run(main())
    assert asked == [["mcp.test asks you to sign in at auth.test"]] * 2
