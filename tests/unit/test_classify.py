"""The order in which the classifier weighs its evidence, the waits it reads, its advice, what it keeps to itself."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from sparewheel.classify import classify
from sparewheel.errors import ErrorInfo
from sparewheel.redaction.redact import redact

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


def error(message: str, **fields: object) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        # an exact code beats the status
        ({"status": 400, "body": error("No.", code="context_length_exceeded")}, "context_overflow"),
        ({"status": 500, "body": error("No.", type="overloaded_error")}, "overloaded"),
        ({"status": 429, "body": error("Slow down.", code="insufficient_quota")}, "quota"),
        ({"status": 403, "body": error("No.", code="insufficient_credits")}, "quota"),
        # an exact sentence beats the status and a vague code
        ({"status": 500, "body": error("This model's maximum context length is 8 tokens")}, "context_overflow"),
        ({"status": 403, "body": error("Insufficient credits.")}, "quota"),
        ({"status": 429, "body": error("The engine is currently overloaded")}, "overloaded"),
        ({"status": 404, "body": "404 page not found"}, "invalid_request"),
        ({"status": 404, "body": {"detail": "Not Found"}}, "invalid_request"),
        ({"status": 404, "body": error("model: x", type="not_found_error")}, "model_not_found"),
        # the status beats vague codes and loose words
        ({"status": 429, "body": error("Nope", type="invalid_request_error")}, "rate_limit"),
        ({"status": 401, "body": error("Too many requests with a bad key")}, "auth"),
        ({"status": 503, "body": error("The request timed out and was aborted")}, "overloaded"),
        ({"status": 400, "message": "TypeError: Failed to fetch"}, "invalid_request"),
        # a status inside a 200 answer, or inside a gateway's 500
        ({"status": 200, "body": error("Nope", code=429)}, "rate_limit"),
        ({"status": 500, "body": error("Nope", code=401)}, "auth"),
        ({"status": 429, "body": error("Nope", code=500)}, "rate_limit"),
        # words mean nothing alone
        ({"status": 400, "body": error("The token limit key is odd")}, "invalid_request"),
        ({"body": error("Unexpected token in limit key")}, "unknown"),
        ({"status": 400, "body": error("max_tokens: 9 > 4, which is the maximum allowed output")}, "invalid_request"),
        # numbers that are no status
        ({"message": "dial tcp 10.0.0.1:443: connect: connection refused"}, "network"),
        ({"message": "connect ECONNREFUSED 10.4.29.1:401"}, "network"),
        ({"message": "connect ECONNREFUSED 429.0.0.1"}, "network"),
        ({"message": "stream error: stream ID 401; INTERNAL_ERROR; received from peer"}, "server_error"),
        ({"message": "error code: 1015"}, "rate_limit"),
        ({"message": "read 503 bytes, then: socket hang up"}, "network"),
        # numbers that are
        ({"message": "upstream said HTTP/1.1 502 Bad Gateway"}, "server_error"),
        ({"message": "Request failed with status code 401"}, "auth"),
        ({"message": "(429) slow"}, "rate_limit"),
        # an abort is ours alone: a provider that speaks of one did not stop the turn
        ({"message": "The operation was aborted.", "exception_name": "AbortError"}, "aborted"),
        ({"message": "", "exception_name": "CancelledError"}, "aborted"),
        ({"message": "AbortError: Failed to fetch"}, "network_or_cors"),
        ({"message": "('Connection aborted.', RemoteDisconnected())"}, "network"),
        ({"body": error("The upstream request was aborted")}, "server_error"),
        ({"status": 499, "body": ""}, "network"),
        # by the name alone
        ({"message": "ReadTimeout: "}, "timeout_idle"),
        ({"message": "httpx.ConnectTimeout: "}, "timeout_connect"),
        ({"message": "TypeError: Das Netzwerk ist weg."}, "network_or_cors"),
        # a web page where an API should be
        ({"status": 200, "body": "<!doctype html><title>My shop</title>"}, "invalid_request"),
        # nothing at all
        ({}, "empty_output"),
        ({"status": 200, "body": b""}, "empty_output"),
        ({"body": {"error": None}}, "unknown"),
    ],
)
def test_precedence(given: dict[str, Any], kind: str) -> None:
    assert classify(**given).kind == kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (100, "server_error"), (204, "empty_output"), (302, "invalid_request"), (400, "invalid_request"), (401, "auth"),
        (402, "quota"), (403, "permission"), (404, "model_not_found"), (408, "server_error"), (409, "server_error"),
        (413, "context_overflow"), (418, "invalid_request"), (422, "invalid_request"), (423, "overloaded"),
        (425, "server_error"), (429, "rate_limit"), (451, "permission"), (498, "overloaded"), (500, "server_error"),
        (501, "unsupported"), (502, "server_error"), (503, "overloaded"), (504, "server_error"), (520, "server_error"),
        (524, "server_error"), (526, "server_error"), (529, "overloaded"), (599, "server_error"), ("429", "rate_limit"),
        (429.0, "rate_limit"), (True, "empty_output"), (0, "empty_output"), (9999, "empty_output"),
    ],
)  # fmt: skip
def test_bare_status(status: object, kind: str) -> None:
    assert classify(status).kind == kind


def test_result_is_consistent_with_its_kind() -> None:
    assert classify(401, message="Unauthorized") == ErrorInfo(
        "auth",
        "Unauthorized",
        "The provider does not accept the key for the provider. Check that it is complete, still valid and issued by "
        "the provider, and that base_url belongs to the same provider.",
        None,
        401,
    )
    assert classify(200, body=error("Nope", code=429)).status == 429
    assert classify(200, body=error("Overloaded", type="overloaded_error")).status is None


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"RETRY-AFTER": "1.5"}, "", 1.5),
        ({"retry-after": "7", "Retry-After-Ms": "250.5"}, "", 0.251),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, "", 30.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:59:00 GMT"}, "", None),
        ({"retry-after": "12s"}, "", 12.0),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-1"}, "", None),
        ({"retry-after": "nan"}, "", None),
        ({"retry-after": "inf"}, "", None),
        ({"retry-after": "1e9"}, "", None),
        ({"retry-after": "soon"}, "Please try again in 20ms.", 0.02),
        ({}, "Please try again in 7m12s.", 432.0),
        ({}, "Please retry in 36.429760048s.", 36.43),
        ({}, "Please wait 2 minutes before trying again", 120.0),
        ({}, "Retry after 1 hour", 3600.0),
        ({}, "try again in a moment", None),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, "", 360.0),
        ({"x-ratelimit-reset-tokens": "20ms", "x-ratelimit-remaining-tokens": "0"}, "", 0.02),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "12"}, "", None),
        ({"x-ratelimit-reset": f"{int(NOW + 45)}"}, "", 45.0),
        ({"x-ratelimit-reset": f"{int(NOW + 45)}000", "x-ratelimit-remaining": "0"}, "", 45.0),
    ],
)
def test_retry_after(headers: dict[str, str], message: str, seconds: float | None) -> None:
    assert classify(429, headers, error(message), now=NOW).retry_after == seconds


def test_retry_after_in_the_body() -> None:
    def delay(value: object) -> float | None:
        return classify(
            429, body=error("No.", details=[{"@type": "x/google.rpc.RetryInfo", "retryDelay": value}])
        ).retry_after

    assert [delay(v) for v in ("13s", "0.5s", {"seconds": "3", "nanos": 500_000_000}, 4)] == [13.0, 0.5, 3.5, 4.0]
    unreadable: list[object] = [None, "-1s", [], "x" * 99, {"seconds": "x"}, math.nan]
    assert [delay(v) for v in unreadable] == [None] * 6
    quoted = {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{int(NOW + 9)}000"}}
    assert classify(429, body=error("Rate limit exceeded", metadata=quoted), now=NOW).retry_after == 9.0


def test_wait_is_told_only_where_waiting_helps() -> None:
    assert classify(503, {"retry-after": "3"}).retry_after == 3.0
    assert classify(401, {"retry-after": "3"}).retry_after is None
    assert classify(429, {"retry-after": "3"}, error("No.", code="insufficient_quota")).retry_after is None
    assert classify(503, {"x-ratelimit-reset-tokens": "3s"}).retry_after is None


@pytest.mark.parametrize(
    ("given", "mentions"),
    [
        ({"status": 401, "provider": "openai"}, ["OpenAI", "OPENAI_API_KEY", "API keys"]),
        ({"status": 401, "provider": "anthropic", "key_name": "MY_KEY"}, ["Anthropic", "MY_KEY"]),
        ({"status": 401, "url": "https://user:pw@llm.example.com/v1?key=abc"}, ["llm.example.com"]),
        ({"status": 401, "provider": "openai", "url": "https://api.groq.com/openai/v1"}, ["Groq", "GROQ_API_KEY"]),
        ({"status": 401, "provider": "openai", "url": "https://llm.example.com/v1"}, ["the key for llm.example.com"]),
        ({"status": 503, "provider": "xai"}, ["xAI has"]),
        ({"status": 402, "provider": "openrouter"}, ["OpenRouter", "openrouter.ai/settings/credits"]),
        ({"status": 404, "body": "404 page not found", "provider": "myprov"}, ["myprov", "base_url", "/v1"]),
        ({"status": 413, "provider": "groq"}, ["Shorten the prompt"]),
        (
            {"message": "TypeError: Failed to fetch", "url": "https://api.openai.com/v1"},
            ["offline", "CORS", "certificate", "extension", "blocker", "connect-src"],
        ),
        (
            {"message": "TypeError: Load failed", "url": "http://192.168.1.20:11434/v1"},
            ["OLLAMA_ORIGINS", "local network access", "origin"],
        ),
        ({"message": "fetch failed: ECONNREFUSED", "url": "http://localhost:1234"}, ["running", "LM Studio"]),
        (
            {"status": 401, "body": error("CORS requests are not allowed for this Organization")},
            ["CORS", "proxy"],
        ),
        ({"status": 429, "body": error("Request too large for m on tokens per min")}, ["per minute", "max_tokens"]),
    ],
)
def test_hint_names_who_and_what(given: dict[str, Any], mentions: list[str]) -> None:
    hint = classify(**given).hint
    assert [word for word in mentions if word not in hint] == []
    assert "pw" not in hint.split() and "key=abc" not in hint


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:1/v1", True), ("http://[::1]:8080", True), ("http://ollama:11434", True),
        ("http://box.local", True), ("http://10.1.2.3", True), ("http://169.254.1.1", True), ("http://[fd00::1]", True),
        ("https://api.openai.com", False), ("https://8.8.8.8", False), ("http://[bad", False), ("", False),
    ],
)  # fmt: skip
def test_local_advice_only_for_local_hosts(url: str | None, local: bool) -> None:
    assert ("OLLAMA_ORIGINS" in classify(message="Failed to fetch", url=url).hint) is local


KEYS = [
    "sk-CANARY",
    "sk-proj-abcDEF123_-456",
    "sk-ant-api03-AbCdEf123456",
    "sk-or-v1-0123456789abcdef",
    "gsk_AbCdEf0123456789",
    "xai-AbCdEf0123456789",
    "AIzaSyAhEXAMPLE_uVf0gia9wUyJx8RSIexample",
    "hf_AbCdEfGhIjKlMnOp",
    "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "sentence",
    [
        "Incorrect API key provided: {}.",
        "bad {} key",
        "POST https://h.example/v1?key={}&a=b: 400",
        "Authorization: Bearer {}",
    ],
)
def test_no_key_in_message_or_hint(key: str, sentence: str) -> None:
    said = sentence.format(key)
    for info in (
        classify(401, body=error(said), provider="openai"),
        classify(message=said, provider=key, url=f"https://h.example/{key}?key={key}", key_name=key),
        classify(401, body=error("x" * 480 + " " + said)),
    ):
        assert key not in info.message + info.hint
        assert key[: len(key) // 2 + 4] not in info.message + info.hint


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-****MxYA. You can find your API key at https://platform.openai.com.",
        "Incorrect API key provided: sk-PMafP***************************************E873.",
        "Authentication Fails, Your api key: ****fcc2 is invalid",
        "Incorrect API key provided: na***ys.",
        "auth header format should be Bearer sk-...",
        "request ID req_1332ed8a813a4caaa2f0f3c55a6a68cb, org-uVqpjtJiKqvVJMVfvpaounIh",
        "basic authentication is required; a token limit of 4096 applies; task-oriented desk-lamp",
    ],
)
def test_readable_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_redact_knows_places_and_given_secrets() -> None:
    assert redact("https://me:hunter22@h.example/") == "https://[redacted]@h.example/"
    assert redact("GET /v1?alt=sse&key=abc HTTP") == "GET /v1?alt=sse&key=[redacted] HTTP"
    assert redact('{"api_key": "plain0123456789"}') == '{"api_key": "[redacted]"}'
    assert redact("your key pass-word-x is bad", ["pass-word-x"]) == "your key [redacted] is bad"
    info = classify(401, message="key pass-word-x refused", key_name="pass-word-x", secrets=["pass-word-x"])
    assert "pass-word-x" not in info.message + info.hint


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"status": 400, "body": error(" two\n lines\x00\u202e and \t more ")}, "two lines and more"),
        (
            {"status": 400, "body": {"unknown": {"shape": 1}}, "provider": "openai"},
            "HTTP 400 (Bad Request) from OpenAI.",
        ),
        ({"status": 524}, "HTTP 524 from the provider."),
        ({"status": 500, "body": '{"error": {"message": "cut in the mid'}, "cut in the mid"),
        ({"message": 'Error 400: {"error": {"message": "inner"}}'}, "inner"),
        (
            {"body": error("Provider returned error", code=502, metadata={"raw": "upstream says why"})},
            "upstream says why",
        ),
        (
            {"status": 502, "body": "<html><head><title>502 Bad &amp; Gateway</title></head></html>"},
            "502 Bad & Gateway",
        ),
        ({"status": 422, "body": {"detail": [{"type": "extra_forbidden", "msg": "Extra inputs"}]}}, "Extra inputs"),
        ({"status": 422, "body": {"message": {"detail": [{"msg": "Extra inputs"}]}}}, "Extra inputs"),
        ({"status": 400, "body": error("\ud800 lone")}, "\ufffd lone"),
    ],
)
def test_message_is_one_clean_sentence(given: dict[str, Any], message: str) -> None:
    assert classify(**given).message == message


def test_long_message_is_cut() -> None:
    info = classify(400, body=error("word " * 10_000))
    assert (len(info.message), info.message[-1]) == (500, "…")


def test_numbers_out_of_range_are_nothing() -> None:
    info = classify(10**400, {"retry-after": 10**400}, error("No.", code=10**400, retryDelay=10**400), now=10**400)
    assert (info.kind, info.status, info.retry_after) == ("unknown", None, None)


def test_a_body_is_read_no_further_than_64_kib() -> None:
    late = " " * 70_000 + json.dumps(error("No.", code="insufficient_quota"))
    assert classify(429, body=late).kind == "rate_limit"
