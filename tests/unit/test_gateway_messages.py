"""Errors that gateways quote in their own messages, and the waits that their headers name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparewheel.classify import classify

RATE = "Rate limit reached for gpt-4o in organization org-1"


def quoted(message: str) -> str:
    return json.dumps({"error": {"message": message, "type": "rate_limit_error"}})


@pytest.mark.parametrize(
    "message",
    [
        f"litellm.RateLimitError: AnthropicException - {quoted(RATE)}",
        f"litellm.RateLimitError: RateLimitError: OpenAIException - {RATE}. Received Model Group=g\nLiteLLM Retried",
        f"gateway.InternalServerError: AnthropicError - b'{quoted(RATE)}'\n\nNo fallback was attempted.",
        f"litellm.BadRequestError: OpenAIException - Error code: 429 - {{'error': {{'message': '{RATE}'}}}}",
        f"Upstream: {quoted(RATE)}".replace('"', '\\"'),
        f"VertexAIException - b'{quoted(RATE)}\\n'",
        f"Bad gateway: {quoted('litellm.RateLimitError: ' + quoted(RATE))}",
        quoted(quoted(quoted(RATE))),
        RATE,
    ],
)
def test_the_sentence_is_that_of_the_quoted_error(message: str) -> None:
    info = classify(429, body={"error": {"message": message}})
    assert (info.kind, info.message) == ("rate_limit", RATE)


def test_a_message_that_is_only_a_wrapper_stays() -> None:
    assert classify(500, body={"error": {"message": 'Upstream failed: {"a": 1}'}}).message == "Upstream failed"
    assert classify(message="TypeError: Failed to fetch").message == "TypeError: Failed to fetch"


NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
USED_UP = {"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:50Z"}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (USED_UP, 30),
        (USED_UP | {"anthropic-ratelimit-tokens-remaining": "9"}, None),
        (USED_UP | {"anthropic-ratelimit-requests-reset": "2023-11-14T23:13:50Z"}, 30),
        (USED_UP | {"anthropic-ratelimit-tokens-reset": "2023-11-14T23:13:50+01:00"}, 30),
        (USED_UP | {"anthropic-ratelimit-tokens-reset": "2023-11-14T22:00:00Z"}, 0),
        (USED_UP | {"anthropic-ratelimit-tokens-reset": "soon"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1m2.5s",
                "x-ratelimit-reset-tokens": "6m",
            },
            62.5,
        ),
        ({"x-ratelimit-reset": "1700000030"}, 30),
        ({"x-rate-limit-reset": "1700000030000"}, 30),
        ({"ratelimit": '"burst";r=7;t=9, "day";r=0;t=50'}, 50),
        ({"ratelimit": "limit=10, remaining=0, reset=51"}, 51),
        (USED_UP | {"retry-after": "5"}, 5),
    ],
)
def test_resets_of_used_up_limits_are_waits(headers: dict[str, Any], wait: float | None) -> None:
    assert classify(429, headers=headers, now=NOW).retry_after == wait
    assert classify(401, headers=headers, now=NOW).retry_after is None
