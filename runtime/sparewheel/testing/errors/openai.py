"""OpenAI: Chat Completions and Responses."""

from __future__ import annotations

from ..responses import response_failed
from ..script import Reply
from ..streams import Events, sse
from .base import optional, present

_RATE_LIMITS = "https://platform.openai.com/account/rate-limits"


def openai_error(
    status: int, type: str, message: str, code: str | None = None, param: str | None = None, **headers: str | None
) -> Reply:
    """Any error: `status`, the fields of the error object, and headers with `_` for `-`."""
    error = {"message": message, "type": type, "param": param, "code": code}
    return Reply.json(status, {"error": error}, {"x-request-id": "req_test", **present(headers)})


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
        "retry-after": optional(retry_after),
        "retry-after-ms": optional(retry_after_ms),
        f"x-ratelimit-remaining-{limit}": "0",
        f"x-ratelimit-reset-{limit}": waits,
    }
    return openai_error(429, limit, message, "rate_limit_exceeded", **headers)


def openai_insufficient_quota() -> Reply:
    """429 `insufficient_quota`: no credit left; waiting does not help."""
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
    )
    return openai_error(429, "insufficient_quota", message, "insufficient_quota")


def openai_server_error(status: int = 500) -> Reply:
    """500 `server_error`; with status=503 the text of an overloaded engine."""
    if status == 503:
        return openai_error(503, "server_error", "The engine is currently overloaded, please try again later")
    message = (
        "The server had an error while processing your request. Sorry about that! You can retry your request, or "
        "contact us through our help center at help.openai.com if the error persists."
    )
    return openai_error(status, "server_error", message)


def openai_context_length(limit: int = 128000, used: int = 130042) -> Reply:
    """400 `context_length_exceeded`."""
    message = (
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {used} tokens. "
        "Please reduce the length of the messages."
    )
    return openai_error(400, "invalid_request_error", message, "context_length_exceeded", "messages")


def openai_missing_key() -> Reply:
    """401 for a request without an Authorization header."""
    message = (
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY)."
    )
    return openai_error(401, "invalid_request_error", message)


def openai_invalid_key() -> Reply:
    """401 `invalid_api_key`, with a masked key in the message as in the real one."""
    message = (
        "Incorrect API key provided: sk-te***************test. You can find your API key at "
        "https://platform.openai.com/account/api-keys."
    )
    return openai_error(401, "invalid_request_error", message, "invalid_api_key")


def openai_model_not_found(model: str = "gpt-test") -> Reply:
    """404 `model_not_found`."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return openai_error(404, "invalid_request_error", message, "model_not_found")


def openai_invalid_request(message: str, param: str | None = None, code: str | None = None) -> Reply:
    """400 `invalid_request_error` with any message."""
    return openai_error(400, "invalid_request_error", message, code, param)


def openai_response_not_found(response_id: str = "resp_test") -> Reply:
    """404 for a stored response that is not kept, or not any more."""
    return openai_error(404, "invalid_request_error", f"Response with id '{response_id}' not found.")


def openai_stream_error() -> Events:
    """An error object in place of a Chat Completions chunk."""
    message = "The server had an error while processing your request. Sorry about that!"
    return (sse({"error": {"message": message, "type": "server_error", "param": None, "code": None}}),)


def openai_responses_stream_error(code: str = "server_error", message: str | None = None) -> Events:
    """`response.failed`, the terminal event of a failed Responses stream. `code` may be `rate_limit_exceeded` too."""
    text = message or "The model failed to generate a response. You can retry your request."
    return (response_failed(code, text),)
