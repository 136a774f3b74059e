"""`python -m sparewheel.testing` and its JSON scripts."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import sparewheel.testing
from sparewheel.testing import Reply, ToolCall, Usage, anthropic, dropped, errors, jsonscript, openai_chat
from sparewheel.testing.__main__ import main

RUNTIME = Path(sparewheel.testing.__file__).parents[2]
SCRIPT = {
    "models": {
        "gpt-x": [
            {"error": "openai_rate_limit", "retry_after": 1, "expose": ["retry-after"]},
            {
                "openai_chat": {"text": ["Hel", "lo"], "usage": {"input": 9, "output": 2}},
                "every": 0.05,
                "split": [3, 9],
            },
        ],
        "claude-x": [
            {"anthropic": {"text": ["Hel"], "finish": None}, "then": "anthropic_stream_error"},
            {"anthropic": {"tool_calls": [{"id": "toolu_1", "name": "add", "arguments": {"a": 1}}]}, "repeat": True},
        ],
    },
    "default": [{"dropped": "close"}, {"events": ["data: é\n\n", "x"], "cut_at": 4, "cut": "end"}],
}


def test_a_script_means_the_same_replies_as_in_python() -> None:
    models, default = jsonscript.parse_script(SCRIPT)
    assert models == {
        "gpt-x": [
            errors.openai_rate_limit(1).replace(expose=("retry-after",)),
            Reply(openai_chat(text=["Hel", "lo"], usage=Usage(9, 2)), every=0.05, split=(3, 9)),
        ],
        "claude-x": [
            Reply(anthropic(text=["Hel"], finish=None) + errors.anthropic_stream_error()),
            Reply(anthropic(tool_calls=[ToolCall("toolu_1", "add", {"a": 1})]), repeat=True),
        ],
    }
    assert default == [dropped("close"), Reply(("data: é\n\n".encode(), b"x"), cut_at=4, cut="end")]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], 'the script must be an object with "models" and "default"'),
        ({"model": {}}, 'the script must be an object with "models" and "default"'),
        ({"models": []}, '"models" must be an object'),
        ({"models": {"m": {}}}, "models.m must be a list of replies"),
        ({"default": ["x"]}, r"default\[0\]: a reply must be an object"),
        ({"default": [{}]}, r"default\[0\]: a reply is exactly one of error, events, .*; found none"),
        ({"default": [{"error": "x", "events": []}]}, "exactly one of"),
        ({"default": [{"error": "nonsense"}]}, "unknown error 'nonsense'; known: .*openai_rate_limit"),
        ({"default": [{"error": "_openai"}]}, "unknown error '_openai'"),
        ({"default": [{"error": "openai_server_error", "bogus": 1}]}, "unexpected keyword argument 'bogus'"),
        ({"default": [{"openai_chat": {"txt": "x"}}]}, "unexpected keyword argument 'txt'"),
        ({"default": [{"openai_chat": {}, "evry": 1}]}, "unknown keys: evry"),
        ({"default": [{"events": [], "then": "x"}]}, "unknown keys: then"),
        ({"default": [{"anthropic": {}, "then": "anthropic_overloaded"}]}, "takes the errors inside a stream"),
        ({"default": [{"events": [], "cut": "melt"}]}, "unknown cut 'melt'"),
    ],
)
def test_a_bad_script_says_where_and_why(document: object, words: str) -> None:
    with pytest.raises(jsonscript.BadScript, match=words):
        jsonscript.parse_script(document)


@contextmanager
def command(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The running command, started as a shell starts what is to run in the background, and the host:port it printed."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "sparewheel.testing", *arguments],
            env={**os.environ, "PYTHONPATH": str(RUNTIME)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().removeprefix("http://"), process
        finally:
            process.kill()


def post(address: str, path: str, model: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        connection.request("POST", path, json.dumps({"model": model}))
        response = connection.getresponse()
        return response.status, response.read()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_a_script_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    file = tmp_path / "script.json"
    file.write_text(json.dumps(SCRIPT), "utf-8")
    with command("--script", str(file)) as (address, process):
        assert post(address, "/v1/chat/completions", "gpt-x")[0] == 429
        assert post(address, "/v1/chat/completions", "gpt-x") == (
            200,
            Reply(openai_chat(text=["Hel", "lo"], usage=Usage(9, 2))).body,
        )
        assert process.stderr is not None
        assert [process.stderr.readline() for _ in range(2)] == [
            "1 POST /v1/chat/completions gpt-x\n",
            "2 POST /v1/chat/completions gpt-x\n",
        ]
        process.send_signal(stop)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""


def test_without_a_script_it_greets_in_every_format() -> None:
    with command() as (address, _):
        for path, piece in [
            ("/v1/chat/completions", b'{"content":" scripted"}'),
            ("/v1/responses", b'"delta":" scripted"'),
            ("/v1/messages", b'{"type":"text_delta","text":" scripted"}'),
            ("/v1beta/models/gemini-x:streamGenerateContent?alt=sse", b'{"parts":[{"text":" scripted"}]'),
        ]:
            status, body = post(address, path, "any")
            assert (status, piece in body) == (200, True), path


@pytest.mark.parametrize(
    ("text", "words"), [(None, "No such file"), ("{", "Expecting"), ('{"default": [{}]}', "default[0]: a reply")]
)
def test_a_script_that_cannot_be_used_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: str
) -> None:
    file = tmp_path / "script.json"
    if text is not None:
        file.write_text(text, "utf-8")
    assert main(["--script", str(file)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), words in err) == ("", 1, True)


def test_help_shows_the_script_format(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert '{"error": "openai_rate_limit", "retry_after": 1}' in capsys.readouterr().out
