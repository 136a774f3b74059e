"""The scripted provider over real sockets: routing, queues, CORS, the record, and its own life."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import sys
from contextlib import closing
from typing import Any

import pytest

from sparewheel.testing import Gate, Reply, Request, ScriptedProvider, ScriptError, errors, openai_chat

CHAT = "/v1/chat/completions"
ORIGIN = {"origin": "http://page.example"}


def connect(server: ScriptedProvider) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30))


def post(
    server: ScriptedProvider, model: str = "gpt-x", path: str = CHAT, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (lower case) and body of one request."""
    with connect(server) as connection:
        connection.request("POST", path, json.dumps({"model": model}), headers)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def preflight(server: ScriptedProvider, **headers: str) -> tuple[int, dict[str, str]]:
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    with connect(server) as connection:
        connection.request("OPTIONS", CHAT, headers={**ORIGIN, "access-control-request-method": "POST", **asked})
        response = connection.getresponse()
        response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}


@pytest.mark.parametrize(
    ("path", "format", "model"),
    [
        (CHAT, "openai_chat", "gpt-x"),
        ("/some/where/openai/chat/completions", "openai_chat", "gpt-x"),
        ("/v1/responses", "openai_responses", "gpt-x"),
        ("/v1/messages", "anthropic", "gpt-x"),
        ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "gemini", "gemini-2.5-pro"),
        ("/v1beta/models/a%2Fb:streamGenerateContent?alt=sse", "gemini", "a/b"),
    ],
)
def test_routes_and_model_names(path: str, format: str, model: str) -> None:
    with ScriptedProvider({model: [Reply((b"data: 1\n\n",))]}) as server:
        assert post(server, path=path)[::2] == (200, b"data: 1\n\n")
        (request,) = server.requests
        assert (request.format, request.model, request.path) == (format, model, path.partition("?")[0])
        assert request.query == path.partition("?")[2]


def test_replies_come_in_order_for_each_model() -> None:
    one, two, other = (Reply((text,)) for text in (b"one", b"two", b"other"))
    with ScriptedProvider({"a": [one, two]}, default=[other]) as server:
        assert [post(server, model)[2] for model in ("a", "b", "a")] == [b"one", b"other", b"two"]
        server.check(unused=True)


def test_a_repeating_reply_answers_for_ever_and_must_be_last() -> None:
    with ScriptedProvider({"a": [Reply((b"once",)), Reply((b"always",), repeat=True)]}) as server:
        assert [post(server, "a")[2] for _ in range(3)] == [b"once", b"always", b"always"]
        with pytest.raises(ValueError, match="repeats"):
            server.script("a", Reply())
        server.check(unused=True)


def test_a_function_answers_from_the_request() -> None:
    def echo(request: Request) -> Reply:
        return Reply.json(200, {"got": request.json, "number": len(server.requests)})

    with ScriptedProvider(default=[echo]) as server:
        bodies = [json.loads(post(server, model)[2]) for model in ("a", "b")]
        assert bodies == [{"got": {"model": "a"}, "number": 1}, {"got": {"model": "b"}, "number": 2}]


def test_an_exhausted_script_is_a_500_and_fails_the_check_once() -> None:
    with ScriptedProvider({"a": [Reply()]}) as server:
        assert post(server, "a")[0] == 200
        server.check()
        status, _, body = post(server, "a")
        assert status == 500
        assert "the script is exhausted for model 'a' (request 2)" in json.loads(body)["error"]["message"]
        with pytest.raises(ScriptError, match="exhausted for model 'a'"):
            server.check()
        server.check()


def test_leaving_the_block_checks() -> None:
    with pytest.raises(ScriptError, match="no reply was scripted for model 'nobody'"), ScriptedProvider() as server:
        post(server, "nobody")


def test_leaving_the_block_by_an_exception_does_not_hide_it() -> None:
    with pytest.raises(KeyError), ScriptedProvider() as server:
        post(server, "nobody")
        raise KeyError


def test_unused_replies_are_a_problem_when_asked_for() -> None:
    with ScriptedProvider({"a": [Reply(), Reply()]}) as server:
        post(server, "a")
        with pytest.raises(ScriptError, match="model 'a': 1 scripted replies were never requested"):
            server.check(unused=True)


@pytest.mark.parametrize("path", ["/v1/chat/completion", "/", "/v1/models"])
def test_an_unknown_endpoint_is_a_404_and_a_problem(path: str) -> None:
    with ScriptedProvider(default=[Reply()]) as server:
        assert post(server, path=path)[0] == 404
        with pytest.raises(ScriptError, match="no endpoint POST"):
            server.check()


def test_a_scripted_function_that_fails_is_a_problem() -> None:
    def broken(request: Request) -> Reply:
        raise LookupError("oops")

    with ScriptedProvider(default=[broken]) as server:
        status, _, body = post(server)
        assert (status, "failed: LookupError('oops')" in json.loads(body)["error"]["message"]) == (500, True)
        with pytest.raises(ScriptError, match="oops"):
            server.check()


def test_what_is_not_http_is_a_problem() -> None:
    with pytest.raises(ScriptError, match="the scripted provider failed: ValueError"), ScriptedProvider() as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(b"nonsense\r\n\r\n")
            assert client.recv(1) == b""


def test_one_connection_carries_many_requests_when_asked_to() -> None:
    chat, ended = Reply(openai_chat(text="Hi")), Reply((b"abcdef",), cut_at=2, cut="end")
    replies = [errors.openai_server_error(), chat, ended, chat]
    with ScriptedProvider({"a": replies}, keep_alive=True) as server, connect(server) as client:
        seen, ports = [], set()
        client.request("OPTIONS", CHAT)
        assert client.getresponse().read() == b""
        for _ in range(4):
            client.request("POST", CHAT, '{"model": "a"}')
            response = client.getresponse()
            seen.append((response.status, response.read()))
            ports.add(client.sock.getsockname()[1])
        assert [status for status, _ in seen] == [500, 200, 200, 200]
        assert seen[1:] == [(200, chat.body), (200, b"ab"), (200, chat.body)]
        assert len(ports) == 1


def test_without_keep_alive_every_answer_closes_its_connection() -> None:
    with ScriptedProvider(default=[Reply()]) as server:
        assert (preflight(server)[1]["connection"], post(server)[1]["connection"]) == ("close", "close")
        with connect(server) as client:
            client.request("OPTIONS", CHAT)
            client.getresponse().read()
            assert client.sock is None


def test_the_preflight_is_answered_with_what_it_asks_for() -> None:
    with ScriptedProvider() as server:
        asked = "authorization, content-type, x-custom"
        status, headers = preflight(
            server, access_control_request_headers=asked, access_control_request_private_network="true"
        )
        assert status == 204
        assert {name: value for name, value in headers.items() if name.startswith("access-control")} == {
            "access-control-allow-origin": "http://page.example",
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": asked,
            "access-control-allow-private-network": "true",
        }
        assert (server.requests, len(server.preflights)) == ([], 1)


def test_nothing_is_allowed_that_was_not_asked_for() -> None:
    with ScriptedProvider() as server:
        allowed = {name for name in preflight(server)[1] if name.startswith("access-control")}
        assert allowed == {"access-control-allow-origin", "access-control-allow-methods"}


def test_the_request_knows_what_its_preflight_asked_for() -> None:
    with ScriptedProvider(default=[Reply(repeat=True)]) as server:
        post(server, **ORIGIN)
        preflight(server, access_control_request_headers="Authorization,content-type")
        post(server, **ORIGIN)
        post(server, path="/v1/messages", **ORIGIN)
        asked = [request.preflight_headers for request in server.requests]
        assert asked == [(), ("authorization", "content-type"), ()]


def cors(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("access-control")}


def test_answers_are_readable_by_the_page_that_asked() -> None:
    with ScriptedProvider(default=[errors.openai_rate_limit().replace(repeat=True)]) as server:
        assert cors(post(server, **ORIGIN)[1]) == {"access-control-allow-origin": "http://page.example"}
        assert cors(post(server)[1]) == {}


def test_retry_after_is_readable_only_when_exposed() -> None:
    limit = errors.openai_rate_limit(2)
    with ScriptedProvider({"a": [limit, limit.replace(expose=("retry-after", "x-request-id"))]}) as server:
        hidden, exposed = (post(server, "a", **ORIGIN)[1] for _ in range(2))
        assert (hidden["retry-after"], "access-control-expose-headers" in hidden) == ("2", False)
        assert exposed["access-control-expose-headers"] == "retry-after, x-request-id"


def test_cors_can_be_off_for_one_reply_or_for_the_vendor() -> None:
    with ScriptedProvider({"a": [errors.openai_server_error().replace(cors=False), Reply()]}) as server:
        assert [cors(post(server, "a", **ORIGIN)[1]) for _ in range(2)] == [
            {},
            {"access-control-allow-origin": "http://page.example"},
        ]
    with ScriptedProvider(default=[Reply()], cors=False) as server:
        assert (cors(preflight(server)[1]), cors(post(server, **ORIGIN)[1])) == ({}, {})


def test_the_record_of_a_complete_answer() -> None:
    reply = Reply(openai_chat(text=["Hel", "lo"]))
    with ScriptedProvider({"gpt-x": [reply]}) as server:
        post(server, authorization="Bearer sk-test")
        request = server.wait_for_finish()
        assert (request.method, request.path, request.model) == ("POST", CHAT, "gpt-x")
        assert request.json == {"model": "gpt-x"}
        assert request.headers["authorization"] == "Bearer sk-test"
        assert (request.events_sent, request.bytes_sent) == (len(reply.events), len(reply.body))
        assert (request.disconnected, request.finished) == (False, True)


def test_a_body_that_is_not_json_has_no_model() -> None:
    with ScriptedProvider(default=[Reply()]) as server, connect(server) as client:
        client.request("POST", CHAT, b"\xff{")
        assert client.getresponse().read() == b""
        assert (server.requests[0].json, server.requests[0].model) == (None, None)


def test_waiting_gives_the_nth_match_or_says_what_did_not_happen() -> None:
    with ScriptedProvider(default=[Reply(repeat=True)]) as server:
        post(server, "a")
        post(server, "b")
        assert server.wait_for_request(2).model == "b"
        assert server.wait_for(lambda request: request.model == "a").model == "a"
        with pytest.raises(TimeoutError, match=r"disconnect number 1 did not happen.*\(a\), POST /v1.*\(b\)"):
            server.wait_for_disconnect(timeout=0)


def test_a_gate_that_nobody_reaches_times_out() -> None:
    with pytest.raises(TimeoutError, match="no reply reached the gate"):
        Gate().wait_reached(timeout=0)


def test_a_refused_url_refuses() -> None:
    with ScriptedProvider() as server:
        host, port = server.refused_url().removeprefix("http://").split(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=30)


def test_a_taken_port_is_an_error_at_the_start() -> None:
    with ScriptedProvider() as server, pytest.raises(OSError, match="in use"):
        ScriptedProvider(port=int(server.url.rsplit(":", 1)[1])).start()


def test_closing_ends_answers_that_are_held_and_frees_the_port() -> None:
    with ScriptedProvider({"a": [Reply((b"x",), silent_after=1)]}) as server, connect(server) as client:
        client.request("POST", CHAT, '{"model": "a"}')
        response = client.getresponse()
        assert response.read(1) == b"x"
        server.close()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
        assert server.requests[0].finished
        response.close()
        with pytest.raises(ConnectionRefusedError):
            post(server)


def test_a_connection_that_comes_at_the_end_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    leaked: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: leaked.append(found.exc_value))
    for _ in range(20):
        with ScriptedProvider() as server:
            host, port = server.url.removeprefix("http://").split(":")
            clients = [socket.create_connection((host, int(port)), timeout=30) for _ in range(3)]
        for client in clients:
            client.close()
    gc.collect()
    assert leaked == []


def test_strict_mode_answers_as_the_vendor_and_fails_the_check() -> None:
    with ScriptedProvider(default=[Reply((b"ok",), repeat=True)], strict=True) as server, connect(server) as client:
        answers: list[Any] = []
        for extra in ({"bogus": 1}, {}):
            body = {"model": "gpt-x", "messages": [{"role": "user", "content": "hi"}], **extra}
            client.request("POST", CHAT, json.dumps(body), {"authorization": "Bearer sk-test"})
            response = client.getresponse()
            answers.append((response.status, response.read()))
        assert (answers[0][0], answers[1]) == (400, (200, b"ok"))
        assert "Unrecognized request argument supplied: bogus" in json.loads(answers[0][1])["error"]["message"]
        assert [request.violation is not None for request in server.requests] == [True, False]
        with pytest.raises(ScriptError, match="bogus"):
            server.check()
