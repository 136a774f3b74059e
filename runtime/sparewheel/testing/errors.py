"""What the vendors send when something goes wrong: status, headers and body as they were seen in the wild.

Functions that give a `Reply` are whole answers. Functions named `*_stream_error` give the events of an error inside a
stream that began with 200; add them to the events of a stream without an end:

    Reply(openai_chat(text=["Hel"], finish=None) + errors.openrouter_stream_error())

A browser reads `Retry-After` only where `expose` names it; most vendors do not:

    errors.openai_rate_limit(retry_after=2).replace(expose=("retry-after",))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .responses import response_failed
from .script import Reply
from .streams import Events, gemini, sse

if TYPE_CHECKING:
    from collections.abc import Mapping

_RATE_LIMITS = "https://platform.openai.com/account/rate-limits"
_GEMINI_LIMITS = "https://ai.google.dev/gemini-api/docs/rate-limits"


# OpenAI


def _openai(
    status: int, message: str, type: str, code: str | None, param: str | None = None, **headers: str | None
) -> Reply:
    error = {"message": message, "type": type, "param": param, "code": code}
    return Reply.json(status, {"error": error}, {"x-request-id": "req_test", **_present(headers)})


def _present(headers: Mapping[str, str | None]) -> dict[str, str]:
    """Headers that have a value, with the names' underscores turned into hyphens."""
    return {name.replace("_", "-"): value for name, value in headers.items() if value is not None}


def openai_rate_limit(
    retry_after: float | str | None = 1,
    retry_after_ms: int | None = None,
    *,
    limit: str = "tokens",
    model: str = "gpt-test",
) -> Reply:
    """429 `rate_limit_exceeded`. `retry_after` is seconds or an HTTP date, `retry_after_ms` OpenAI's own header."""
    waits = f"{retry_after_ms}ms" if retry_after_ms is not None else f"{retry_after or 1}s"
    short = {"tokens": "tokens per min (TPM)", "requests": "requests per min (RPM)"}[limit]
    message = (
        f"Rate limit reached for {model} in organization org-test on {short}: Limit 30000, Used 29937, Requested 385. "
        f"Please try again in {waits}. Visit {_RATE_LIMITS} to learn more."
    )
    headers = {
        "retry-after": _text(retry_after),
        "retry-after-ms": _text(retry_after_ms),
        f"x-ratelimit-remaining-{limit}": "0",
        f"x-ratelimit-reset-{limit}": waits,
    }
    return _openai(429, message, limit, "rate_limit_exceeded", **headers)


def _text(value: float | str | None) -> str | None:
    return None if value is None else str(value)


def openai_insufficient_quota() -> Reply:
    """429 `insufficient_quota`: no credit left, which waiting does not mend."""
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
    )
    return _openai(429, message, "insufficient_quota", "insufficient_quota")


def openai_server_error(status: int = 500) -> Reply:
    """500 `server_error`; with status=503 the text of an overloaded engine."""
    if status == 503:
        return _openai(503, "The engine is currently overloaded, please try again later", "server_error", None)
    message = (
        "The server had an error while processing your request. Sorry about that! You can retry your request, or "
        "contact us through our help center at help.openai.com if the error persists."
    )
    return _openai(status, message, "server_error", None)


def openai_context_length(limit: int = 128000, used: int = 130042) -> Reply:
    """400 `context_length_exceeded`."""
    message = (
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {used} tokens. "
        "Please reduce the length of the messages."
    )
    return _openai(400, message, "invalid_request_error", "context_length_exceeded", "messages")


def openai_missing_key() -> Reply:
    """401 for a request without an Authorization header."""
    message = (
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY)."
    )
    return _openai(401, message, "invalid_request_error", None)


def openai_invalid_key() -> Reply:
    """401 `invalid_api_key`; the real message quotes a masked key, and so does this one."""
    message = (
        "Incorrect API key provided: sk-te***************test. You can find your API key at "
        "https://platform.openai.com/account/api-keys."
    )
    return _openai(401, message, "invalid_request_error", "invalid_api_key")


def openai_model_not_found(model: str = "gpt-test") -> Reply:
    """404 `model_not_found`."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return _openai(404, message, "invalid_request_error", "model_not_found")


def openai_invalid_request(message: str, param: str | None = None, code: str | None = None) -> Reply:
    """400 `invalid_request_error` with any message."""
    return _openai(400, message, "invalid_request_error", code, param)


def openai_stream_error() -> Events:
    """An error object in place of a Chat Completions chunk."""
    message = "The server had an error while processing your request. Sorry about that!"
    return (sse({"error": {"message": message, "type": "server_error", "param": None, "code": None}}),)


def openai_responses_stream_error(code: str = "server_error", message: str | None = None) -> Events:
    """`response.failed`, the terminal event of a Responses stream that broke; code may be `rate_limit_exceeded` too."""
    text = message or "The model failed to generate a response. You can retry your request."
    return (response_failed(code, text),)


# Anthropic


def _anthropic(status: int, kind: str, message: str, **headers: str | None) -> Reply:
    value = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_test"}
    return Reply.json(status, value, {"request-id": "req_test", **_present(headers)})


def anthropic_overloaded() -> Reply:
    """529 `overloaded_error`."""
    return _anthropic(529, "overloaded_error", "Overloaded", x_should_retry="true")


def anthropic_rate_limit(retry_after: float | str | None = 1) -> Reply:
    """429 `rate_limit_error` with `retry-after` (seconds) and the remaining-tokens headers."""
    message = (
        "This request would exceed the rate limit for your organization (org-test) of 40,000 input tokens per minute. "
        "For details, refer to: https://docs.anthropic.com/en/api/rate-limits. You can see the response headers for "
        "current usage. Please reduce the prompt length or the maximum tokens requested, or try again later."
    )
    return _anthropic(
        429,
        "rate_limit_error",
        message,
        retry_after=_text(retry_after),
        anthropic_ratelimit_input_tokens_limit="40000",
        anthropic_ratelimit_input_tokens_remaining="0",
        x_should_retry="true",
    )


def anthropic_authentication(message: str = "invalid x-api-key") -> Reply:
    """401 `authentication_error`."""
    return _anthropic(401, "authentication_error", message, x_should_retry="false")


def anthropic_prompt_too_long(used: int = 200_251, limit: int = 200_000) -> Reply:
    """400 `invalid_request_error` for a prompt beyond the context window."""
    return anthropic_invalid_request(f"prompt is too long: {used} tokens > {limit} maximum")


def anthropic_low_credit() -> Reply:
    """400 `invalid_request_error`: Anthropic's way of saying that the balance is used up."""
    message = (
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
        "purchase credits."
    )
    return anthropic_invalid_request(message)


def anthropic_server_error() -> Reply:
    """500 `api_error`."""
    return _anthropic(500, "api_error", "Internal server error", x_should_retry="true")


def anthropic_model_not_found(model: str = "claude-test") -> Reply:
    """404 `not_found_error`."""
    return _anthropic(404, "not_found_error", f"model: {model}")


def anthropic_invalid_request(message: str) -> Reply:
    """400 `invalid_request_error` with any message."""
    return _anthropic(400, "invalid_request_error", message, x_should_retry="false")


def anthropic_stream_error(kind: str = "overloaded_error") -> Events:
    """An `error` event in a stream: `overloaded_error`, `api_error`, `rate_limit_error`, …"""
    message = {"overloaded_error": "Overloaded", "api_error": "Internal server error"}.get(kind, kind)
    return (sse({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_test"}, "error"),)


# Google Gemini


def _gemini(status: int, name: str, message: str, details: list[dict[str, Any]] | None = None) -> Reply:
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    return Reply.json(status, {"error": error | ({"details": details} if details else {})})


def _detail(kind: str, **fields: object) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def gemini_rate_limit(retry_delay: float | None = 36.4, *, per_day: bool = False, model: str = "gemini-test") -> Reply:
    """429 RESOURCE_EXHAUSTED. Google gives the wait only in the body: a RetryInfo and the message, never a header.

    Its text speaks of quota and billing even for a limit per minute; only the quota id tells (`per_day`).
    """
    metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
    span = "Day" if per_day else "Minute"
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        f"error, head to: {_GEMINI_LIMITS}. \n* Quota exceeded for metric: {metric}, limit: 20, model: {model}"
    )
    violation = {
        "quotaMetric": metric,
        "quotaId": f"GenerateRequestsPer{span}PerProjectPerModel-FreeTier",
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": "20",
    }
    details = [
        _detail("Help", links=[{"description": "Learn more about Gemini API quotas", "url": _GEMINI_LIMITS}]),
        _detail("QuotaFailure", violations=[violation]),
    ]
    if retry_delay is not None:
        message += f"\nPlease retry in {retry_delay}s."
        details.append(_detail("RetryInfo", retryDelay=f"{retry_delay:g}s"))
    return _gemini(429, "RESOURCE_EXHAUSTED", message, details)


def gemini_invalid_key() -> Reply:
    """400 INVALID_ARGUMENT with reason API_KEY_INVALID: a wrong key is not a 401 at Google."""
    message = "API key not valid. Please pass a valid API key."
    metadata = {"service": "generativelanguage.googleapis.com"}
    details = [
        _detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com", metadata=metadata),
        _detail("LocalizedMessage", locale="en-US", message=message),
    ]
    return _gemini(400, "INVALID_ARGUMENT", message, details)


def gemini_missing_key() -> Reply:
    """403 PERMISSION_DENIED for a request without a key."""
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
        "form of API consumer identity to call this API."
    )
    return _gemini(403, "PERMISSION_DENIED", message)


def gemini_overloaded() -> Reply:
    """503 UNAVAILABLE."""
    return _gemini(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")


def gemini_server_error() -> Reply:
    """500 INTERNAL."""
    message = "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"
    return _gemini(500, "INTERNAL", message)


def gemini_model_not_found(model: str = "gemini-test") -> Reply:
    """404 NOT_FOUND."""
    message = (
        f"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels "
        "to see the list of available models and their supported methods."
    )
    return _gemini(404, "NOT_FOUND", message)


def gemini_context_length(used: int = 1_050_001, limit: int = 1_048_576) -> Reply:
    """400 INVALID_ARGUMENT for a prompt beyond the context window."""
    message = f"The input token count ({used}) exceeds the maximum number of tokens allowed ({limit})."
    return _gemini(400, "INVALID_ARGUMENT", message)


def gemini_invalid_request(message: str) -> Reply:
    """400 INVALID_ARGUMENT with any message."""
    return _gemini(400, "INVALID_ARGUMENT", message)


def gemini_prompt_blocked(reason: str = "SAFETY", *, model: str = "gemini-test") -> Reply:
    """200 with a single chunk that has no candidates: the prompt itself was blocked."""
    ratings = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH"}]
    chunk = {
        "promptFeedback": {"blockReason": reason, "safetyRatings": ratings},
        "usageMetadata": {"promptTokenCount": 10, "totalTokenCount": 10},
        "modelVersion": model,
        "responseId": "resp-test",
    }
    return Reply((sse(chunk, newline="\r\n"),))


def gemini_safety_stop(text: str = "", *, model: str = "gemini-test") -> Reply:
    """200, some text, then finishReason SAFETY: the answer was blocked on the way."""
    return Reply(gemini(text=text, finish="SAFETY", model=model))


def gemini_stream_error(status: int = 503, name: str = "UNAVAILABLE") -> Events:
    """An error object in place of a chunk."""
    error = {"code": status, "message": "The model is overloaded. Please try again later.", "status": name}
    return (sse({"error": error}, newline="\r\n"),)


# OpenRouter


def _openrouter(code: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    error = {"message": message, "code": code, "metadata": {"provider_name": None}}
    return Reply.json(code, {"error": error, "user_id": "user_test"}, headers)


def openrouter_insufficient_credits(wanted: int = 65536, affordable: int = 3395) -> Reply:
    """402: the balance does not cover the tokens asked for."""
    message = (
        f"This request requires more credits, or fewer max_tokens. You requested up to {wanted} tokens, but can only "
        f"afford {affordable}. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account"
    )
    return _openrouter(402, message)


def openrouter_rate_limit(retry_after: float | str | None = None) -> Reply:
    """429 of a provider behind OpenRouter."""
    message = "Provider returned error"
    return _openrouter(429, message, _present({"retry-after": _text(retry_after)}))


def openrouter_stream_error(
    code: int | str = "server_error", message: str = "Provider disconnected unexpectedly", *, model: str = "gpt-test"
) -> Events:
    """A last chunk with a top-level `error` and the finish reason "error"."""
    chunk = {
        "id": "gen-test",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": model,
        "provider": "OpenAI",
        "error": {"code": code, "message": message},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "native_finish_reason": "error"}],
    }
    return (sse(chunk),)
