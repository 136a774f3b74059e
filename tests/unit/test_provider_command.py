"""`sparewheel test-provider`: what it finds out, step by step."""

from __future__ import annotations

import pytest

from sparewheel.headless.cli import main
from sparewheel.headless.cors import missing_headers
from sparewheel.testing import Reply, Request, ScriptedProvider, ToolCall, errors, openai_chat
from tests.support.door import KEY

ORIGIN = "https://app.example"


def able(request: Request) -> Reply:
    if not request.json.get("tools") or request.json["messages"][-1]["role"] == "tool":
        return Reply(openai_chat(text=["Hello ", "there."]))
    return Reply(openai_chat(tool_calls=[ToolCall("c1", "echo", {"word": "spare"})]))


def told(server_url: str, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, str], str]:
    code = main(["test-provider", server_url, "--model", "m", "--key", "TESTED", *words])
    out = capsys.readouterr().out
    assert KEY not in out
    return code, {line[5:].partition(":")[0]: line[:4].strip() for line in out.splitlines()}, out


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTED", KEY)


def test_an_api_that_can_do_all(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedProvider(default=[able]) as server:
        code, states, _ = told(f"{server.url}/v1", capsys)
    steps = ("reachable", "key", "model", "streaming", "tools", "browser (CORS)")
    assert (code, states) == (0, dict.fromkeys(steps, "ok"))


def test_an_api_that_no_browser_may_call(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedProvider(default=[able], cors=False) as server:
        code, states, out = told(f"{server.url}/v1", capsys, "--origin", "https://mine.example")
    assert (code, states["tools"], states["browser (CORS)"]) == (1, "ok", "FAIL")
    assert "Access-Control-Allow-Headers: authorization, content-type (in the preflight)" in out
    assert "Access-Control-Allow-Origin: https://mine.example or * (in the answer)" in out


def test_a_key_that_is_refused_and_a_model_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedProvider(default=[errors.openai_invalid_key().replace(repeat=True)]) as server:
        code, states, _ = told(f"{server.url}/v1", capsys)
    assert (code, states["key"], states["model"]) == (1, "FAIL", "?")
    with ScriptedProvider(default=[errors.openai_model_not_found().replace(repeat=True)]) as server:
        code, states, _ = told(f"{server.url}/v1", capsys)
    assert (code, states["key"], states["model"], "tools" in states) == (1, "ok", "FAIL", False)


def test_a_host_that_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedProvider() as server:
        url = server.url
    code, states, _ = told(f"{url}/v1", capsys)
    assert (code, states) == (1, {"reachable": "FAIL"})


@pytest.mark.parametrize("words", [["mailto:x", "--model", "m"], ["http://h", "--model", "m", "--key", "NOT_SET"], []])
def test_bad_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["test-provider", *words])
    assert caught.value.code == 2
    assert "sparewheel test-provider: " in capsys.readouterr().err


def test_a_wildcard_covers_all_headers_but_authorization() -> None:
    answer = {"access-control-allow-origin": "*"}
    given = {"Access-Control-Allow-Origin": ORIGIN, "Access-Control-Allow-Headers": "*"}
    assert missing_headers(ORIGIN, ["x-api-key", "content-type"], 204, given, answer) == []
    assert missing_headers(ORIGIN, ["authorization", "x-api-key"], 204, given, answer) == [
        "Access-Control-Allow-Headers: authorization (in the preflight)"
    ]
    both = {**given, "Access-Control-Allow-Headers": "*, Authorization"}
    assert missing_headers(ORIGIN, ["authorization", "x-api-key"], 204, both, answer) == []
    assert missing_headers(ORIGIN, [], 405, given, {"access-control-allow-origin": "https://other.example"}) == [
        "the preflight (OPTIONS) is answered with 405, not 2xx",
        f"Access-Control-Allow-Origin: {ORIGIN} or *, not https://other.example (in the answer)",
    ]
