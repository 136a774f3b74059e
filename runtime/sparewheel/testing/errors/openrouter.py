"""OpenRouter: Chat Completions of other providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..script import Reply
from ..streams import Events, sse
from .base import optional, present

if TYPE_CHECKING:
    from collections.abc import Mapping


def openrouter_error(code: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Any error: `code`, which is also the status, and the `message`."""
    error = {"message": message, "code": code, "metadata": {"provider_name": None}}
    return Reply.json(code, {"error": error, "user_id": "user_test"}, headers)


def openrouter_insufficient_credits(wanted: int = 65536, affordable: int = 3395) -> Reply:
    """402: the balance does not cover the tokens asked for."""
    message = (
        f"This request requires more credits, or fewer max_tokens. You requested up to {wanted} tokens, but can only "
        f"afford {affordable}. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account"
    )
    return openrouter_error(402, message)


def openrouter_rate_limit(retry_after: float | str | None = None) -> Reply:
    """429 of a provider behind OpenRouter."""
    message = "Provider returned error"
    return openrouter_error(429, message, present({"retry-after": optional(retry_after)}))


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
