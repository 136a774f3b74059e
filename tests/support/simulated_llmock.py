"""The cases for llmock (PyPI).

Where llmock differs from the vendors' documents:

* Structured output of Anthropic is read from `output_format`, its name in the beta. The API's is
  `output_config.format`.
* A `content_filter` of the Responses API ends with the status `completed`; the API's is `incomplete` with a reason.
* Arguments of a tool call that are garbled on purpose are `{}` in Gemini's format, where they are an object.
"""

from __future__ import annotations

from typing import Any, Final

from tests.support.simulated import SPARE, TEXT, Case

NUMBERS: Final = {"name": "add", "arguments": {"a": 2, "b": 3}}
MORE: Final = {"name": "add", "arguments": {"a": 5, "b": 6}}
SHAPE: Final = (
    "structured_output: {name: sum, strict: true, schema: {type: object, properties: {sum: {type: integer}}, "
    "required: [sum], additionalProperties: false}}"
)


def reply(text: str | None = None, *calls: Any, times: int | None = 1, **more: Any) -> dict[str, Any]:
    return {"type": "reply", "text": text, "tool_calls": list(calls), "times": times, **more}


def fail(status: int, times: int | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, "times": times, **more}


def broken(kind: str, after: int, times: int | None = None) -> dict[str, Any]:
    """A stream with a fault after some chunks."""
    return {"type": "stream_fault", "kind": kind, "after_chunks": after, "times": times, "stall_seconds": 30}


ANSWER: Final = reply(SPARE, times=None)
_TEXT: Final = reply(TEXT, times=None)
_CALL: Final = reply(None, NUMBERS, times=None)

KINDS: Final = {
    400: "invalid_request", 401: "auth", 402: "quota", 403: "permission", 404: "invalid_request", 408: "server_error",
    409: "server_error", 413: "context_overflow", 422: "invalid_request", 429: "rate_limit", 500: "server_error",
    501: "unsupported", 502: "server_error", 503: "overloaded", 504: "server_error", 529: "overloaded",
}  # fmt: skip
"""The kinds of failure by the status with which a server refuses."""

CASES: Final[dict[str, Case]] = {
    "text": Case([_TEXT], TEXT, usage=(7, 12)),
    "a-tool-of-its-choice": Case([], None, offers=True, results=["2"]),
    "a-tool": Case([reply(None, NUMBERS), reply("It is 5.")], "It is 5.", offers=True, results=["5"]),
    "two-tools": Case(
        [reply("Let me add.", NUMBERS, MORE), reply("5 and 11.")], "5 and 11.", offers=True, results=["5", "11"]
    ),
    "structured": Case([], '{"sum": 1}', root=SHAPE, wires=("chat", "responses", "gemini")),
    "length": Case([reply(TEXT, finish_reason="length")], TEXT, finish="length"),
    "filtered": Case(
        [reply(TEXT, finish_reason="content_filter", times=None)],
        failed={"chat": "content_filter", "anthropic": "refusal", "gemini": "content_filter"},
        wires=("chat", "anthropic", "gemini"),
    ),
    "unknown-reason": Case(
        [reply(None, NUMBERS, finish_reason="abort", times=None)],
        failed="server_error",
        offers=True,
        wires=("chat", "anthropic"),
    ),
    **{f"status-{status}": Case([fail(status)], failed=kind) for status, kind in KINDS.items()},
    "spent": Case([fail(429, code="insufficient_quota", message="You exceeded your current quota.")], failed="quota"),
    "too-long": Case([fail(400, message="prompt is too long: 9 tokens > 8 maximum")], failed="context_overflow"),
    "nothing-left": Case([fail(500)], failed="server_error", finish=None, retries=-1),
    **{
        f"{kind}-{after}": Case([_TEXT, broken(kind, after)], failed=failed)
        for kind, failed in [
            ("disconnect", "broken"),
            ("truncate", "stream_truncated"),
            ("malformed", "server_error"),
        ]
        for after in (0, 1, 3)
    },
    **{
        f"call-{kind}": Case([_CALL, broken(kind, after)], failed=failed, offers=True, wires=wires)
        for kind, after, failed, wires in [
            ("disconnect", 3, "broken", ("chat", "responses", "anthropic")),
            ("truncate", 3, "stream_truncated", ("chat", "responses", "anthropic")),
            ("malformed", 2, "server_error", ("chat", "responses", "anthropic")),
        ]
    },
    "call-never-sent": Case([_CALL, broken("truncate", 0)], failed="stream_truncated", offers=True, wires=("gemini",)),
    "garbled-arguments": Case(
        [{"type": "tool_fault", "kind": "malformed_arguments", "times": None}],
        failed="server_error",
        offers=True,
        wires=("chat", "responses", "anthropic"),
    ),
    "unknown-tool": Case(
        [{"type": "tool_fault", "kind": "unknown_tool"}],
        None,
        offers=True,
        results=["There is no tool named 'llmock_unknown_tool'. There are: add."],
    ),
    "malformed-once": Case([_TEXT, broken("malformed", 4, 1)], TEXT, failed="server_error", retries=1),
    "stall": Case([_TEXT, broken("stall", 6)], failed="timeout_idle", silent=True),
    "stall-at-first": Case([_TEXT, broken("stall", 0)], failed="timeout_first_content", silent=True),
    "no-answer": Case([{"type": "delay", "seconds": 30, "times": None}], failed="timeout_connect", silent=True),
}

IN_A_BROWSER: Final = (
    *("text", "a-tool", "structured", "status-401", "status-429", "disconnect-3", "truncate-3", "malformed-3"),
    *("malformed-once", "call-disconnect", "call-never-sent", "stall"),
)
"""The cases that are taken in a browser, too: one of each kind."""

RECOVERED: Final[dict[str, Case]] = {
    f"{name}-once": Case([_TEXT, fault], TEXT, failed=failed, retries=1)
    for name, fault, failed in [
        ("limited", fail(429, 1, retry_after=0.3), "rate_limit"),
        ("overloaded", fail(503, 1, retry_after=0.3), "overloaded"),
        ("refused", fail(500, 1), "server_error"),
        *[(f"disconnect-{after}", broken("disconnect", after, 1), "broken") for after in (0, 4)],
        *[(f"truncate-{after}", broken("truncate", after, 1), "stream_truncated") for after in (0, 4)],
    ]
}
"""Faults that come once: the same model answers then. llmock grades what it sees of this.

Malformed streams are not among them: llmock finds that such a stream was read to its end whenever it had sent the rest
before the connection was closed.
"""

LIMITED: Final[dict[str, Case]] = {
    "requests": Case([_TEXT], failed="rate_limit", prompts=["One.", "Two.", "Three."]),
    "context": Case([_TEXT], failed="context_overflow", finish=None, prompts=["wheel " * 1000]),
}
"""At a server that allows two requests a minute, and 1,000 tokens of context."""
