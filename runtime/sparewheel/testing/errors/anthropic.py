"""Anthropic Messages."""

from __future__ import annotations

from ..script import Reply
from ..streams import Events, sse
from .base import optional, present


def anthropic_error(status: int, type: str, message: str, **headers: str | None) -> Reply:
    """Any error: `status`, the `type` of the error object, its `message`, and headers with `_` for `-`."""
    value = {"type": "error", "error": {"type": type, "message": message}, "request_id": "req_test"}
    return Reply.json(status, value, {"request-id": "req_test", **present(headers)})


def anthropic_overloaded() -> Reply:
    """529 `overloaded_error`."""
    return anthropic_error(529, "overloaded_error", "Overloaded", x_should_retry="true")


def anthropic_rate_limit(retry_after: float | str | None = 1) -> Reply:
    """429 `rate_limit_error` with `retry-after` (seconds) and the remaining-tokens headers."""
    message = (
        "This request would exceed the rate limit for your organization (org-test) of 40,000 input tokens per minute. "
        "For details, refer to: https://docs.anthropic.com/en/api/rate-limits. You can see the response headers for "
        "current usage. Please reduce the prompt length or the maximum tokens requested, or try again later."
    )
    return anthropic_error(
        429,
        "rate_limit_error",
        message,
        retry_after=optional(retry_after),
        anthropic_ratelimit_input_tokens_limit="40000",
        anthropic_ratelimit_input_tokens_remaining="0",
        x_should_retry="true",
    )


def anthropic_authentication(message: str = "invalid x-api-key") -> Reply:
    """401 `authentication_error`."""
    return anthropic_error(401, "authentication_error", message, x_should_retry="false")


def anthropic_prompt_too_long(used: int = 200_251, limit: int = 200_000) -> Reply:
    """400 `invalid_request_error` for a prompt beyond the context window."""
    return anthropic_invalid_request(f"prompt is too long: {used} tokens > {limit} maximum")


def anthropic_low_credit() -> Reply:
    """400 `invalid_request_error`: what Anthropic sends when the balance is used up."""
    message = (
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
        "purchase credits."
    )
    return anthropic_invalid_request(message)


def anthropic_server_error() -> Reply:
    """500 `api_error`."""
    return anthropic_error(500, "api_error", "Internal server error", x_should_retry="true")


def anthropic_model_not_found(model: str = "claude-test") -> Reply:
    """404 `not_found_error`."""
    return anthropic_error(404, "not_found_error", f"model: {model}")


def anthropic_invalid_request(message: str) -> Reply:
    """400 `invalid_request_error` with any message."""
    return anthropic_error(400, "invalid_request_error", message, x_should_retry="false")


def anthropic_stream_error(kind: str = "overloaded_error") -> Events:
    """An `error` event in a stream: `overloaded_error`, `api_error`, `rate_limit_error`, …"""
    message = {"overloaded_error": "Overloaded", "api_error": "Internal server error"}.get(kind, kind)
    return (sse({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_test"}, "error"),)
