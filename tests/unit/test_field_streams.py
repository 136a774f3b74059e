"""Streams that real servers and gateways send, and what has to come of each. The rows: `tests/fixtures/streams/*.json`.

A row has a `name`, the `source` that reports or shows the bytes, a `format`, a `body` and optionally a `status`. `body`
is the bytes as a string, one JSON document as an object, or a list of events: an object is the data of an event, a
string is an event as it stands, and in the format `chat` a list is a chunk with this delta and, optionally, reason.

The result is `text`, `reasoning`, `calls` ([id, name, arguments]; those that may be executed), `finish`, `usage`
([input, output]), `media` (MIME types), `annotations`, or `error`: its kind, with a part of `message` and the `wait`
(seconds) that the server sends. An absent field is an empty one; an absent `usage` is not compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from sparewheel.config.resolved import ModelSpec
from sparewheel.messages import user
from sparewheel.providers.base import ModelRequest
from tests.support.wire import attempt_body

ROWS: Final = Path(__file__).resolve().parents[1] / "fixtures" / "streams"
SIZES: Final = (None, 1, 7, 64)  # bytes a chunk; None: the whole body
BASE: Final = "https://api.example.test/v1"
FORMATS: Final = {
    "chat": ModelSpec("p", "m", "openai_chatcompletions", BASE),
    "responses": ModelSpec("p", "m", "openai_responses", BASE),
    "anthropic": ModelSpec("p", "m", "anthropic", BASE),
    "gemini": ModelSpec("p", "m", "google", BASE),
}


def rows() -> list[Any]:
    found = [row for path in sorted(ROWS.glob("*.json")) for row in json.loads(path.read_text(encoding="utf-8"))]
    names = [row["name"] for row in found]
    assert len(set(names)) == len(names)
    return [pytest.param(row, id=row["name"]) for row in found]


def body_of(row: dict[str, Any]) -> bytes:
    body = row["body"]
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, dict):
        return json.dumps(body).encode()
    return "".join(f"{event_of(each, row['format'])}\n\n" for each in body).encode("utf-8")


def event_of(each: object, name: str) -> str:
    if isinstance(each, str):
        return each
    if isinstance(each, list):
        delta, reason = (*each, None)[:2]
        each = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    data = f"data: {json.dumps(each)}"
    named = name in ("responses", "anthropic") and isinstance(each, dict) and "type" in each
    return f"event: {each['type']}\n{data}" if named else data  # type: ignore[index]  # a dictionary


@pytest.mark.parametrize("row", rows())
def test_field_stream(row: dict[str, Any]) -> None:
    request, body = ModelRequest(FORMATS[row["format"]], [user("hi")]), body_of(row)
    for size in SIZES:
        tried = attempt_body(request, body, size, status=row.get("status", 200), empty_is_fine=False)
        message, info = tried.assembly.message(), tried.error.info if tried.error else None
        assert (info.kind if info else None, message.text) == (row.get("error"), row.get("text", "")), info
        assert message.reasoning == row.get("reasoning", ""), size
        if info:
            assert row.get("message", "") in info.message, info.message
            assert info.retry_after == row.get("wait"), size
            continue
        assert tried.assembly.reason == row["finish"], size
        assert [[call.id, call.name, call.arguments] for call in message.tool_calls] == row.get("calls", []), size
        media = [event["mime_type"] for event in tried.events if event["type"] == "media"]
        assert media == row.get("media", []), size
        assert [each.to_dict() for each in message.annotations] == row.get("annotations", []), size
        if "usage" in row:
            usage = tried.assembly.usage
            assert [usage.input_tokens, usage.output_tokens] == row["usage"], size
