"""Sessions that go on with another agent file or other keys."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from sparewheel.state.journal import Memory, MemoryBackend, Store
from sparewheel.testing import Reply, openai_chat
from tests.support.agentic import call, say
from tests.support.fakeloop import run
from tests.support.kept import Watched
from tests.support.workerpage import ANSWER, KEY, YAML, Page

ENV = {"OPENAI_API_KEY": KEY}
OTHER = "agents: {root: {model: groq/c, instruction: Rhyme., fallback: {retries: -1}}}"
BROKEN = "agents: {root: {model: openai/a, toolsets: [{type: python, source: 'def f(:'}]}}"
MEMORY = "agents: {root: {model: openai/a, toolsets: [{type: memory}, {type: todo}], fallback: {retries: -1}}}"


async def opened(page: Page, yaml: str = YAML, **options: Any) -> dict[str, Any]:
    reply = await page.call("create_session", session="s", yaml=yaml, env=ENV, **options)
    return dict(reply["result"])


async def result(page: Page, method: str, **params: Any) -> Any:
    reply = await page.call(method, session="s", **params)
    assert "error" not in reply, reply
    return reply["result"]


def sent(page: Page, number: int = -1) -> list[tuple[str, Any]]:
    return [(m["role"], m["content"]) for m in json.loads(page.transport.requests[number].body)["messages"]]


def test_another_file_keeps_the_conversation() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER], "c": [say("Rhyme.")]})
        await opened(page)
        await result(page, "send", prompt="one")
        created = await result(page, "update", yaml=OTHER, env={"GROQ_API_KEY": "gsk-CANARY-42"})
        assert (created["models"], created["messages"]) == (["groq/c"], 2)
        await result(page, "send", prompt="two")
        assert sent(page) == [("system", "Rhyme."), ("user", "one"), ("assistant", "Answer"), ("user", "two")]
        assert "CANARY" not in "".join(page.said)
        await page.call("close", session="s")

    run(main())


def test_a_key_that_comes_later_is_used() -> None:
    async def main() -> None:
        page = Page({"x": [say("Mine.")], "a": [ANSWER]})
        await opened(page, "agents: {root: {model: groq/x, fallback: {models: [openai/a], retries: -1}}}")
        await result(page, "send", prompt="one")
        assert page.transport.asked == ["a"]
        created = await result(page, "update", env={**ENV, "GROQ_API_KEY": "gsk-CANARY-42"})
        assert created["missing_keys"] == []
        assert (await result(page, "send", prompt="two"))["model"] == "groq/x"

    run(main())


def test_what_cannot_run_is_refused_and_nothing_changes() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER, say("Again.")]})
        await opened(page)
        await result(page, "send", prompt="one")
        for params, message in (
            ({"yaml": "agents: {root: {model: nope}}"}, "not defined"),
            ({"yaml": "agents: ["}, "not valid YAML"),
            ({"env": {"OPENAI_API_KEY": "a\nb"}}, "cannot be a key"),
            ({"agentName": "poet"}, "not found"),
            ({"yaml": BROKEN}, "SyntaxError"),
            ({"tools": {}}, "unknown key"),
        ):
            reply = await page.call("update", session="s", **params)
            assert message in reply["error"]["message"], reply
        await result(page, "send", prompt="two")
        assert [role for role, _ in sent(page)] == ["user", "assistant", "user"]
        assert page.transport.requests[-1].headers["authorization"] == f"Bearer {KEY}"

    run(main())


def test_a_session_without_a_key_can_be_opened_and_gets_it_later() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER, say("Again.")]})
        await opened(page, id="mine")
        await result(page, "send", prompt="one")
        created = await result(page, "update", yaml=YAML.replace("mine/b", "groq/b"), env={})
        assert [key["name"] for key in created["missing_keys"]] == ["OPENAI_API_KEY", "GROQ_API_KEY"]
        await page.call("close", session="s")
        reply = await page.call("open_session", session="t", id="mine")
        assert reply["result"]["messages"] == 2
        failed = await page.call("send", session="t", prompt="two")
        assert failed["error"]["kind"] == "no_key"
        events = page.events("t")
        assert [event["type"] for event in events if event["type"] != "warning"] == [
            "start", "skipped", "skipped", "exhausted", "error",
        ]  # fmt: skip
        assert events[-1]["message"] == (
            "No model can be asked. openai/a is not asked: env has no OPENAI_API_KEY. "
            "groq/b is not asked: env has no GROQ_API_KEY."
        )
        await page.call("update", session="t", env=ENV)
        assert (await page.call("send", session="t", prompt="three"))["result"]["model"] == "openai/a"
        assert len(page.transport.requests) == 2
        await page.call("close", session="t")

    run(main())


def test_what_tools_have_stored_stays_and_the_store_has_the_new_file() -> None:
    async def main() -> None:
        remember = call("add_memory", '{"memory": "The key is under the mat."}')
        recall = call("get_memories")
        page = Page({"a": [remember, say("Noted."), recall, say("Under the mat.")]})
        await opened(page, MEMORY, id="mine", autoApprove=True)
        await result(page, "send", prompt="remember")
        other = MEMORY.replace("openai/a,", "openai/a, instruction: Briefly.,")
        await result(page, "update", yaml=other)
        await result(page, "send", prompt="recall")
        outputs = [event["output"] for event in page.events("s") if event["type"] == "tool_result"]
        assert "under the mat" in outputs[-1]
        await result(page, "close")
        again = await page.call("open_session", session="t", id="mine", env=ENV)
        assert again["result"]["messages"] == 8
        assert page.worker._open["t"].session.team.agents["root"].instruction == "Briefly."
        assert "under the mat" in json.dumps(page.worker._open["t"].session.runner.state.texts)
        await page.call("close", session="t")

    run(main())


def test_a_grant_holds_for_a_tool_that_is_the_same() -> None:
    source = 'def change(n: int) -> str:\n    """Change it."""\n    return "{}"\n'
    text = "agents: {root: {model: openai/a, fallback: {retries: -1}, toolsets: [{type: python, source: %s}]}}"

    async def main() -> None:
        page = Page({"a": [call("change", '{"n": 1}'), say("x")] * 3})
        await opened(page, text % json.dumps(source.format("one")), interactive=True)
        sending = page.post("send", session="s", prompt="one", interactive=True)
        await page.until('"tool_confirmation"')
        page.post("confirm", session="s", decision="approve_tool", toolName="change")
        await page.settle()
        assert page.reply(sending)["result"]
        await result(page, "update", yaml="# a comment\n" + text % json.dumps(source.format("one")))
        await result(page, "send", prompt="two", interactive=False)
        await result(page, "update", yaml=text % json.dumps(source.format("two")))
        await result(page, "send", prompt="three", interactive=False)
        outputs = [(e["is_error"], e["output"]) for e in page.events("s") if e["type"] == "tool_result"]
        assert outputs[:2] == [(False, "one"), (False, "one")]
        assert outputs[2][0] is True
        await page.call("close", session="s")

    run(main())


def test_a_turn_that_runs_ends_as_it_began_and_the_next_one_waits_for_the_change() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(openai_chat(text="Slow."), delay=9)], "c": [say("Rhyme.")]})
        await opened(page)
        first = page.post("send", session="s", prompt="one")
        await page.until('"start"')
        update = page.post("update", session="s", yaml=OTHER, env={"GROQ_API_KEY": "gsk-CANARY-42"})
        await asyncio.sleep(1)
        second = page.post("send", session="s", prompt="two")
        await page.settle()
        assert page.reply(first)["result"]["model"] == "openai/a"
        assert page.reply(update)["result"]["models"] == ["groq/c"]
        assert page.reply(second)["result"]["model"] == "groq/c"
        await page.call("close", session="s")

    run(main())


def test_a_turn_that_waits_for_a_change_can_be_aborted_and_a_closed_session_is_not_changed() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(openai_chat(text="Slow."), delay=9)], "c": []})
        await opened(page)
        page.post("send", session="s", prompt="one")
        await page.until('"start"')
        update = page.post("update", session="s", yaml=OTHER, env={"GROQ_API_KEY": "gsk-CANARY-42"})
        await asyncio.sleep(1)
        second = page.post("send", session="s", prompt="two")
        await asyncio.sleep(1)
        page.post("close", session="s")
        await page.settle()
        assert page.reply(update)["error"]["message"] == "session is closed"
        assert page.reply(second)["error"]["kind"] == "aborted"

    run(main())


def test_an_agent_that_the_new_file_lacks_hands_over_to_its_root() -> None:
    team = """
agents:
  root: {model: openai/a, handoffs: [poet], fallback: {retries: -1}}
  poet: {model: openai/b, fallback: {retries: -1}}
"""

    async def main() -> None:
        page = Page({"a": [call("handoff", '{"agent": "poet"}'), say("Root.")], "b": [say("A rhyme."), say("More.")]})
        await opened(page, team)
        await result(page, "send", prompt="one")
        await result(page, "update", yaml=team + "# the same\n")
        assert (await result(page, "send", prompt="two"))["model"] == "openai/b"
        await result(page, "update", yaml="agents: {root: {model: openai/a, fallback: {retries: -1}}}")
        assert (await result(page, "send", prompt="three"))["model"] == "openai/a"
        await result(page, "update", yaml=team, agentName="poet")
        await page.call("close", session="s")

    run(main())


def test_only_the_driver_of_a_session_changes_it() -> None:
    async def main() -> None:
        memory = Memory()
        one, two = Page({"a": []}), Page({"a": []})
        one.worker._stored.store = Store(MemoryBackend(memory))
        two.worker._stored.store = Store(MemoryBackend(memory))
        await opened(one, id="mine")
        reply = await two.call("open_session", session="t", id="mine", env=ENV)
        assert reply["result"]["read_only"] is True
        reply = await two.call("update", session="t", env=ENV)
        assert reply["error"]["kind"] == "open_elsewhere"
        await one.call("close", session="s")
        await two.call("close", session="t")

    run(main())


def test_the_newest_file_is_that_of_the_last_driver() -> None:
    other = YAML.replace("root: {", "root: {instruction: Newer., ")

    async def main() -> None:
        memory = Memory()
        one, two = Page({"a": []}), Page({"a": []})
        for page in (one, two):
            page.worker._stored.store = Store(Watched(memory))
        await opened(one, id="mine")
        assert (await two.call("open_session", session="s", id="mine", env=ENV))["result"]["read_only"] is True
        await result(two, "take_over")
        await result(two, "update", yaml=other)
        await result(one, "take_over")
        assert one.worker._open["s"].session.team.agents["root"].instruction == "Newer."
        await one.call("close", session="s")
        # A worker that takes over opens it with what the page has, which may be older.
        await one.call("open_session", session="t", id="mine", yaml=YAML, env=ENV, again=True)
        assert one.worker._open["t"].session.team.agents["root"].instruction == "Newer."
        await one.call("close", session="t")
        await one.call("open_session", session="u", id="mine", yaml=YAML, env=ENV)
        assert one.worker._open["u"].session.team.agents["root"].instruction == ""
        await one.call("close", session="u")
        await two.call("close", session="s")

    run(main())
