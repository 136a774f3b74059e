"""Commands of the page: what is refused, what cannot be read, and what sessions do with the rest."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from tests.support.fakeloop import run
from tests.support.scripted import check_rules
from tests.support.workerpage import ADDRESS, ANSWER, KEY, YAML, Page


@pytest.mark.parametrize(
    ("method", "params", "message"),
    [
        ("nonsense", {}, "does not know this command"),
        ("create_session", {"session": "x"}, "yaml is missing"),
        ("create_session", {"session": "x", "yaml": "agents: {a: {model: m}}"}, 'model "m" is not defined'),
        ("create_session", {"session": "x", "yaml": "agents: {a: {model: openai/a}}"}, "OPENAI_API_KEY"),
        ("create_session", {"session": "x", "yaml": YAML, "agentName": "y"}, 'agent "y" not found'),
        (
            "create_session",
            {"session": "x", "yaml": YAML, "env": 7},
            "env: must be a mapping of keys to values, and is a number",
        ),
        ("create_session", {"session": "x", "yaml": YAML, "agentname": "y"}, "did you mean 'agentName'?"),
        (
            "create_session",
            {"session": "x", "yaml": YAML, "files": {"host": "disk"}},
            "files.host: cannot be disk, one of session",
        ),
        (
            "create_session",
            {"session": "x", "yaml": YAML, "messages": []},
            "options.messages is for chat: createSession takes the messages to begin with as history",
        ),
        (
            "chat",
            {"session": "x", "yaml": YAML, "history": [], "messages": [{"role": "user", "content": "hi"}]},
            "options.history is for createSession: chat takes the whole conversation as messages",
        ),
        ("create_session", {"session": "x", "yaml": YAML, "histori": []}, "did you mean 'history'?"),
        ("create_session", {"session": "s", "yaml": YAML}, "not in use"),
        ("create_session", {"session": "x", "yaml": YAML, "history": 7}, "history must be an array"),
        ("create_session", {"session": "x", "yaml": ADDRESS % "http://["}, "base_url: has no valid host"),
        ("create_session", {"session": "x", "yaml": ADDRESS % "http://a:99999"}, "base_url: has no valid host"),
        ("create_session", {"session": "x", "yaml": ADDRESS % "http://a b"}, "base_url: has no valid host"),
        ("create_session", {"session": "x", "yaml": YAML, "agentName": "\ud83d"}, 'agent "\ufffd" not found'),
        ("\ud83d", {}, "does not know this command"),
        ("chat", {"session": "x", "yaml": YAML, "messages": []}, "the last message must be from the user"),
        ("chat", {"session": "x", "yaml": YAML, "messages": [{"role": "king"}]}, "messages[0].role must be one of"),
        ("send", {"session": "s"}, "prompt is missing"),
        ("send", {"session": "nobody", "prompt": "hi"}, "session is closed"),
        ("send", {"session": "s", "prompt": 42}, "expected a prompt string, or an array of parts"),
        ("export", {}, "session is missing"),
        ("export", {"session": "s", "as": "pdf"}, "export is not valid: as: unknown key"),
        (
            "abort",
            {"reason": "bored"},
            "abort is not valid: reason: cannot be bored, one of user, consumer",
        ),
    ],
)
def test_bad_input_is_one_clear_error_and_the_runtime_goes_on(method: str, params: Any, message: str) -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await page.open()
        error = (await page.call(method, **params))["error"]
        assert error["kind"] == "config"
        assert message in error["message"]
        assert "result" in await page.call("send", session="s", prompt="hi")

    run(main())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"id": 5}', '{"id": 5, "method": ["x"], "params": 1}', "[" * 100_000]
)
def test_a_command_that_is_none_is_answered_too(text: str) -> None:
    async def main() -> None:
        page = Page({})
        page.worker.dispatch(text)
        await page.settle()
        (reply,) = map(json.loads, page.said)
        assert reply["error"]["kind"] == "config"
        assert reply["id"] in (None, 5)

    run(main())


def test_a_command_that_cannot_be_read_is_answered_by_its_id() -> None:
    async def main() -> None:
        page = Page({})
        number = page.post("send", session="s", prompt=[[0]] * 200_000)
        await page.settle()
        error = page.reply(number)["error"]
        assert error["kind"] == "config"
        assert error["message"] == "What was passed cannot be read: the JSON text has more than 250000 values"

    run(main())


def test_a_result_that_cannot_be_read_ends_its_call() -> None:
    async def main() -> None:
        calling = Reply(openai_chat(tool_calls=[ToolCall("c", "look", {})]))
        page = Page({"a": [calling, ANSWER]})
        tools = {"look": {"description": "x", "readOnly": True}}
        env = {"OPENAI_API_KEY": KEY}
        await page.call("create_session", session="s", yaml=YAML, env=env, tools=tools, autoApprove=True)
        turn = page.post("send", session="s", prompt="hi")
        await page.until('"type":"call"')
        page.worker.dispatch('{"type":"piece","call":1,"value":' + "[" * 6_000 + "]" * 6_000 + ',"done":true}')
        await page.settle()
        assert page.reply(turn)["result"]["message"]["content"] == "Answer"
        [result] = [event for event in page.events("s") if event["type"] == "tool_result"]
        assert result["is_error"]
        assert "what it returned cannot be read: the JSON text is nested deeper than 200 levels" in result["output"]

    run(main())


def test_closing_stops_the_turn_and_is_idempotent() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2)]})
        await page.open()
        turn = page.post("send", session="s", prompt="hi")
        await page.until('"delta"')
        assert "result" in await page.call("close", session="s")
        assert page.reply(turn)["error"]["kind"] == "aborted"
        assert "result" in await page.call("close", session="s")
        assert page.transport.open == 0

    run(main())


def test_the_chain_tells_what_would_happen_to_each_model() -> None:
    yaml = """
providers: {own: {provider: openai, api_type: openai_chatcompletions, base_url: "http://me:secret@localhost:1/v1"}}
agents:
  root:
    model: openai/gpt-4o
    fallback: {models: [demo/hello, own/small, anthropic/claude-sonnet-4-5]}
    handoffs: [second]
  second: {model: demo/hello}
"""

    async def main() -> None:
        page = Page({"gpt-4o": [errors.openai_rate_limit(retry_after=30)]})
        await page.call("create_session", session="s", yaml=yaml, env={"OPENAI_API_KEY": KEY})
        before = (await page.call("chain", session="s"))["result"]
        assert before["agent"] == "root"
        price = before["agents"]["root"][0]["price"]
        assert price["output"] > price["input"] > 0
        gpt = {"model": "openai/gpt-4o", "host": "api.openai.com", "local": False, "price": price}
        demo = {"model": "demo/hello", "state": "ready", "wait_ms": 0, "host": "", "local": True, "price": None}
        own = {**demo, "model": "own/small", "host": "localhost"}
        claude = before["agents"]["root"][3]
        assert before["agents"]["root"] == [{**gpt, "state": "ready", "wait_ms": 0}, demo, own, claude]
        assert (claude["state"], claude["wait_ms"], claude["kind"]) == ("no_key", None, "no_key")
        assert "ANTHROPIC_API_KEY" in claude["reason"]
        assert before["agents"]["second"] == [demo]

        await page.call("send", session="s", prompt="hi")
        rests = (await page.call("chain", session="s"))["result"]["agents"]["root"][0]
        assert (rests["state"], rests["kind"]) == ("resting", "rate_limit")
        assert "it cools down after rate_limit" in rests["reason"]
        await asyncio.sleep(10)
        later = (await page.call("chain", session="s"))["result"]["agents"]["root"][0]
        assert later["wait_ms"] == rests["wait_ms"] - 10_000 > 0

    run(main())


def test_restart_stops_the_turn_and_forgets() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2), ANSWER]})
        await page.open()
        turn = page.post("send", session="s", prompt="one")
        await page.until('"delta"')
        assert "result" in await page.call("restart", session="s")
        assert page.reply(turn)["error"]["kind"] == "aborted"
        await page.call("send", session="s", prompt="two")
        assert json.loads(page.transport.requests[1].body)["messages"] == [{"role": "user", "content": "two"}]

    run(main())


def test_files_can_be_looked_at_without_running_them() -> None:
    async def main() -> None:
        page = Page({})
        listed = await page.call("list_agents", yaml=YAML)
        assert listed["result"] == [{"name": "root", "model": "openai/a", "description": "", "instruction": ""}]
        parsed = await page.call("parse_config", yaml=YAML + "models: {m: {provider: p, model: q}}")
        assert parsed["result"]["models"] == {"m": {"provider": "p", "model": "q", "base_url": ""}}
        assert [agent["name"] for agent in parsed["result"]["agents"]] == ["root"]

    run(main())


def test_two_sessions_do_not_mix() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, every=1), errors.openai_server_error()], "b": [openai_chat(text="Other")]})
        await page.open("s")
        await page.open("t")
        first, second = (page.post("send", session=name, prompt="hi") for name in ("s", "t"))
        await page.settle()
        assert page.reply(first)["result"]["message"]["content"] == "Answer"
        assert page.reply(second)["result"]["message"]["content"] == "Other"
        for name in ("s", "t"):
            check_rules(page.events(name))

    run(main())


def test_half_an_emoji_breaks_nothing_on_any_way() -> None:
    async def main() -> None:
        half = (
            b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud83d"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
        )
        page = Page({"a": [ANSWER, openai_chat(tool_calls=[ToolCall("c1", "cut", '{"a": "\\ud83d"}')]), (half,)]})
        tools = {"cut": {"description": "", "readOnly": True}}
        env = {"OPENAI_API_KEY": KEY}
        history = [{"role": "user", "content": "x\ud83d"}, {"role": "assistant", "content": "y"}]
        await page.call("create_session", session="s", yaml=YAML, env=env, tools=tools, history=history)
        assert "result" in await page.call("send", session="s", prompt="hi \ud83d")
        turn = page.post("send", session="s", prompt="again")
        await page.until('"type":"call"')
        call = next(said for said in map(json.loads, page.said) if said["type"] == "call")
        assert call["input"]["args"] == {"a": "\ufffd"}
        page.piece(call["call"], done=True, value="cut \ud83d")
        await page.settle()
        assert page.reply(turn)["result"]["message"]["content"].startswith("a")
        assert [e["output"] for e in page.events("s") if e["type"] == "tool_result"] == ["cut \ufffd"]
        export = (await page.call("export", session="s"))["result"]
        assert export["messages"][0]["content"] == "x\ufffd"

    run(main())


def test_a_send_that_is_refused_leaves_the_turn_under_way_alone() -> None:
    async def main() -> None:
        page = Page({"a": [openai_chat(tool_calls=[ToolCall("c1", "save", "{}")]), ANSWER]})
        env = {"OPENAI_API_KEY": KEY}
        tools = {"save": {"description": ""}}
        await page.call("create_session", session="s", yaml=YAML, env=env, tools=tools, interactive=True)
        turn = page.post("send", session="s", prompt="hi")
        await page.until('"type":"call"')
        page.piece(1, done=True, value="1")  # the version of the function
        await page.until("tool_confirmation")
        refused = page.post("send", session="s", prompt="x", interactive=False)
        await page.until(f'"id":{refused}')
        assert page.reply(refused)["error"]["message"] == "a run is already active"
        session = page.worker._open["s"].session
        assert session.interactive is True
        page.post("confirm", session="s", id="c1", decision="reject")
        await page.settle()
        assert page.reply(turn)["result"]["message"]["content"] == "Answer"
        page.transport._script["a"].append(ANSWER)
        await page.call("send", session="s", prompt="x", interactive=False)
        assert session.interactive is False

    run(main())


LARGE = "agents: {root: {model: demo/hello, instruction: Hi}}\npermissions: {allow: [%s]}" % ("x, " * 2_000)


def test_other_commands_are_served_while_a_large_agent_file_is_read() -> None:
    async def main() -> None:
        page = Page({})
        created = page.post("create_session", session="s", yaml=LARGE, env={})
        page.post("known_health")
        await page.settle()
        assert [json.loads(text)["id"] for text in page.said] == [created + 1, created]
        assert page.reply(created)["result"]["agent"] == "root"

    run(main())


def test_a_chat_is_aborted_while_its_agent_file_is_read() -> None:
    async def main() -> None:
        page = Page({})
        yaml = f"{LARGE} # another text, which is not kept yet"
        messages = [{"role": "user", "content": "Hello"}]
        chat = page.post("chat", session="s", yaml=yaml, messages=messages)
        await page.call("abort")
        assert page.reply(chat)["error"]["kind"] == "aborted"
        assert page.events("s") == []

    run(main())
