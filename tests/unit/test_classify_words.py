"""Words that say what failed, where no status and no code do, or where a gateway's status says something else."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.classify import classify

# What a failure is called where no status and no code say it, by kind. Each is tried as the message of an exception, as
# the message of an error object, and as a bare field of a document.
SENTENCES = {
    "quota": ["insufficient_quota", "Monthly usage limit exceeded", "Your quota has been exceeded", "Payment required"],
    "auth": ["Unauthorized", "authentication_error", "Token expired", "Invalid credentials", "401: Unauthorized"],
    "permission": ["Forbidden", "Access denied", "permission_denied", "You do not have permission to use this model"],
    "context_overflow": [
        *("context_length_exceeded", "too many tokens in prompt", "The prompt is too large", "Payload too large"),
        *("The input length exceeds the context length", "request_too_large"),
    ],
    "model_not_found": ["DeploymentNotFound", "not_found_error", "Invalid model", "Model x-1 is not supported"],
    "content_filter": ["content_policy_violation", "ResponsibleAIPolicyViolation", "content policy violation"],
    "rate_limit": ["RESOURCE_EXHAUSTED", "rate_limit_exceeded", "Too many requests", "You are being rate limited"],
    "overloaded": ["UNAVAILABLE", "Service Unavailable", "no capacity available", "overloaded_error"],
    "server_error": [
        *("DEADLINE_EXCEEDED", "context deadline exceeded", "Bad gateway", "Internal server error"),
        *("invalid character '<' looking for beginning of value", "Unterminated string in JSON at position 12"),
    ],
    "unsupported": ["tool use is not supported", "'temperature' is not supported", "image is unsupported"],
    "stream_truncated": ["EOF", "read: unexpected EOF", "stream closed unexpectedly"],
    "network": ["closed connection", "use of closed connection", "connection closed by the remote host"],
    "unknown": ["Oops", "Something is odd", "the model answered with 42 tokens", "A quota of quotes"],
}


@pytest.mark.parametrize(("kind", "said"), [(kind, said) for kind, all_ in SENTENCES.items() for said in all_])
def test_words_are_known_wherever_they_stand(kind: str, said: str) -> None:
    shapes: list[dict[str, Any]] = [
        {"message": said},
        {"body": {"error": {"message": said}}},
        {"body": {"detail": said}},
    ]
    assert [classify(**shape).kind for shape in shapes] == [kind] * 3


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("insufficient_quota", "quota"),
        ("rate limit exceeded, retry later", "rate_limit"),
        ("Internal server error", "server_error"),
        ("upstream connect error or disconnect/reset before headers", "server_error"),
        ("The model is overloaded", "overloaded"),
        ("Forbidden", "permission"),
        ("temperature must be a number", "invalid_request"),
    ],
)
def test_a_gateways_400_does_not_hide_what_failed_behind_it(said: str, kind: str) -> None:
    body = {"error": {"message": said, "type": "invalid_request_error"}}
    assert classify(status=400, body=body).kind == kind
