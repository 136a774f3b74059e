"""The `request` events of a session with `trace`: what they tell and never tell, and that they change nothing else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

import sparewheel
from sparewheel.testing import Reply, ScriptedProvider, anthropic, errors, gemini, openai_chat
from sparewheel.transports.traced import shown_headers, shown_url
from tests.support.fakeloop import run
from tests.support.scripted import ENV, ScriptedTransport, State, collect, session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.scripted import Played, Script

ANSWER = openai_chat(text=["An", "swer"])


def traced(script: Mapping[str, Sequence[Script]], *, trace: bool = True, fallback: str = "retries: -1") -> Played:
    transport = ScriptedTransport(script)
    return run(collect(session(transport, list(script), fallback=fallback, context=State(trace=trace))))


def test_each_attempt_tells_its_request_before_its_content() -> None:
    played = traced(
        {"a": [errors.openai_server_error()], "b": [Reply(ANSWER, delay=2)]}, fallback="retries: -1, delay: 0s"
    )
    assert played.types[:2] == ["start", "request"]
    at = played.types.index("fallback")
    assert played.types[at : at + 3] == ["fallback", "request", "block_start"]
    first, second = played.of("request")
    assert (first["attempt"], first["model"], first["status"]) == (1, "openai/a", 500)
    assert (second["attempt"], second["status"], second["headers_ms"]) == (2, 200, 2000)
    assert second["method"] == "POST"
    assert second["url"] == "https://api.openai.com/v1/chat/completions"
    assert second["body_bytes"] > 50
    assert second["headers"]["content-type"] == "application/json"
    assert second["headers"]["authorization"] == f"({len('Bearer ') + len(ENV['OPENAI_API_KEY'])} characters)"


def test_nothing_else_changes() -> None:
    script = {"a": [Reply(ANSWER[:2])], "b": [Reply(ANSWER)]}
    plain, told = traced(script, trace=False), traced(script)
    assert plain.of("request") == []
    assert [each for each in told.told if each["type"] != "request"] == plain.told


def test_a_request_is_no_content_in_a_race() -> None:
    script = {"a": [Reply(ANSWER, silent_after=1)], "b": [Reply(ANSWER, delay=1)]}
    played = traced(script, fallback="retries: -1, delay: 0s, hedge_after: 2s")
    assert [event["attempt"] for event in played.of("request")] == [1, 2]
    assert played.terminal["model"] == "openai/b"


def test_a_request_without_a_response_is_told_too() -> None:
    played = traced({"a": [Reply(ANSWER, delay=100)]})
    [event] = played.of("request")
    assert (event["status"], event["response_headers"], event["headers_ms"]) == (None, {}, 30_000)


@pytest.mark.parametrize(
    ("provider", "env", "stream"),
    [
        ("openai", "OPENAI_API_KEY", openai_chat(text="x")),
        ("anthropic", "ANTHROPIC_API_KEY", anthropic(text="x")),
        ("google", "GOOGLE_API_KEY", gemini(text="x")),
    ],
)
async def test_no_key_is_told_in_any_form(provider: str, env: str, stream: tuple[bytes, ...]) -> None:
    key = "sk+CANARY/0123456789=abc"
    with ScriptedProvider() as server:
        echoes = {"x-echo": key, "x-request-id": f"for {key}", "access-control-expose-headers": "x-echo"}
        server.script("m", Reply(stream, headers=echoes))
        model = f'{{provider: {provider}, model: m, base_url: "{server.url}/v1"}}'
        yaml = f"agents: {{root: {{model: m}}}}\nmodels: {{m: {model}}}\n"
        async with sparewheel.open_agent(yaml, env={env: key}, trace=True, allow_hosts=["127.0.0.1"]) as opened:
            events = [event async for event in opened.stream("Hi")]
    [event] = [event for event in events if event["type"] == "request"]
    written = json.dumps(event)
    for form in (key, quote(key), quote(key, safe=""), base64.b64encode(key.encode()).decode(), key.encode().hex()):
        assert form not in written, written
    assert event["status"] == 200


def test_only_harmless_values_are_shown() -> None:
    given = {"Authorization": "Bearer x", "X-Api-Key": "secret", "Content-Type": "text/plain", "X-RateLimit-Left": "3"}
    assert shown_headers(given) == {
        "authorization": "(8 characters)",
        "x-api-key": "(6 characters)",
        "content-type": "text/plain",
        "x-ratelimit-left": "3",
    }
    urls: dict[str, Any] = {
        "https://a.test/v1?key=secret&alt=sse": "https://a.test/v1?key=(6 characters)&alt=sse",
        "https://user:pass@a.test:8/x#frag": "https://a.test:8/x",
        "https://a.test/v1?alt=": "https://a.test/v1?alt=",
    }
    assert {url: shown_url(url) for url in urls} == urls
