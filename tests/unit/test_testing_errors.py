"""Each error builder: status, the fields a classifier reads, and the headers that matter."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from sparewheel.testing import Reply, errors

OPENAI = [
    (errors.openai_rate_limit(), 429, "tokens", "rate_limit_exceeded"),
    (errors.openai_rate_limit(limit="requests"), 429, "requests", "rate_limit_exceeded"),
    (errors.openai_insufficient_quota(), 429, "insufficient_quota", "insufficient_quota"),
    (errors.openai_server_error(), 500, "server_error", None),
    (errors.openai_server_error(503), 503, "server_error", None),
    (errors.openai_context_length(), 400, "invalid_request_error", "context_length_exceeded"),
    (errors.openai_invalid_key(), 401, "invalid_request_error", "invalid_api_key"),
    (errors.openai_missing_key(), 401, "invalid_request_error", None),
    (errors.openai_model_not_found("gpt-9"), 404, "invalid_request_error", "model_not_found"),
]
ANTHROPIC = [
    (errors.anthropic_overloaded(), 529, "overloaded_error", "Overloaded"),
    (errors.anthropic_rate_limit(), 429, "rate_limit_error", "rate limit"),
    (errors.anthropic_authentication(), 401, "authentication_error", "invalid x-api-key"),
    (errors.anthropic_prompt_too_long(), 400, "invalid_request_error", "prompt is too long: 200251 tokens"),
    (errors.anthropic_low_credit(), 400, "invalid_request_error", "credit balance is too low"),
    (errors.anthropic_server_error(), 500, "api_error", "Internal server error"),
    (errors.anthropic_model_not_found("claude-9"), 404, "not_found_error", "claude-9"),
]
GEMINI = [
    (errors.gemini_rate_limit(), 429, "RESOURCE_EXHAUSTED"),
    (errors.gemini_invalid_key(), 400, "INVALID_ARGUMENT"),
    (errors.gemini_missing_key(), 403, "PERMISSION_DENIED"),
    (errors.gemini_overloaded(), 503, "UNAVAILABLE"),
    (errors.gemini_server_error(), 500, "INTERNAL"),
    (errors.gemini_model_not_found(), 404, "NOT_FOUND"),
    (errors.gemini_context_length(), 400, "INVALID_ARGUMENT"),
]


GENERAL = {
    "anthropic_error": errors.anthropic_error(418, "a_type", "Words", retry_after="7"),
    "gemini_error": errors.gemini_error(418, "A_NAME", "Words"),
    "openai_error": errors.openai_error(418, "a_type", "Words", "a_code", retry_after="7"),
    "openrouter_error": errors.openrouter_error(418, "Words"),
}


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


@pytest.mark.parametrize(("reply", "status", "kind", "code"), OPENAI)
def test_openai(reply: Reply, status: int, kind: str, code: str | None) -> None:
    error = body(reply)["error"]
    assert (reply.status, error["type"], error["code"]) == (status, kind, code)
    assert error.keys() == {"message", "type", "param", "code"}
    assert (reply.content_type, reply.framing) == ("application/json", "length")


@pytest.mark.parametrize(("reply", "status", "kind", "words"), ANTHROPIC)
def test_anthropic(reply: Reply, status: int, kind: str, words: str) -> None:
    value = body(reply)
    assert (reply.status, value["type"], value["error"]["type"]) == (status, "error", kind)
    assert words in value["error"]["message"]
    assert value["request_id"] == reply.headers["request-id"]


@pytest.mark.parametrize(("reply", "status", "name"), GEMINI)
def test_gemini(reply: Reply, status: int, name: str) -> None:
    error = body(reply)["error"]
    assert (reply.status, error["code"], error["status"]) == (status, status, name)


def test_retry_after_in_every_form() -> None:
    date = "Fri, 20 Nov 2026 13:00:00 GMT"
    assert errors.openai_rate_limit(2).headers["retry-after"] == "2"
    assert errors.openai_rate_limit(date).headers["retry-after"] == date
    both = errors.openai_rate_limit(1, retry_after_ms=644)
    assert (both.headers["retry-after-ms"], "644ms" in body(both)["error"]["message"]) == ("644", True)
    assert "retry-after" not in errors.openai_rate_limit(None).headers
    assert errors.anthropic_rate_limit(7).headers["retry-after"] == "7"
    assert errors.openrouter_rate_limit(3).headers["retry-after"] == "3"
    assert not errors.openrouter_rate_limit().headers


def details(reply: Reply) -> dict[str, Any]:
    return {each["@type"].rsplit(".", 1)[1]: each for each in body(reply)["error"]["details"]}


def test_gemini_gives_the_wait_in_the_body_only() -> None:
    reply = errors.gemini_rate_limit(12.5)
    assert details(reply)["RetryInfo"]["retryDelay"] == "12.5s"
    assert "Please retry in 12.5s." in body(reply)["error"]["message"]
    assert not reply.headers
    assert "RetryInfo" not in details(errors.gemini_rate_limit(None))


@pytest.mark.parametrize(("per_day", "span"), [(False, "PerMinute"), (True, "PerDay")])
def test_gemini_tells_a_daily_limit_by_the_quota_id(per_day: bool, span: str) -> None:
    (violation,) = details(errors.gemini_rate_limit(per_day=per_day))["QuotaFailure"]["violations"]
    assert span in violation["quotaId"]


def test_gemini_invalid_key_has_the_reason() -> None:
    assert details(errors.gemini_invalid_key())["ErrorInfo"]["reason"] == "API_KEY_INVALID"


def test_gemini_safety_comes_with_status_200() -> None:
    blocked = errors.gemini_prompt_blocked()
    assert blocked.status == 200
    chunk = json.loads(blocked.body.decode().removeprefix("data: "))
    assert (chunk["promptFeedback"]["blockReason"], "candidates" in chunk) == ("SAFETY", False)
    assert b'"finishReason":"SAFETY"' in errors.gemini_safety_stop("half an ans").body


@pytest.mark.parametrize("name", GENERAL)
def test_a_general_builder_makes_any_error(name: str) -> None:
    reply = GENERAL[name]
    assert (reply.status, body(reply)["error"]["message"]) == (418, "Words")
    if name in ("anthropic_error", "openai_error"):
        assert (body(reply)["error"]["type"], reply.headers["retry-after"]) == ("a_type", "7")


def test_openrouter_402() -> None:
    reply = errors.openrouter_insufficient_credits(65536, 3395)
    error = body(reply)["error"]
    assert (reply.status, error["code"]) == (402, 402)
    assert "can only afford 3395" in error["message"]


def test_every_builder_can_be_called_without_arguments_but_a_message() -> None:
    made = [
        (name, function("wrong") if "message" == next(iter(inspect.signature(function).parameters), "") else function())
        for name, function in ((name, getattr(errors, name)) for name in errors.__all__ if name not in GENERAL)
    ]
    assert len(made) >= 30
    for name, value in made:
        assert isinstance(value, tuple) == name.endswith("_stream_error"), name
