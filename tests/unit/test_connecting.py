"""Sources of tools that connect first, may ask the user then, and bring secrets that the session did not have."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from sparewheel.redaction.learned import MAX_LEARNED, LearnedSecrets
from sparewheel.redaction.sought import Sought
from sparewheel.testing import openai_chat
from sparewheel.tools.base import ToolError
from tests.support.agentic import Toolset, agent_file, call, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, State, collect, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparewheel.session import Session
    from sparewheel.tools.base import AskUser, Tool

URL = "https://auth.test/authorize?state=s1"
TOKEN = "tok-4f9a8b7c6d5e"


class Server(Toolset):
    """A source of tools whose server asks for a sign-in. `met` is waited for before it asks."""

    def __init__(self, name: str, *tools: Tool, met: asyncio.Barrier | None = None) -> None:
        super().__init__(*tools)
        self.name = name
        self.answers: list[dict[str, Any]] = []
        self._met = met

    async def connect(self, ask: AskUser) -> None:
        if self.answers:
            return
        if self._met:
            await self._met.wait()
        sign_in = {"server": self.name, "state": "s1"}
        self.answers.append(await ask("Sign in.", {}, url=URL, sign_in=sign_in))  # type: ignore[arg-type]  # a dict

    async def tools(self) -> Sequence[Tool]:
        if self.answers[-1]["action"] != "accept":
            raise ToolError("not signed in")
        return await super().tools()


def lookup() -> str:
    return "found"


def play(*servers: Server, interactive: bool = True, answer: str = "accept", prompts: int = 1) -> list[Played]:
    own = State()
    own.open_toolsets = lambda _: servers
    own.approvals.interactive = interactive
    own.approvals.timeout = 5
    transport = ScriptedTransport({"a": [call("lookup"), say("ok")] if answer == "accept" else [say("ok")] * prompts})

    async def main() -> list[Played]:
        conversation = session(transport, [], text=agent_file(), context=own)
        return [await collect(_Answering(conversation, answer), "hi") for _ in range(prompts)]  # type: ignore[arg-type]  # has what is used

    played = run(main())
    assert not own.questions
    return played


class _Answering:
    """A session whose questions are answered as soon as they are seen; "" answers none."""

    def __init__(self, conversation: Session, answer: str) -> None:
        self._conversation = conversation
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conversation, name)

    async def turn(self, prompt: str) -> Any:
        async for batch in self._conversation.turn(prompt):
            yield batch
            for event in batch:
                if event["type"] == "elicitation" and self._answer:
                    self._conversation.respond(event["id"], self._answer, {"code": "c", "state": "s1"})


def test_a_source_asks_before_the_first_step() -> None:
    server = Server("mail", tool(lookup))
    [played] = play(server)
    [asked] = played.of("elicitation")
    assert (asked["mode"], asked["url"], asked["schema"]) == ("url", URL, {})
    assert asked["sign_in"] == {"server": "mail", "state": "s1"}
    assert played.types[:2] == ["start", "elicitation"]
    assert server.answers == [{"action": "accept", "content": {"code": "c", "state": "s1"}}]
    assert [event["output"] for event in played.of("tool_result")] == ["found"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://auth.test/", "https://a@b.test/", "data:,x", "https://"]
)
def test_an_address_that_must_not_be_opened_is_not_shown(url: str) -> None:
    class Careless(Server):
        async def connect(self, ask: AskUser) -> None:
            with pytest.raises(ToolError):
                await ask("Open it.", {}, url=url)
            self.answers.append({"action": "none"})

    [played] = play(Careless("mail"), answer="")
    assert played.of("elicitation") == []


def test_sources_connect_side_by_side() -> None:
    both = asyncio.Barrier(2)
    [played] = play(Server("mail", tool(lookup), met=both), Server("files", met=both))
    assert {event["sign_in"]["server"] for event in played.of("elicitation")} == {"mail", "files"}


def test_without_a_user_the_turn_goes_on() -> None:
    [played] = play(Server("mail", tool(lookup)), interactive=False, answer="")
    assert played.of("elicitation") == []
    assert [event["message"] for event in played.of("warning")] == [
        "The tools of mail are not available: not signed in"
    ]
    assert played.terminal["type"] == "finish"


def test_a_question_that_is_not_answered_ends_with_its_time() -> None:
    server = Server("mail", tool(lookup))
    [played] = play(server, answer="")
    assert server.answers == [{"action": "cancel"}]
    assert played.terminal["type"] == "finish"


def test_a_source_that_fails_to_connect_stops_no_other() -> None:
    class Broken(Server):
        async def connect(self, ask: AskUser) -> None:
            self.answers.append({"action": "none"})
            raise RuntimeError("no network")

    [played] = play(Broken("broken"), Server("mail", tool(lookup)))
    assert [event["output"] for event in played.of("tool_result")] == ["found"]


def test_an_abort_ends_the_question() -> None:
    own = State()
    own.open_toolsets = lambda _: [Server("mail")]
    own.approvals.interactive = True
    transport = ScriptedTransport({"a": [say("never")]})

    async def main() -> list[str]:
        conversation = session(transport, [], text=agent_file(), context=own)
        seen: list[str] = []
        with pytest.raises(asyncio.CancelledError):
            async for batch in conversation.turn("hi"):
                seen += [event["type"] for event in batch]
                if batch[-1]["type"] == "elicitation":
                    assert conversation.abort()
        return seen

    assert run(main()) == ["start", "elicitation", "aborted"]
    assert not own.questions


def test_a_secret_that_comes_during_a_turn_is_hidden_in_it() -> None:
    """Also where the model writes it in pieces, and in the turns after it."""
    own = State()

    def sign_in() -> str:
        own.secrets.add([TOKEN])
        return "done"

    own.open_toolsets = lambda _: [Toolset(tool(sign_in))]
    repeated = openai_chat(text=[f"It is {TOKEN[:6]}", f"{TOKEN[6:]}."])
    transport = ScriptedTransport({"a": [call("sign_in"), repeated, repeated]})

    async def main() -> list[Played]:
        conversation = session(transport, [], text=agent_file(), context=own)
        seen: list[frozenset[str]] = []
        conversation.secrets.watch(seen.append)
        played = [await collect(conversation), await collect(conversation)]
        assert [TOKEN in each for each in seen] == [False, True]
        return played

    for played in run(main()):
        assert TOKEN not in str(played.events)
        assert "[redacted]" in played.terminal["message"]["content"]


def test_only_the_latest_secrets_are_kept() -> None:
    learned = LearnedSecrets()
    changes: list[int] = []
    learned.on_change = lambda: changes.append(len(learned.values))
    learned.add(f"secret-{number}" for number in range(MAX_LEARNED))
    learned.add(["secret-0"])
    learned.add(["another"])
    assert changes == [MAX_LEARNED, MAX_LEARNED]
    assert "secret-0" in learned.values
    assert "secret-1" not in learned.values


def test_what_is_sought_can_be_renewed() -> None:
    sought = Sought(["first-secret"])
    assert sought.unfinished("a first-se") == 2
    sought.renew(["other-secret"])
    assert sought.unfinished("a first-se") == len("a first-se")
    assert sought.unfinished("an other-se") == 3
    assert sought.hidden("first-secret other-secret") == "first-secret [redacted]"
