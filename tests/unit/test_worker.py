"""The boundary: text in, text out, one reply for every command, and no key in anything that is said."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any

import pytest

from sparewheel.testing import Reply, ToolCall, errors, openai_chat
from sparewheel.worker import Worker
from sparewheel.worker.console import MAX_LINE, CleanOutput
from tests.support.fakeloop import run
from tests.support.scripted import Script, ScriptedTransport, check_rules, folded_text

KEY = "sk-CANARY-0123456789"
YAML = """
agents: {root: {model: openai/a, fallback: {retries: -1, models: [mine/b]}}}
providers: {mine: {base_url: "https://mine.example.test"}}
"""
ADDRESS = """
agents: {root: {model: m}}
models: {m: {provider: openai, model: a, base_url: "%s"}}
"""
ANSWER = openai_chat(text=["An", "swer"])


class Page:
    """What the page sees of a worker."""

    def __init__(self, script: dict[str, list[Script]]) -> None:
        self.transport = ScriptedTransport(script)
        self.said: list[str] = []
        self.worker = Worker(self._hear, self.transport)
        self._news = asyncio.Event()
        self._last = 0

    def _hear(self, text: str) -> None:
        self.said.append(text)
        self._news.set()

    async def until(self, part: str, times: int = 1) -> None:
        """Wait until so many pushes hold `part`."""
        while sum(part in text for text in self.said) < times:
            self._news.clear()
            await self._news.wait()

    def post(self, method: str, **params: Any) -> int:
        self._last += 1
        command = {"id": self._last, "method": method, "params": params}
        self.worker.dispatch(json.dumps(command, separators=(",", ":")))
        return self._last

    def piece(self, call: int, **fields: Any) -> None:
        """A piece of the answer to a host call."""
        self.worker.dispatch(json.dumps({"type": "piece", "call": call, **fields}))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Post a command and wait for everything to settle; its reply."""
        number = self.post(method, **params)
        await self.settle()
        return self.reply(number)

    async def settle(self) -> None:
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)

    def reply(self, number: int) -> dict[str, Any]:
        found = [p for p in map(json.loads, self.said) if p["type"] == "reply" and p["id"] == number]
        assert len(found) == 1, f"{len(found)} replies to command {number}"
        return dict(found[0])

    def events(self, session: str) -> list[dict[str, Any]]:
        pushes = [p for p in map(json.loads, self.said) if p["type"] == "events" and p["session"] == session]
        return [event for push in pushes for event in push["events"]]

    async def open(self, session: str = "s") -> None:
        reply = await self.call("create_session", session=session, yaml=YAML, env={"OPENAI_API_KEY": KEY})
        assert reply["result"] == {
            "agent": "root",
            "models": ["openai/a", "mine/b"],
            "agents": ["root"],
            "welcome_message": "",
            "warnings": [],
            "commands": {},
        }


def test_a_turn_is_events_then_one_reply() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await page.open()
        reply = await page.call("send", session="s", prompt="hi")
        events = page.events("s")
        check_rules(events)
        assert folded_text(events) == reply["result"]["message"]["content"] == "Answer"
        assert json.loads(page.said[-1]) == reply

    run(main())


def test_what_one_network_chunk_brings_is_one_push() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(openai_chat(text=["a"] * 500), split=())]})
        await page.open()
        before = len(page.said)
        await page.call("send", session="s", prompt="hi")
        pushes = page.said[before:-1]
        assert len(page.events("s")) > 500
        assert len(pushes) <= 6  # the conversation is one of them

    run(main())


def test_keys_are_in_nothing_that_is_said() -> None:
    async def main() -> None:
        echo = Reply.json(401, {"error": {"message": f"Incorrect API key provided: {KEY}. Bearer {KEY}"}})
        page = Page({"a": [echo], "b": [openai_chat(text=f"Your key is {KEY}!")]})
        await page.open()
        reply = await page.call("send", session="s", prompt=f"my key is {KEY}")
        assert reply["result"]["message"]["content"] == "Your key is [redacted]!"
        assert "CANARY" not in "".join(page.said)
        export = await page.call("export", session="s")
        assert "CANARY" not in json.dumps(export)
        headers = page.transport.requests[0].headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert "CANARY" not in repr(page.transport.requests)

    run(main())


@pytest.mark.parametrize("split", [1, 3, 7])
def test_a_key_that_a_model_repeats_in_pieces_is_in_none_of_them(split: int) -> None:
    async def main() -> None:
        text = f"Your key is {KEY}, as {KEY[:9]} is not!"
        pieces = [text[at : at + split] for at in range(0, len(text), split)]
        page = Page({"a": [openai_chat(text=pieces)]})
        await page.open()
        reply = await page.call("send", session="s", prompt="which key?")
        events = page.events("s")
        check_rules(events)
        assert folded_text(events) == reply["result"]["message"]["content"]
        assert folded_text(events) == f"Your key is [redacted], as {KEY[:9]} is not!"

    run(main())


@pytest.mark.parametrize("more", [f"token_key: {KEY}", f"timeouts: {{turn: {KEY}}}", f"{KEY}: 1", f"model: {KEY}"])
def test_a_key_in_the_wrong_place_is_not_in_the_error_that_says_so(more: str) -> None:
    async def main() -> None:
        page = Page({})
        yaml = f"agents: {{root: {{model: m}}}}\nmodels: {{m: {{provider: openai, model: x, {more}}}}}"
        for method in ("create_session", "parse_config"):
            await page.call(method, session="s", yaml=yaml, env={"OPENAI_API_KEY": "key-of-openai"})
        assert '"error"' in page.said[0]
        assert "CANARY" not in "".join(page.said)

    run(main())


def test_a_page_learns_the_commands_of_the_agent() -> None:
    async def main() -> None:
        yaml = """
agents:
  root:
    model: openai/a
    use_commands: [shared]
    commands:
      fix: Fix ${env.THING}.
      help: {description: Opens the manual, url: "https://manual.example.test"}
      ask: {instruction: Who are you?, agent: root}
commands: {shared: {greet: Say hello.}}
"""
        env = {"OPENAI_API_KEY": KEY, "THING": "the roof"}
        reply = await Page({}).call("create_session", session="s", yaml=yaml, env=env)
        assert reply["result"]["commands"] == {
            "greet": {"instruction": "Say hello."},
            "fix": {"instruction": "Fix the roof."},
            "help": {"description": "Opens the manual", "url": "https://manual.example.test"},
            "ask": {"instruction": "Who are you?", "agent": "root"},
        }

    run(main())


def test_abort_ends_the_turn_at_once_with_its_event_and_its_reply() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2), ANSWER]})
        await page.open()
        turn = page.post("send", session="s", prompt="hi")
        await page.until('"delta"')
        abort = page.post("abort", session="s")
        await page.settle()
        assert asyncio.get_running_loop().time() == 0
        assert page.reply(abort)["result"] is None
        error = page.reply(turn)["error"]
        assert error["kind"] == "aborted"
        assert "aborted" in error["message"]
        events = page.events("s")
        check_rules(events)
        assert events[-1]["partial"] == "An"
        assert page.transport.open == 0
        assert "result" in await page.call("send", session="s", prompt="again")

    run(main())


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("abort", {}, "user"),
        ("abort", {"session": "s"}, "user"),
        ("abort", {"session": "s", "reason": "user"}, "user"),
        ("abort", {"session": "s", "reason": "consumer"}, "consumer"),
        ("restart", {"session": "s"}, "restart"),
        ("close", {"session": "s"}, "dispose"),
    ],
)
def test_the_aborted_event_names_the_reason(method: str, params: dict[str, Any], reason: str) -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2)]})
        await page.open()
        page.post("send", session="s", prompt="hi")
        await page.until('"delta"')
        page.post(method, **params)
        page.post("abort", session="s", reason="consumer")  # too late: the first reason counts
        await page.settle()
        aborted = page.events("s")[-1]
        assert (aborted["type"], aborted["reason"]) == ("aborted", reason)
        assert aborted["message"] == {"role": "assistant", "content": aborted["partial"]}

    run(main())


def test_abort_without_a_name_stops_every_turn_and_only_turns() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2), Reply(ANSWER, silent_after=2)]})
        await page.open("s")
        await page.open("t")
        turns = [page.post("send", session=name, prompt="hi") for name in ("s", "t")]
        await page.until('"delta"', times=2)
        page.post("abort")
        await page.settle()
        assert [page.reply(turn)["error"]["kind"] for turn in turns] == ["aborted", "aborted"]
        assert "result" in await page.call("abort")

    run(main())


def test_chat_is_a_session_for_one_call() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        history = [
            {"role": "user", "content": "one"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "seen"},
            {"role": "user", "content": [{"type": "text", "text": "two"}]},
        ]
        env = {"OPENAI_API_KEY": KEY}
        reply = await page.call("chat", session="c", yaml=YAML, env=env, messages=history)
        assert reply["result"]["message"]["content"] == "Answer"
        sent = json.loads(page.transport.requests[0].body)["messages"]
        assert sent == [*history[:3], {"role": "user", "content": "two"}]
        assert (await page.call("send", session="c", prompt="x"))["error"]["message"] == "session is closed"

    run(main())


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
        ("send", {"session": "s", "prompt": 42}, "prompt: must be text"),
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


@pytest.mark.parametrize("key", ["type", "events", "null", "x", "input_tokens", "assistant"])
def test_a_key_that_is_a_word_destroys_nothing(key: str) -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        await page.call("create_session", session="s", yaml=YAML, env={"OPENAI_API_KEY": key})
        reply = await page.call("send", session="s", prompt="hi")
        assert reply["result"]["message"]["content"] == "Answer"
        assert reply["result"]["message"]["role"] == "assistant"
        assert reply["result"]["usage"]["input_tokens"] is None
        check_rules(page.events("s"))

    run(main())


def test_the_value_of_a_header_destroys_nothing() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER]})
        provider = """
agents: {root: {model: m}}
models: {m: {provider: p, model: a}}
providers: {p: {base_url: "https://p.example.test", headers: {X-Flag: "null", X-Other: "true"}}}
"""
        await page.call("create_session", session="s", yaml=provider)
        assert (await page.call("send", session="s", prompt="hi"))["result"]["usage"]["output_tokens"] is None

    run(main())


def test_a_closed_sessions_keys_are_hidden_to_its_last_word_and_then_forgotten() -> None:
    async def main() -> None:
        echo = openai_chat(text=f"Your key is {KEY}!")
        page = Page({"a": [Reply(echo, silent_after=2), echo]})
        await page.open()
        turn = page.post("send", session="s", prompt="hi")
        await page.until('"delta"')
        await page.call("close", session="s")
        assert page.reply(turn)["error"]["kind"] == "aborted"
        env = {"OPENAI_API_KEY": KEY}
        messages = [{"role": "user", "content": "hi"}]
        reply = await page.call("chat", session="c", yaml=YAML, env=env, messages=messages)
        assert reply["result"]["message"]["content"] == "Your key is [redacted]!"
        assert "CANARY" not in "".join(page.said)
        assert page.worker._writer._owned == {}

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


def test_a_vendors_key_goes_elsewhere_only_if_the_page_allows_it() -> None:
    async def main() -> None:
        yaml = (ADDRESS % "https://evil.test").replace("model: a,", "model: a, token_key: OPENAI_API_KEY,")
        page = Page({"a": [openai_chat(text="Hi")]})
        options = {"session": "x", "yaml": yaml, "env": {"OPENAI_API_KEY": KEY}}
        refused = await page.call("create_session", **options)
        assert 'allow it (allowHosts: ["evil.test"])' in refused["error"]["message"]
        assert "result" in await page.call("create_session", **options, allowHosts=["evil.test"])
        assert "CANARY" not in "".join(page.said)

    run(main())


def test_secrets_are_masked_before_there_is_a_session() -> None:
    async def main() -> None:
        page = Page({})
        env = {"MY_SECRET": "hush-hush-CANARY"}
        refused = await page.call("create_session", session="x", yaml="agents: {hush-hush-CANARY: 1}", env=env)
        assert "[redacted]" in refused["error"]["message"]
        assert "CANARY" not in "".join(page.said)

    run(main())


@pytest.mark.parametrize(
    "env", [{"MY_SECRET": "hush-hush-CANARY", "N": 1}, {"A": {"B": ["hush-hush-CANARY"]}}, "hush-hush-CANARY"]
)
@pytest.mark.parametrize("method", ["create_session", "chat", "unknown-hush-hush-CANARY"])
def test_an_env_that_is_not_valid_is_hidden_too(env: Any, method: str) -> None:
    async def main() -> None:
        page = Page({})
        more = {"hush-hush-CANARY": 1, "agentName": ["hush-hush-CANARY"]}
        refused = await page.call(method, session="hush-hush-CANARY", yaml=YAML, env=env, **more)
        assert refused["error"]
        assert "CANARY" not in "".join(page.said)

    run(main())


def test_what_python_prints_has_no_secrets() -> None:
    async def main() -> None:
        page = Page({})
        await page.open()
        shown = io.StringIO()
        console = CleanOutput(shown, page.worker.clean)
        print("key:", KEY[:9], end="", file=console)
        console.flush()
        assert shown.getvalue() == ""
        print(KEY[9:], "and", base64.b64encode(f"xyz{KEY}".encode()).decode(), file=console)
        print("x" * MAX_LINE, end=".", file=console)
        assert shown.getvalue() == f"key: [redacted] and {shown.getvalue().split()[3]}\n{'x' * MAX_LINE}."
        assert "[redacted]" in shown.getvalue().split()[3]

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
