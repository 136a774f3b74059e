"""No secret is in a message of the worker."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest

from sparewheel.testing import Reply, openai_chat
from sparewheel.worker.console import MAX_LINE, CleanOutput
from tests.support.fakeloop import run
from tests.support.scripted import check_rules, folded_text
from tests.support.workerpage import ADDRESS, ANSWER, KEY, YAML, Page


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
