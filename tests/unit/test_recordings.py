"""Recordings: what is in the file, that no secret is, and that a replay gives the same events without any request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparewheel import ConfigError, SparewheelError, open_agent, tool
from sparewheel.recordings.files import load
from sparewheel.recordings.form import HEADER, read_recording
from sparewheel.testing import Reply, ScriptedProvider, anthropic, errors, gemini, openai_chat, openai_responses
from tests.support.door import ANSWER, ENV, agent_file, asks, collect

KEY = "sk-very-secret-key-0123456789"
TIMES = ("turn", "delay_ms", "retrying_at", "headers_ms")


def steady(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in event.items() if name not in TIMES} for event in events]


async def recorded(path: Path, file: str, prompt: str = "hi", **options: Any) -> list[dict[str, Any]]:
    async with open_agent(file, record=path, **{"env": ENV, **options}) as session:
        return [dict(event) for event in await collect(session, prompt)]


async def replayed(path: Path, file: str, prompt: str = "hi", **options: Any) -> list[dict[str, Any]]:
    async with open_agent(file, replay=path, **options) as session:
        return [dict(event) for event in await collect(session, prompt)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("provider", "stream"),
    [
        ("openai", openai_chat),
        ("openai, api_type: openai_responses", openai_responses),
        ("anthropic", anthropic),
        ("google", gemini),
    ],
)
@pytest.mark.parametrize("split", [None, 1, 7])
async def test_a_turn_is_the_same_without_the_server(
    tmp_path: Path, provider: str, stream: Any, split: int | None
) -> None:
    path = tmp_path / "turn.jsonl"
    with ScriptedProvider(strict=True) as server:
        server.script("a", Reply(stream(text=["Hé", "llo", " ☕"]), split=split))
        file = agent_file(server, provider=provider)
        events = await recorded(path, file)
    assert "".join(event.get("content", "") for event in events if event["type"] == "delta") == "Héllo ☕"
    again = await replayed(path, file)
    assert steady(again) == steady(events)


async def test_failures_retries_and_fallbacks_are_played_too(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    broken = Reply(openai_chat(text=["Once ", "upon"], finish=None), cut_at=9999)
    with ScriptedProvider() as server:
        server.script("a", errors.openai_server_error(), broken)
        server.script("b", errors.openai_rate_limit())
        server.script("c", Reply(ANSWER))
        file = agent_file(server, "a", "b", "c")
        events = await recorded(path, file, trace=True)
    again = await replayed(path, file, trace=True, env=ENV)
    assert steady(again) == steady(events)
    assert [event["kind"] for event in again if event["type"] in ("retry", "fallback")]
    ends = [line["end"]["how"] for line in lines(path) if line["type"] == "exchange"]
    assert ends.count("failed") == 1


async def test_tools_run_again_and_several_turns_are_found(tmp_path: Path) -> None:
    path = tmp_path / "turns.jsonl"
    calls: list[str] = []

    @tool(read_only=True)
    async def find(word: str) -> str:
        """Finds a word."""
        calls.append(word)
        return f"found {word}"

    with ScriptedProvider() as server:
        server.script(
            "a",
            asks(("find", {"word": "spare"})),
            Reply(openai_chat(text="There it is.")),
            Reply(openai_chat(text="And more.")),
        )
        file = agent_file(server)
        async with open_agent(file, env=ENV, tools=[find], record=path) as session:
            first = [*await collect(session), *await collect(session, "more")]
    async with open_agent(file, tools=[find], replay=path) as session:
        again = [*await collect(session), *await collect(session, "more")]
    assert steady([dict(each) for each in again]) == steady([dict(each) for each in first])
    assert calls == ["spare", "spare"]
    turns = [line["messages"] for line in lines(path) if line["type"] == "turn"]
    assert [messages[-1]["content"] for messages in turns] == ["hi", "more"]
    assert len(turns[1]) == 5  # the whole conversation, with the call and its result


@pytest.mark.parametrize("split", [None, 1, 5])
async def test_no_key_is_in_the_file(tmp_path: Path, split: int | None) -> None:
    path = tmp_path / "turn.jsonl"
    half = len(KEY) // 2
    with ScriptedProvider() as server:
        pieces = ["It is ", KEY[:4], KEY[4:half], KEY[half:], ", is it not? ", KEY, "."]
        server.script("a", Reply(openai_chat(text=pieces), split=split))
        file = agent_file(server)
        events = await recorded(path, file, f"My key is {KEY}.", env={"TEST_KEY": KEY})
    written = path.read_text()
    exchange = next(line for line in lines(path) if line["type"] == "exchange")
    said = "".join(
        json.loads(frame[6:])["choices"][0]["delta"].get("content") or ""
        for frame in exchange["response"]["body"]["text"].split("\n")
        if frame.startswith("data: {") and json.loads(frame[6:])["choices"]
    )
    assert said == "It is [redacted], is it not? [redacted]."
    for part in (KEY, KEY[:half], KEY[half:], KEY[4:half]):
        assert part not in written
    again = await replayed(path, file, "My key is [redacted].")
    assert again[-1]["message"]["content"] == events[-1]["message"]["content"] == said


async def test_tokens_and_keys_that_are_not_in_env_are_left_out() -> None:
    from sparewheel.recordings.masking import Masking

    masking = Masking(lambda: ())
    token = "tok-0123456789abcdef"
    body = json.dumps({"access_token": token, "expires_in": 3600}).encode()
    masked = masking.answer([(0, body[:20]), (1, body[20:])])
    assert b"".join(piece for _, piece in masked) == body.replace(token.encode(), b"[redacted]")
    assert token.encode() not in masking.request(json.dumps({"result": f"{body!r}"}).encode())  # learned by now
    form = b"grant_type=authorization_code&code=abc&code_verifier=xyz&resource=r"
    assert masking.request(form) == b"grant_type=authorization_code&code=[redacted]&code_verifier=[redacted]&resource=r"
    url = masking.url("https://user:pass@host.example/v1?key=AIza0123&q=two+words&X-Amz-Signature=abc#part")
    assert url == "https://host.example/v1?key=[redacted]&q=two%20words&X-Amz-Signature=[redacted]"
    assert masking.request(b'{"content": "Use sk-ant-0123456789abcdef."}') == b'{"content": "Use [redacted]."}'
    headers = masking.headers({"Authorization": "Bearer abc", "Content-Type": "text/plain", "Set-Cookie": "a=b"})
    assert headers == {"authorization": "**********", "content-type": "text/plain", "set-cookie": "***"}


async def test_a_miss_says_what_was_asked_and_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    with ScriptedProvider() as server:
        server.script("a", Reply(ANSWER))
        server.script("b", Reply(ANSWER))
        file = agent_file(server, "a", "b")
        await recorded(path, file, "Why is the sky blue?")
        asked = len(server.requests)
        async with open_agent(file, replay=path) as session:
            with pytest.raises(SparewheelError) as raised:
                await session.send("What is the time?")
            again = await collect(session, "Why is the sky blue?")
        assert len(server.requests) == asked  # no request
        url = server.url
    message = str(raised.value)
    assert raised.value.info.kind == "config"
    assert f"no answer to POST {url}/v1/chat/completions (a, " in message
    assert "It has 1: POST" in message
    assert "'Why is the sky blue?' was recorded, 'What is the time?' asked" in message
    assert again[-1]["type"] == "finish"  # the miss has used nothing up


async def test_each_exchange_answers_once(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    with ScriptedProvider() as server:
        server.script("a", Reply(ANSWER))
        file = agent_file(server)
        await recorded(path, file)
    async with open_agent(file, replay=path) as session:
        await session.send("hi")
        other = await session.session()
        with pytest.raises(SparewheelError, match=r"\(used\)"):
            await other.send("hi")


async def test_a_date_that_the_runtime_writes_is_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    with ScriptedProvider() as server:
        server.script("a", Reply(ANSWER))
        file = agent_file(server, root="add_date: true")
        await recorded(path, file)
    content = path.read_text()
    found = lines(path)[-1]["request"]["body"]["text"]
    assert "Today's date: " in found
    path.write_text(content.replace(found.split("Today's date: ")[1][:10], "2001-02-03"))
    assert (await replayed(path, file))[-1]["type"] == "finish"


async def test_keys_that_were_missing_are_missing_again(tmp_path: Path) -> None:
    path = tmp_path / "turn.jsonl"
    with ScriptedProvider() as server:
        server.script("b", Reply(ANSWER))
        file = f"""
agents: {{root: {{model: one/a, fallback: {{models: [two/b]}}}}}}
providers:
  one: {{base_url: "{server.url}/v1", token_key: FIRST_KEY}}
  two: {{base_url: "{server.url}/v1", token_key: SECOND_KEY}}
"""
        events = await recorded(path, file, env={"SECOND_KEY": KEY})
    assert steady(await replayed(path, file)) == steady(events)
    assert steady(await replayed(path, file, env={"SECOND_KEY": "other-key-0123456"})) == steady(events)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("agents: {}\n", "line 1 is not JSON"),
        ("{}\n", "is not a recording"),
        ('{"type":"recording","v":2}\n', "another version"),
        (f"{HEADER}\n[]\n", "has no type"),
        (f'{HEADER}\n{{"type":"exchange"}}\n', "line 2"),
        (f"{HEADER}\n{'[' * 5000}\n", "line 2 is not JSON"),
        (f'{HEADER}\n{{"type":"exchange","request":1,"end":{{"how":"never"}}}}\n', "line 2"),
    ],
)
def test_what_is_no_recording_is_refused(content: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_recording(content)


@pytest.mark.parametrize(
    ("response", "end"),
    [
        ({"status": 200, "body": {"text": "abc"}, "chunks": "0:2"}, {"how": "complete"}),
        ({"status": 200, "body": {"text": "abc"}, "chunks": "0:4"}, {"how": "complete"}),
        ({"status": 200, "body": {"text": "abc"}, "chunks": "0:-3"}, {"how": "complete"}),
        ({"status": 200, "body": {"base64": "?"}, "chunks": "0:1"}, {"how": "complete"}),
        ({"status": 99}, {"how": "complete"}),
        (None, {"how": "complete"}),
        (None, {"how": "failed"}),
        (None, {"how": "failed", "error": {"kind": "nonsense", "message": ""}}),
        (None, {"how": "left", "ms": -1}),
        (None, {"how": "left", "ms": 10**12}),
    ],
)
def test_a_damaged_exchange_is_refused(response: Any, end: Any) -> None:
    exchange = {"type": "exchange", "request": {"method": "GET", "url": "https://a.example/"}, "response": response}
    with pytest.raises(ConfigError, match="line 2"):
        read_recording(f"{HEADER}\n{json.dumps({**exchange, 'end': end})}\n")


def test_what_a_later_version_adds_is_passed_over_and_a_cut_line_is_left_out() -> None:
    exchange = {"type": "exchange", "request": {"method": "GET", "url": "u", "new": 1}, "end": {"how": "left"}}
    line = json.dumps(exchange)
    recording = read_recording(f'{HEADER}\n{{"type":"new"}}\n{line}\n{line[:40]}')
    assert len(recording.exchanges) == 1


async def test_files_that_are_no_recordings_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("agents: {root: {model: demo/hello}}\n")
    with pytest.raises(ConfigError, match="is not replaced"):
        await recorded(path, path.read_text())
    assert path.read_text().startswith("agents")
    with pytest.raises(ConfigError, match="cannot be read"):
        await replayed(tmp_path / "none.jsonl", path.read_text())
    with pytest.raises(ConfigError, match="cannot be combined"):
        await recorded(tmp_path / "one.jsonl", path.read_text(), replay=tmp_path / "one.jsonl")


async def test_a_recording_replaces_an_earlier_one_and_has_demo_models(tmp_path: Path) -> None:
    path = tmp_path / "demo.jsonl"
    file = "agents: {root: {model: demo/hello}}\n"
    for _ in range(2):
        events = await recorded(path, file)
    assert len(load(path).exchanges) == 1
    assert steady(await replayed(path, file)) == steady(events)
