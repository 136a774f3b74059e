"""Responses in the background over real sockets: what the scripted provider does with them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import pytest

from sparewheel.testing import Background, Reply, ScriptedProvider, ScriptError, Usage, errors, jsonscript
from sparewheel.testing import openai_responses as stream

WORDS = stream(text=["a", "b", "c"], usage=Usage(9, 3))
MISSING = "Response with id 'resp_background_7' not found."


def ask(server: ScriptedProvider, method: str, path: str, key: str = "k", **body: Any) -> tuple[int, bytes]:
    """The status and the body, as far as it comes."""
    data = json.dumps(body).encode() if body else None
    headers = {"authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{server.url}/v1/responses{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            read = b""
            try:
                while piece := response.read(1):
                    read += piece
            except (OSError, HTTPException):  # cut
                pass
            return response.status, read
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def begin(server: ScriptedProvider, **body: Any) -> tuple[int, bytes]:
    usual = {"model": "m", "input": "hi", "background": True, "stream": True, "store": True}
    return ask(server, "POST", "", **{**usual, **body})


def numbers(body: bytes) -> list[int]:
    return [json.loads(line[6:])["sequence_number"] for line in body.splitlines() if line.startswith(b"data: ")]


def test_a_stream_is_read_from_any_number_on() -> None:
    with ScriptedProvider({"m": [Background(WORDS, connections=[Reply(cut_at=900, cut="close")])]}) as server:
        status, cut = begin(server)
        assert (status, len(cut)) == (200, 900)
        [response] = server.responses
        assert (response.id, response.model, response.status) == ("resp_background_1", "m", "completed")
        whole = ask(server, "GET", "/resp_background_1?stream=true")[1]
        assert whole.startswith(cut)
        assert numbers(whole) == list(range(len(WORDS)))
        rest = ask(server, "GET", "/resp_background_1?stream=true&starting_after=4")[1]
        assert numbers(rest) == list(range(5, len(WORDS)))
        assert whole.endswith(rest)
        assert (response.tokens, response.connections) == (3, 3)


def test_the_response_itself() -> None:
    script = Background(WORDS, every=60, polls=[errors.openai_server_error()])
    with ScriptedProvider({"m": [script]}) as server:
        assert begin(server, stream=False)[0] == 200
        assert ask(server, "GET", "/resp_background_1")[0] == 500
        status, body = ask(server, "GET", "/resp_background_1")
        document = json.loads(body)
        assert (status, document["status"], document["output"], document["store"]) == (200, "in_progress", [], True)
        for _ in range(2):  # cancelling may be repeated
            status, body = ask(server, "POST", "/resp_background_1/cancel")
            assert (status, json.loads(body)["status"]) == (200, "cancelled")
        [response] = server.responses
        assert (response.cancels, response.tokens, response.polls) == (2, 0, 2)
        assert numbers(ask(server, "GET", "/resp_background_1?stream=true")[1]) == [0]


def test_a_response_is_not_kept_for_ever() -> None:
    with ScriptedProvider({"m": [Background(WORDS, streamable_for=0), Background(WORDS, kept_for=0)]}) as server:
        begin(server)
        begin(server)
        status, body = ask(server, "GET", "/resp_background_1?stream=true")
        assert (status, "can no longer be streamed" in body.decode()) == (400, True)
        assert json.loads(ask(server, "GET", "/resp_background_1")[1])["status"] == "completed"
        for path in ("/resp_background_2", "/resp_background_2?stream=true", "/resp_background_7"):
            assert ask(server, "GET", path)[0] == 404
        assert json.loads(ask(server, "GET", "/resp_background_7")[1])["error"]["message"] == MISSING


def test_a_request_in_the_foreground_has_no_response_to_read_again() -> None:
    with ScriptedProvider({"m": [Background(WORDS)]}) as server:
        assert numbers(begin(server, background=False)[1]) == list(range(len(WORDS)))
        assert server.responses == []


def test_each_request_has_a_response_of_its_own() -> None:
    with ScriptedProvider({"m": [Background(WORDS, repeat=True)]}) as server:
        for _ in range(2):
            begin(server)
        assert [each.id for each in server.responses] == ["resp_background_1", "resp_background_2"]


def test_strict_mode_wants_a_key_and_a_store() -> None:
    server = ScriptedProvider({"m": [Background(WORDS, repeat=True)]}, strict=True)
    with server:
        assert begin(server, store=False)[0] == 400
        assert begin(server)[0] == 200
        assert ask(server, "GET", "/resp_background_1", key="")[0] == 401
        with pytest.raises(ScriptError, match="store"):
            server.check()


def test_as_json() -> None:
    connections = [{"cut_at": 700}, {"error": "openai_server_error"}]
    script = {
        "openai_responses": {"text": "a"},
        "every": 0.5,
        "background": {"connections": connections, "kept_for": 9},
    }
    models, _ = jsonscript.parse_script({"models": {"m": [script]}})
    assert models["m"] == [
        Background(stream(text="a"), 0.5, [Reply(cut_at=700), errors.openai_server_error()], polls=[], kept_for=9)
    ]
    wrongs: list[Any] = [{"anthropic": {}, "background": {}}, {"openai_responses": {}, "background": {"what": 1}}]
    for wrong in wrongs:
        with pytest.raises(jsonscript.BadScript, match=r"models\.m\[0\]"):
            jsonscript.parse_script({"models": {"m": [wrong]}})
