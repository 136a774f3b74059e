"""Recognises the error objects of vendors and gateways where an answer is expected, as in a response with status 200.

Shapes: OpenAI, Anthropic and Google `error`; OpenRouter `error` beside `choices`; MiniMax `base_resp`; FastAPI
`detail`; DashScope `code` and `message`; Baidu `error_code` and `error_msg`; Cloudflare `success: false`; Apigee
`fault`; AWS and Cohere `message`; RFC 9457 `title` and `status`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from .body import http_status

# Fields of answers. An object that has one of them is no error, unless it also has `error` and no type.
_CONTENT: Final = (
    "choices", "candidates", "delta", "content_block", "item", "part", "response", "output", "content", "value",
)  # fmt: skip
_ERROR_KEYS: Final = (
    "detail", "errors", "error_code", "errorCode", "error_msg", "error_message", "errorMessage", "err_msg", "fault",
    "exception",
)  # fmt: skip
_MESSAGE_KEYS: Final = ("message", "msg", "title")
_STATUS_KEYS: Final = ("status", "status_code", "statusCode")
_GRPC: Final = re.compile(r"[A-Z][A-Z_]{4,40}")
_FINE: Final = (None, "", 0, False, "0", 200, "200", "ok", "OK", "success", "Success", "SUCCESS")


def is_error(value: dict[str, Any], name: str = "", *, alone: bool = False) -> bool:
    """Whether a JSON object is an error.

    Args:
        value: the object.
        name: the name of the event that has it.
        alone: it is the whole body; then `message` alone is an error, too.
    """
    if not value.get("error") and (value.get("choices") or value.get("delta") or value.get("candidates")):
        return False  # nearly every event of a stream
    kind = value.get("type")
    has_content = any(value.get(key) for key in _CONTENT)
    if value.get("error") and _says_something(value["error"]):
        return not (has_content and isinstance(kind, str) and kind != "error")
    if has_content:
        return False
    if name == "error" or "error" in (kind, value.get("object")):
        return True
    typed = isinstance(kind, str) and bool(kind) and not kind.startswith(("about:", "http"))
    if isinstance(kind, str) and kind.lower().endswith(("error", "exception")):
        return True
    has_message = any(isinstance(value.get(key), str) and value[key] for key in _MESSAGE_KEYS)
    if has_message and (alone or _has_bad_status(value)):
        return True
    return not typed and _is_rare_error(value)


def _has_bad_status(value: dict[str, Any]) -> bool:
    code, status = value.get("code"), value.get("status")
    if isinstance(code, (str, int)) and code not in _FINE:
        return True
    if isinstance(status, str) and _GRPC.fullmatch(status):
        return True
    return any((http_status(value.get(key)) or 0) >= 400 for key in _STATUS_KEYS)


def _is_rare_error(value: dict[str, Any]) -> bool:
    minimax = value.get("base_resp")
    if isinstance(minimax, dict) and minimax.get("status_code") not in _FINE:
        return True
    if value.get("object") == "response":
        return False  # a failed one, which its format reads
    if any(value.get(key) for key in _ERROR_KEYS) or value.get("success") is False:
        return True
    return value.get("status") in ("error", "fail", "failed", "failure")


def _says_something(error: object) -> bool:
    """Whether a non-empty `error` has content: some servers send one with empty fields in every event."""
    if isinstance(error, dict):
        return any(value not in _FINE and value not in ([], {}) for value in error.values())
    return error not in _FINE
