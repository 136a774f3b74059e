"""Replies to failed requests as the vendors send them: status, headers and body as observed.

Functions that return a `Reply` make a whole answer; `anthropic_error`, `gemini_error`, `openai_error` and
`openrouter_error` make any error of that vendor. Functions named `*_stream_error` return the events of an error
inside a stream that began with status 200; append them to the events of a stream without an end:

    Reply(openai_chat(text=["Hel"], finish=None) + errors.openrouter_stream_error())

A page can read `Retry-After` only if `expose` names it; most vendors do not expose it:

    errors.openai_rate_limit(retry_after=2).replace(expose=("retry-after",))
"""

from __future__ import annotations

from .anthropic import (
    anthropic_authentication,
    anthropic_error,
    anthropic_invalid_request,
    anthropic_low_credit,
    anthropic_model_not_found,
    anthropic_overloaded,
    anthropic_prompt_too_long,
    anthropic_rate_limit,
    anthropic_server_error,
    anthropic_stream_error,
)
from .gemini import (
    gemini_context_length,
    gemini_error,
    gemini_invalid_key,
    gemini_invalid_request,
    gemini_missing_key,
    gemini_model_not_found,
    gemini_overloaded,
    gemini_prompt_blocked,
    gemini_rate_limit,
    gemini_safety_stop,
    gemini_server_error,
    gemini_stream_error,
)
from .openai import (
    openai_context_length,
    openai_error,
    openai_insufficient_quota,
    openai_invalid_key,
    openai_invalid_request,
    openai_missing_key,
    openai_model_not_found,
    openai_rate_limit,
    openai_response_not_found,
    openai_responses_stream_error,
    openai_server_error,
    openai_stream_error,
)
from .openrouter import (
    openrouter_error,
    openrouter_insufficient_credits,
    openrouter_rate_limit,
    openrouter_stream_error,
)

__all__ = [
    "anthropic_authentication",
    "anthropic_error",
    "anthropic_invalid_request",
    "anthropic_low_credit",
    "anthropic_model_not_found",
    "anthropic_overloaded",
    "anthropic_prompt_too_long",
    "anthropic_rate_limit",
    "anthropic_server_error",
    "anthropic_stream_error",
    "gemini_context_length",
    "gemini_error",
    "gemini_invalid_key",
    "gemini_invalid_request",
    "gemini_missing_key",
    "gemini_model_not_found",
    "gemini_overloaded",
    "gemini_prompt_blocked",
    "gemini_rate_limit",
    "gemini_safety_stop",
    "gemini_server_error",
    "gemini_stream_error",
    "openai_context_length",
    "openai_error",
    "openai_insufficient_quota",
    "openai_invalid_key",
    "openai_invalid_request",
    "openai_missing_key",
    "openai_model_not_found",
    "openai_rate_limit",
    "openai_response_not_found",
    "openai_responses_stream_error",
    "openai_server_error",
    "openai_stream_error",
    "openrouter_error",
    "openrouter_insufficient_credits",
    "openrouter_rate_limit",
    "openrouter_stream_error",
]
