"""Parses error responses of any shape into facts. Never raises.

Shapes: OpenAI `{"error": {...}}` (also inside a 200 stream), Anthropic `{"type": "error", "error": {...}}`,
Responses `response.failed` and `error` events, Gemini `{"error": {..., "details": [...]}}` and lists of it, OpenRouter
`error.metadata.raw`, FastAPI `detail`, Ollama `{"error": "text"}`, an error quoted inside another error's message,
truncated JSON, HTML pages and plain text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any, Final

from ..jsontext import read_first
from .retry_after import number

MAX_BODY: Final = 64 * 1024
_MAX_TEXT: Final = 8 * 1024
_MAX_DEPTH: Final = 8
_MAX_NODES: Final = 200

_MESSAGE_KEYS: Final = (
    "message", "msg", "error_description", "raw", "detail", "error", "title", "error_msg", "error_message",
    "errorMessage", "err_msg", "status_msg", "faultstring", "exception",
)  # fmt: skip
_CODE_KEYS: Final = (
    "code", "error_code", "type", "error_type", "reason", "status", "limit_source", "blockReason", "status_code",
    "statusCode",
)  # fmt: skip
_NESTED_KEYS: Final = (
    "error", "response", "metadata", "innererror", "details", "errors", "detail", "violations", "choices", "cause",
    "promptFeedback", "message", "raw", "base_resp", "fault",
)  # fmt: skip
_DELAY_KEYS: Final = ("retryDelay", "retry_after", "retry_after_seconds", "estimated_time")
_GENERIC: Final = frozenset({"provider returned error", "error", "bad request", "upstream error", "unknown error"})
_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_QUOTED: Final = re.compile(
    r"""["'](message|code|type|status)["']\s{0,3}:\s{0,3}(["'])(.{1,600}?)(?:\2\s{0,3}[,}\]]|\Z)""", re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "u": "\\u"}
# LiteLLM: "litellm.RateLimitError: RateLimitError: OpenAIException - <sentence>. Received Model Group=..."
_WRAPPER: Final = re.compile(
    r"(?:(?:\w{1,40}\.){1,4}\w{1,60}(?:Error|Exception): ?|[A-Z]\w{1,60}(?:Error|Exception) - )"
    r"(?:\w{1,60}(?:Error|Exception)(?:: ?| - ))*"
)
_EPILOGUE: Final = re.compile(
    r"[\s.]{0,4}\b(?:Received Model Group=|Available Model Group Fallbacks|LiteLLM Retried"
    r"|No fallback (?:was attempted|model group)).*",
    re.DOTALL,
)
_WORD: Final = re.compile(r"[^a-z0-9]")


@dataclass(slots=True)
class ErrorBody:
    """The facts in an error response.

    `codes` are normalised machine codes, outermost first; `quotas` names the exhausted quotas (Google); `is_zero_quota`
    means that the quota itself is zero; `delay` is an unparsed duration; `headers` are headers quoted in the body;
    `wrappers` are the beginnings of messages that quote another error; `broken` is text with braces but no valid JSON.
    """

    codes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    wrappers: list[str] = field(default_factory=list)
    status: int | None = None
    quotas: str = ""
    is_zero_quota: bool = False
    delay: object = None
    headers: dict[str, str] = field(default_factory=dict)
    broken: str = ""
    is_html: bool = False
    is_empty: bool = True

    @property
    def message(self) -> str:
        """The sentence for a person: the outermost one that is not generic; of an error that is quoted, its own."""
        specific = [m for m in self.messages if m.strip().rstrip(".").lower() not in _GENERIC]
        return unwrapped(next(iter(specific or self.messages or self.wrappers), ""))

    def add(self, other: ErrorBody) -> None:
        """Add the facts of an exception's message; those of the body have precedence."""
        self.codes += other.codes
        self.messages += other.messages
        self.wrappers += other.wrappers
        self.status = self.status or other.status
        self.quotas += other.quotas
        self.is_zero_quota |= other.is_zero_quota
        self.delay = other.delay if self.delay is None else self.delay
        self.headers = other.headers | self.headers
        self.broken = self.broken or other.broken
        self.is_empty = False


def normalise(code: str) -> str:
    """One spelling for `insufficient_quota`, `InsufficientQuota` and `insufficient-quota`."""
    return _WORD.sub("", code.lower())


def http_status(value: object) -> int | None:
    """`value` as an HTTP status (100 to 599), else None."""
    found = number(value)
    return int(found) if found is not None and 100 <= found < 600 and found == int(found) else None


def read_body(body: object) -> ErrorBody:
    """The facts in `body`: bytes, text, or parsed JSON. Reads at most 64 KiB."""
    found = ErrorBody()
    if isinstance(body, (bytes, bytearray, memoryview)):
        body = bytes(body[:MAX_BODY]).decode("utf-8", "replace") if _flat(body) else ""
    if isinstance(body, str):
        _read_text(body[:MAX_BODY], found)
    elif isinstance(body, (dict, list)):
        found.is_empty = not body
        _walk(body, found)
    return found


def _flat(body: bytes | bytearray | memoryview) -> bool:
    return not isinstance(body, memoryview) or (body.ndim == 1 and body.itemsize == 1 and body.contiguous)


def read_message(message: str) -> ErrorBody:
    """The facts in an exception's message, which may quote a JSON answer."""
    found = ErrorBody()
    _read_text(message[:MAX_BODY], found)
    return found


def _read_text(text: str, found: ErrorBody) -> None:
    text = text.strip().lstrip("\ufeff")
    found.is_empty = not text
    if not text:
        return
    if text[:300].lower().lstrip().startswith(("<!doctype", "<html", "<?xml", "<head", "<center", "<h1")):
        found.is_html = True
        title = _TITLE.search(text)
        found.messages.append(" ".join(html.unescape(title.group(1)).split()) if title else "")
        return
    if text.startswith("data:"):
        text = text.removeprefix("data:").lstrip()
    quoted = _json_in(text)
    if quoted is not None:
        _walk(quoted[1], found)
        if quoted[0]:
            found.wrappers.append(quoted[0])
    if quoted is None or not (found.messages or found.wrappers or not quoted[2]):
        _read_broken(text[:_MAX_TEXT], found)


def _json_in(text: str, depth: int = 1) -> tuple[str, Any, str] | None:
    """The text before the first JSON value in `text`, the value, and the text after it; None without such a value."""
    starts = [at for at in (text.find("{"), text.find("[{"), 0 if text.startswith(("[", '"')) else -1) if at >= 0]
    if not starts:
        return None
    start = min(starts)
    try:
        value, end = read_first(text, start)
    except ValueError:
        return _json_in(_unescaped(text), depth - 1) if "\\" in text and depth else None
    return text[:start].strip(" -:,"), value, text[end:].strip()


def _unescaped(text: str) -> str:
    """`text` without one level of backslashes, as Python prints bytes and as JSON quotes JSON."""

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2])

    return _ESCAPE.sub(plain, text.encode().decode("latin-1")).encode("latin-1").decode("utf-8", "replace")


def unwrapped(text: str) -> str:
    """The sentence inside a message of a gateway: without the names of its exceptions, and without what it did next."""
    start = _WRAPPER.match(text)
    return (_EPILOGUE.sub("", text[start.end() if start else 0 :]).strip() or text) if text else text


def _read_broken(text: str, found: ErrorBody) -> None:
    """Read text that is not JSON: prose, truncated JSON, or JSON printed by Python."""
    message = ""
    for key, _, value in _QUOTED.findall(text):
        if key == "message":
            message = message or value
        else:
            found.codes.append(normalise(value))
    found.broken = text
    opening = min((at for at in (text.find("{"), text.find("[{")) if at >= 0), default=-1)
    prose = text[:opening].strip(" -:,") if opening >= 0 else text
    found.messages.extend(m for m in (message, prose) if m)


def _walk(root: object, found: ErrorBody) -> None:
    """Breadth first, so that outer facts come before inner ones; bounded in depth and breadth."""
    level: list[object] = [root]
    seen = 0
    for depth in range(_MAX_DEPTH):
        below: list[object] = []
        for node in level:
            seen += 1
            if seen > _MAX_NODES:
                return
            if isinstance(node, list):
                below.extend(node[:20])
            elif isinstance(node, str) and depth == 0:
                _read_string(node, found, below)
            elif isinstance(node, dict):
                _read_node(node, found, below)
        level = below


def _read_node(node: dict[Any, Any], found: ErrorBody, below: list[object]) -> None:
    for key in _CODE_KEYS:
        value = node.get(key)
        status = http_status(value)
        if status is not None and status >= 400:
            found.status = found.status or status
        elif isinstance(value, str) and 0 < len(value) <= 100:
            found.codes.append(normalise(value))
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9:
            # Other vendors give MiniMax's numbers another meaning.
            found.codes.append(f"minimax{value}" if "status_msg" in node else str(value))
    for key in _MESSAGE_KEYS:
        value = node.get(key)
        if isinstance(value, str) and value.strip():
            _read_string(value, found, below)
    for key in _DELAY_KEYS:
        found.delay = node.get(key) if found.delay is None else found.delay
    _read_quota(node, found)
    below.extend(node[key] for key in _NESTED_KEYS if isinstance(node.get(key), (dict, list)))


def _read_quota(node: dict[Any, Any], found: ErrorBody) -> None:
    for key in ("quotaId", "quota_limit"):
        if isinstance(node.get(key), str):
            found.quotas += f" {node[key][:200].lower()}"
    if "0" in (node.get("quotaValue"), node.get("quota_limit_value")):
        found.is_zero_quota = True
    if "flagged_input" in node:
        found.codes.append("flaggedinput")
    quoted = node.get("headers")
    if isinstance(quoted, dict):
        found.headers.update(
            {k.lower(): v for k, v in list(quoted.items())[:50] if isinstance(k, str) and isinstance(v, str)}
        )


def _read_string(value: str, found: ErrorBody, below: list[object]) -> None:
    text = value[:MAX_BODY].strip()
    quoted = _json_in(text) if "{" in text else None
    if quoted is not None and isinstance(quoted[1], (dict, list)) and quoted[1]:
        below.append(quoted[1])
        if quoted[0]:
            found.wrappers.append(quoted[0])
    elif text.startswith(("{", "[{")) or (quoted is None and _QUOTED.search(text[:_MAX_TEXT])):
        _read_broken(text[:_MAX_TEXT], found)
    else:
        found.messages.append(text[:_MAX_TEXT])
