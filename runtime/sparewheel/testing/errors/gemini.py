"""Google Gemini `streamGenerateContent`."""

from __future__ import annotations

from typing import Any

from ..script import Reply
from ..streams import Events, gemini, sse

_GEMINI_LIMITS = "https://ai.google.dev/gemini-api/docs/rate-limits"


def gemini_error(status: int, name: str, message: str, details: list[dict[str, Any]] | None = None) -> Reply:
    """Any error: the HTTP `status`, its `name` (`UNAVAILABLE`), the `message`, and `details` such as a `RetryInfo`."""
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    return Reply.json(status, {"error": error | ({"details": details} if details else {})})


def _detail(kind: str, **fields: object) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def gemini_rate_limit(retry_delay: float | None = 36.4, *, per_day: bool = False, model: str = "gemini-test") -> Reply:
    """429 RESOURCE_EXHAUSTED. Google sends the delay only in the body (RetryInfo and message), never in a header.

    The message mentions quota and billing even for a limit per minute; only the quota id differs (`per_day`).
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
    return gemini_error(429, "RESOURCE_EXHAUSTED", message, details)


def gemini_invalid_key() -> Reply:
    """400 INVALID_ARGUMENT with reason API_KEY_INVALID: Google's answer to a wrong key is not a 401."""
    message = "API key not valid. Please pass a valid API key."
    metadata = {"service": "generativelanguage.googleapis.com"}
    details = [
        _detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com", metadata=metadata),
        _detail("LocalizedMessage", locale="en-US", message=message),
    ]
    return gemini_error(400, "INVALID_ARGUMENT", message, details)


def gemini_missing_key() -> Reply:
    """403 PERMISSION_DENIED for a request without a key."""
    message = (
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
        "form of API consumer identity to call this API."
    )
    return gemini_error(403, "PERMISSION_DENIED", message)


def gemini_overloaded() -> Reply:
    """503 UNAVAILABLE."""
    return gemini_error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")


def gemini_server_error() -> Reply:
    """500 INTERNAL."""
    message = "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"
    return gemini_error(500, "INTERNAL", message)


def gemini_model_not_found(model: str = "gemini-test") -> Reply:
    """404 NOT_FOUND."""
    message = (
        f"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels "
        "to see the list of available models and their supported methods."
    )
    return gemini_error(404, "NOT_FOUND", message)


def gemini_context_length(used: int = 1_050_001, limit: int = 1_048_576) -> Reply:
    """400 INVALID_ARGUMENT for a prompt beyond the context window."""
    message = f"The input token count ({used}) exceeds the maximum number of tokens allowed ({limit})."
    return gemini_error(400, "INVALID_ARGUMENT", message)


def gemini_invalid_request(message: str) -> Reply:
    """400 INVALID_ARGUMENT with any message."""
    return gemini_error(400, "INVALID_ARGUMENT", message)


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
    """200, some text, then finishReason SAFETY: the answer was blocked while it was streamed."""
    return Reply(gemini(text=text, finish="SAFETY", model=model))


def gemini_stream_error(status: int = 503, name: str = "UNAVAILABLE") -> Events:
    """An error object in place of a chunk."""
    error = {"code": status, "message": "The model is overloaded. Please try again later.", "status": name}
    return (sse({"error": error}, newline="\r\n"),)
