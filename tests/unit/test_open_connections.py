"""Servers that keep the connection open: an error that is complete is read at once, and so are late token counts."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from sparewheel.testing import Reply, openai_chat
from tests.support.scripted import play

LIMIT: Final = json.dumps({"error": {"message": "Rate limit reached", "type": "rate_limit_error"}}).encode()
PRETTY: Final = json.dumps({"error": {"code": 503, "message": "Overloaded: {[}]"}}, indent=2).encode()
WRAPPED: Final = json.dumps([{"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}}])
TEXT: Final = openai_chat(text="Half of", finish=None)[:2]
ANSWER: Final = openai_chat(text="Answer")
COUNTS: Final = {"prompt_tokens": 7, "completion_tokens": 3}
LATE: Final = b"data: " + json.dumps({"choices": [], "usage": COUNTS}).encode() + b"\n\n"


def open_after(*events: bytes, **more: Any) -> Reply:
    """All events, and then silence on an open connection."""
    return Reply(events, silent_after=len(events), **more)


@pytest.mark.parametrize("split", [None, 1, 7, 64])
@pytest.mark.parametrize(
    "before", [(), (b": ping\n\n",), (b"\xef\xbb\xbf",), TEXT], ids=["first", "ping", "bom", "text"]
)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LIMIT, "rate_limit"),
        (LIMIT + b"\n", "rate_limit"),
        (PRETTY + b"\r\n\r\n", "overloaded"),
        (WRAPPED.encode(), "rate_limit"),
        (b"data: " + LIMIT, "rate_limit"),
        (LIMIT + b'\n{"done": true}\n', "rate_limit"),
        (b"event: error\ndata:" + LIMIT + b"\n", "rate_limit"),
    ],
)
def test_a_bare_error_is_read_before_the_connection_ends(
    error: bytes, kind: str, before: tuple[bytes, ...], split: int | None
) -> None:
    played, _ = play({"openai/a": [open_after(*before, error, split=split)], "openai/b": [ANSWER]})
    assert played.terminal["type"] == "finish"
    assert [event["kind"] for event in played.events if event["type"] == "fallback"] == [kind]
    assert played.seconds < 1


@pytest.mark.parametrize("split", [None, 1, 7, 64])
def test_the_page_of_a_gateway_is_read_when_it_is_complete(split: int | None) -> None:
    page = b"<html>\n<head><title>502 Bad Gateway</title></head>\n<body></body>\n</html>\r\n"
    played, _ = play({"openai/a": [open_after(page, split=split)], "openai/b": [ANSWER]})
    assert [event["kind"] for event in played.events if event["type"] == "fallback"] == ["server_error"]
    assert played.seconds < 1


@pytest.mark.parametrize("body", [LIMIT, b'{"error": {"mess', b"", b"<html>busy"])
def test_the_status_of_an_error_is_enough_if_its_body_does_not_end(body: bytes) -> None:
    held = open_after(body, status=429, content_type="application/json")
    played, _ = play({"openai/a": [held], "openai/b": [ANSWER]})
    (fallback,) = (event for event in played.events if event["type"] == "fallback")
    assert (fallback["kind"], fallback["status"]) == ("rate_limit", 429)
    assert played.seconds < (1 if body == LIMIT else 6)


def test_a_document_that_only_begins_like_an_error_is_read_to_its_end() -> None:
    for text in ('{"error": {"message": "x"}}', "<html>x</html> ", '}]} {"error": "x"}\n'):
        answer = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        body = json.dumps(answer).encode()
        for size in (1, 7, 64):
            played, _ = play({"openai/a": [Reply((body,), split=size, content_type="application/json")]})
            assert played.terminal["message"]["content"] == text


@pytest.mark.parametrize("split", [None, (), 1])
@pytest.mark.parametrize("held", [False, True])
def test_token_counts_after_the_end_are_read(held: bool, split: Any) -> None:
    events = (*ANSWER, b": ping\n\n", b"data: garbage\n\n", LATE)
    reply = open_after(*events, split=split) if held else Reply(events, split=split)
    played, _ = play({"openai/a": [reply]})
    assert played.terminal["type"] == "finish"
    assert (played.terminal["usage"]["input_tokens"], played.terminal["usage"]["output_tokens"]) == (7, 3)
    assert played.seconds < 0.1


def test_token_counts_at_the_end_of_a_body_need_no_blank_line() -> None:
    played, _ = play({"openai/a": [Reply((*ANSWER, LATE.rstrip()))]})
    assert played.terminal["usage"]["input_tokens"] == 7


def test_the_wait_for_token_counts_is_short_and_changes_nothing_else() -> None:
    again = b'data: {"choices": [{"index": 0, "delta": {"content": " more"}, "finish_reason": "length"}]}\n\n'
    error = b'data: {"error": {"message": "late"}}\n\n'
    played, _ = play({"openai/a": [open_after(*ANSWER, again, error)]})
    assert (played.terminal["reason"], played.terminal["message"]["content"]) == ("stop", "Answer")
    assert played.terminal["usage"]["input_tokens"] is None
    assert played.seconds == pytest.approx(0.2)
