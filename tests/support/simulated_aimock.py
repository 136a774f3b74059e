"""The cases for aimock (npm).

Where aimock differs from the vendors' documents:

* It ends a tool call of Gemini's with the reason `FUNCTION_CALL`; the API's is `STOP`.
* In the Responses API, an answer that reached its limit has the status `incomplete` without `incomplete_details`, and a
  filtered one is `failed` without an error. Neither says what happened, so both count as failures of the server.
* It does not let pages read Retry-After: in a browser, a rate limit has the default length.
"""

from __future__ import annotations

from typing import Any, Final

from tests.support.simulated import SPARE, TEXT, Case
from tests.support.simulated_llmock import SHAPE

CALL: Final = {"name": "add", "arguments": {"a": 2, "b": 3}}


def answer(content: object = None, /, match: Any = None, opts: Any = None, **more: Any) -> dict[str, Any]:
    """A fixture. `opts` are fields beside `match` and `response`."""
    return {
        "match": match or {},
        "response": {**({} if content is None else {"content": content}), **more},
        **(opts or {}),
    }


def cut(after: int, content: object = None, **more: Any) -> dict[str, Any]:
    """An answer whose connection is closed after some chunks, of which the last may be lost with it."""
    return answer(content, opts={"truncateAfterChunks": after, "chunkSize": 5, "latency": 5}, **more)


def refused(status: int, kind: str, message: str, **more: Any) -> dict[str, Any]:
    return {"match": {}, "response": {"error": {"message": message, "type": kind}, "status": status, **more}}


ANSWER: Final = answer(SPARE)
_AFTER: Final = answer("It is 5.", {"hasToolResult": True, "toolResultContains": "5"})
_USAGE: Final = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "input_tokens": 11,
    "output_tokens": 7,
    "total_tokens": 18,
}
_SILENT: Final = {"ttftMs": 0, "interChunkDelaysMs": [0, 0, 0, 0, 0, 0, 0, 30_000], "totalDurationMs": 30_000}

CASES: Final[dict[str, Case]] = {
    "text": Case([answer(TEXT, usage=_USAGE)], TEXT, usage=(11, 7)),
    "character-by-character": Case([answer(TEXT, opts={"chunkSize": 1})], TEXT),
    "slowly": Case([answer(TEXT, opts={"chunkSize": 5, "latency": 10})], TEXT),
    "reasoning": Case([answer(TEXT, reasoning="It turns.")], TEXT, reasoning="It turns."),
    "a-tool": Case([_AFTER, answer(toolCalls=[CALL])], "It is 5.", offers=True, results=["5"]),
    "a-tool-after-reasoning": Case(
        [_AFTER, answer(toolCalls=[CALL], reasoning="I add.")], "It is 5.", offers=True, results=["5"],
        reasoning="I add.", model="thinking_budget: 2048",
    ),
    "text-and-tools": Case(
        [_AFTER, answer("Let me add.", toolCalls=[CALL, CALL])], "It is 5.", offers=True, results=["5", "5"]
    ),
    "a-tool-before-text": Case(
        [_AFTER, answer(blocks=[{"type": "toolCall", **CALL}, {"type": "text", "text": "Adding."}])], "It is 5.",
        offers=True, results=["5"],
    ),
    "structured": Case([answer({"sum": 5})], '{"sum":5}', root=SHAPE),
    "structured-as-asked": Case(
        [answer({"sum": 5}, {"responseFormat": "json_schema"})], '{"sum":5}', root=SHAPE, wires=("chat",)
    ),
    "search": Case([answer(TEXT, webSearches=["spare wheel"])], TEXT),
    "length": Case(
        [answer(TEXT, finishReason="length")], TEXT, finish="length", wires=("chat", "anthropic", "gemini")
    ),
    "length-without-details": Case(
        [answer(TEXT, finishReason="length")], failed="server_error", wires=("responses",)
    ),
    "filtered": Case(
        [answer(TEXT, finishReason="content_filter")],
        failed={
            "chat": "content_filter", "responses": "server_error", "anthropic": "content_filter",
            "gemini": "content_filter",
        },
    ),
    "limited": Case([refused(429, "rate_limit_error", "Rate limited", retryAfter=7)], failed="rate_limit"),
    "key": Case([refused(401, "authentication_error", "Invalid API key")], failed="auth"),
    "error": Case([refused(500, "server_error", "Internal error")], failed="server_error"),
    "overloaded": Case([refused(529, "overloaded_error", "Overloaded")], failed="overloaded"),
    "not-foreseen": Case([answer(TEXT, {"userMessage": "never said"})], failed="overloaded"),
    "dropped": Case([answer(TEXT, opts={"chaos": {"dropRate": 1}})], failed="server_error"),
    "limited-at-random": Case([answer(TEXT, opts={"chaos": {"rateLimitRate": 1}})], failed="rate_limit"),
    "malformed": Case([answer(TEXT, opts={"chaos": {"malformedRate": 1}})], failed="server_error"),
    "disconnected": Case([answer(TEXT, opts={"chaos": {"disconnectRate": 1}})], failed="network"),
    "disconnected-in-time": Case(
        [answer(TEXT, opts={"disconnectAfterMs": 1, "latency": 30_000})], failed="network"
    ),
    **{f"cut-after-{after}": Case([cut(after, TEXT)], failed="broken") for after in (3, 6)},
    "call-cut": Case(
        [cut(4, toolCalls=[CALL])], failed="broken", offers=True, wires=("chat", "responses", "anthropic")
    ),
    "stall": Case(
        [answer(TEXT, opts={"chunkSize": 5, "recordedTimings": _SILENT})], failed="timeout_idle", silent=True
    ),
    "no-answer": Case(
        [answer(TEXT, opts={"streamingProfile": {"ttft": 30_000}})], failed="timeout_connect", silent=True,
    ),
}  # fmt: skip

IN_A_BROWSER: Final = (
    *("text", "reasoning", "a-tool-after-reasoning", "text-and-tools", "structured", "limited", "dropped", "malformed"),
    *("disconnected", "cut-after-3", "call-cut", "stall"),
)
"""As for llmock."""
