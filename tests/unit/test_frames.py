"""Noise in a stream changes nothing, and an error is read in whatever form it comes: in all formats alike."""

from __future__ import annotations

import json
import random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.errors.shapes import is_error
from sparewheel.messages import user
from sparewheel.providers.base import ModelRequest
from sparewheel.testing import ToolCall, anthropic, gemini, openai_chat, openai_responses, sse
from tests.support.wire import Attempted, attempt_body
from tests.unit.test_field_streams import FORMATS, SIZES

BUILDERS: Final[dict[str, Any]] = {
    "chat": openai_chat,
    "responses": openai_responses,
    "anthropic": anthropic,
    "gemini": gemini,
}
CALL: Final = ToolCall("c1", "look", '{"word": "wheel"}')

NOISE: Final = (
    b"data:\n\n", b"data: \n\n", b"data\n\n", b": ping\n\n", b":\n\n", b"\n\n\n", b"event: ping\n\n",
    b"event: ping\ndata: 2026-01-01\n\n", b"event: heartbeat\ndata: still working\n\n", b"retry: 3000\n\n",
    b"id: 7\n\n",
    b"data: : keepalive\n\n", b"data: : OPENROUTER PROCESSING\n\n", b"data: ping\n\n", b"data: PING\n\n",
    b"data: [PING]\n\n", b"data: keep-alive\n\n", b"data: heartbeat\n\n", b"data: ping - 2026-01-01 00:00:00\n\n",
    b"data: {}\n\n", b"data: []\n\n", b"data: null\n\n", b'data: ""\n\n', b'data: "ping"\n\n', b"data: 0\n\n",
    b"data: true\n\n", b'data: {"type": "ping"}\n\n', b'data: {"type": "keepalive", "sequence_number": 3}\n\n',
    b'data: {"status": "processing", "message": "queued"}\n\n', b'data: {"code": 0, "message": "success"}\n\n',
    b'data: {"error": null}\n\n', b'data: {"error": {"message": "", "type": "", "code": null}}\n\n',
    b'data: {"base_resp": {"status_code": 0, "status_msg": ""}}\n\n', b"\xef\xbb\xbf\n\n", b"data: \xef\xbb\xbf\n\n",
    b"data: one moment please\n\n", b"x-note: from a gateway\n\n", "data: \U0001f49b\n\n".encode(),
)  # fmt: skip


def attempt(name: str, body: bytes, size: int | None = None) -> Attempted:
    return attempt_body(ModelRequest(FORMATS[name], [user("hi")]), body, size, empty_is_fine=False)


def stream(name: str) -> list[bytes]:
    return list(BUILDERS[name](text=["The ", "wheel ", "turns."], tool_calls=[CALL]))


def check_answer(tried: Attempted) -> None:
    message = tried.assembly.message()
    assert tried.error is None, tried.error
    assert message.text == "The wheel turns."
    assert [(call.name, call.arguments) for call in message.tool_calls] == [("look", '{"word": "wheel"}')]
    assert tried.assembly.reason == "tool_calls"


@pytest.mark.parametrize("name", BUILDERS)
def test_noise_between_any_events_changes_nothing(name: str) -> None:
    events = stream(name)
    for noise in NOISE:
        check_answer(attempt(name, noise + noise.join(events)))
    every = [part for event in events for part in (*NOISE, event)]
    for size in SIZES:
        check_answer(attempt(name, b"".join(every), size))
    shuffled = random.Random(7)
    check_answer(attempt(name, b"".join(part for event in events for part in (shuffled.choice(NOISE), event))))


@pytest.mark.parametrize("name", BUILDERS)
def test_frames_in_other_wrappings(name: str) -> None:
    events = stream(name)
    frames = [event.decode().partition("data: ")[2].rstrip("\r\n") for event in events]
    named = [event.decode().rstrip("\r\n") for event in events]
    pairs = list(zip(frames[::2], [*frames[1::2], ""], strict=False))
    bodies = {
        "two in one event": "".join(
            f"data: {a}\ndata: {b}\n\n" for a, b in zip(frames[::2], [*frames[1::2], ""], strict=False)
        ),
        "all in one event": "\n".join(named) + "\n\n",
        "two on a line": "".join(f"data: {a} {b}\n\n" for a, b in pairs),
        "framed twice": "".join(f"data: data: {frame}\n\n" for frame in frames),
        "framed twice with its name": "".join(
            "".join(f"data: {line}\n" for line in event.split("\n")) + "\n" for event in named
        ),
        "BOM first": "\ufeff" + "\n\n".join(named) + "\n\n",
        "BOM in every event": "".join(f"\ufeff{event}\n\n" for event in named),
        "BOM in the data": "".join(f"data: \ufeff{frame}\n\n" for frame in frames),
        "CR": "\r\r".join(event.replace("\n", "\r") for event in named) + "\r\r",
        "[DONE] behind it": "\n\n".join(named) + "\n\ndata: [DONE]\n\n",
    }
    for what, body in bodies.items():
        for size in SIZES:
            tried = attempt(name, body.encode(), size)
            assert tried.error is None, (what, size, tried.error)
            check_answer(tried)


# Errors: the body of the error, then its kind, a part of its sentence, and the wait

ERRORS: Final[list[tuple[object, str, str, float | None]]] = [
    ({"error": {"message": "Rate limit reached. Please try again in 7s.", "code": "rate_limit_exceeded"}},
     "rate_limit", "Rate limit reached", 7.0),
    ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
     "overloaded", "Overloaded", None),
    ({"error": {"code": 503, "message": "The model is overloaded", "status": "UNAVAILABLE"}},
     "overloaded", "The model is overloaded", None),
    ({"error": {"code": 429, "message": "Slow", "details": [{"retryDelay": "9s"}]}}, "rate_limit", "Slow", 9.0),
    ({"error": "insufficient balance"}, "quota", "insufficient balance", None),
    ({"error": True, "message": "insufficient balance"}, "quota", "insufficient balance", None),
    ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "too fast"}}, "rate_limit", "too fast", None),
    ({"base_resp": {"status_code": 1004, "status_msg": "cookie is missing"}}, "auth", "cookie is missing", None),
    ({"detail": "Incorrect API key provided"}, "auth", "Incorrect API key", None),
    ({"code": "Arrearage", "message": "Overdue payment", "request_id": "1"}, "quota", "Overdue payment", None),
    ({"error_code": 336501, "error_msg": "Rate limit reached for RPM"}, "rate_limit", "Rate limit reached", None),
    ({"success": False, "errors": [{"code": 7000, "message": "No route for that URI"}]},
     "invalid_request", "No route", None),
    ({"object": "error", "message": "prompt is too long", "code": 400}, "context_overflow", "too long", None),
    ({"title": "Too Many Requests", "status": 429, "detail": "Wait"}, "rate_limit", "Wait", None),
    ({"fault": {"faultstring": "Rate limit quota violation"}}, "rate_limit", "Rate limit quota", None),
    ("error: rate limit exceeded", "rate_limit", "rate limit exceeded", None),
    ('error: {"message": "The server is overloaded"}', "overloaded", "The server is overloaded", None),
    ("[ERROR] rate limit exceeded", "rate_limit", "rate limit exceeded", None),
    ("Internal Server Error", "server_error", "Internal Server Error", None),
    ("<html><head><title>502 Bad Gateway</title></head>\n<body>nginx</body></html>",
     "server_error", "502 Bad Gateway", None),
    ('<!DOCTYPE html>\n<html>\n<head><title>503 Service Unavailable</title></head></html>', "overloaded", "503", None),
    ("<html><body>Please log in</body></html>", "unsupported", "a document instead of a stream", None),
]  # fmt: skip


def text_of(error: object) -> str:
    return error if isinstance(error, str) else json.dumps(error)


def check_error(tried: Attempted, kind: str, message: str, wait: float | None, what: object) -> None:
    assert tried.error is not None, what
    info = tried.error.info
    assert (info.kind, info.retry_after) == (kind, wait), (what, info)
    assert message in info.message, (what, info)


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize(("error", "kind", "message", "wait"), ERRORS, ids=[text_of(row[0])[:50] for row in ERRORS])
def test_an_error_is_read_wherever_it_stands(
    name: str, error: object, kind: str, message: str, wait: float | None
) -> None:
    text = text_of(error)
    pretty = json.dumps(error, indent=2) if isinstance(error, dict) else text
    framed = "".join(f"data: {line}\n" for line in text.split("\n")) + "\n"
    begun = b"".join(BUILDERS[name](text=["Half "], finish=None)).decode()
    bodies = {
        "alone": text,
        "alone, on several lines": f"\ufeff{pretty}\n",
        "after a heartbeat": f": ping\n\n{text}\n",
        "after a heartbeat, on several lines": f": ping\n\n{pretty}",
        "after text": f"{begun}{text}\n\n",
        "after text, before [DONE]": f"{begun}{text}\n\ndata: [DONE]\n\n",
        "as an event": framed,
        "as an event after text": begun + framed,
        "as a named event": f"event: error\n{framed}",
        "as an event that is not closed": begun + framed.rstrip("\n"),
    }
    for what, body in bodies.items():
        for size in (None, 7):
            check_error(attempt(name, body.encode(), size), kind, message, wait, (what, size))


def test_the_wait_may_stand_in_the_headers() -> None:
    for body in (b'{"error": {"message": "Rate limit reached"}}', b"data: error: rate limit exceeded\n\n"):
        tried = attempt_body(ModelRequest(FORMATS["chat"], [user("hi")]), body, headers={"Retry-After": "17"})
        check_error(tried, "rate_limit", "limit", 17.0, body)


@pytest.mark.parametrize("name", BUILDERS)
def test_text_of_an_answer_is_no_error(name: str) -> None:
    """Words of errors in what a model writes, and in the rest that a cut leaves."""
    text = ["error: rate limit exceeded", ' {"error": {"code": 429}}', " <html><title>502</title>", "\n\ndata: [DONE]"]
    events = BUILDERS[name](text=text)
    assert attempt(name, b"".join(events)).assembly.message().text == "".join(text)
    for cut in range(0, len(b"".join(events)) - 2, 13):
        assert attempt(name, b"".join(events)[:cut]).kind == "stream_truncated", cut


@pytest.mark.parametrize("name", BUILDERS)
def test_after_a_good_end_nothing_is_an_error(name: str) -> None:
    events = b"".join(stream(name))
    check_answer(attempt(name, events + b"data: [DONE]\n\n" + b'{"error": {"message": "late"}}\n\n'))


def test_what_cannot_be_read_is_bounded() -> None:
    for data in ("{}" * 1000, "{} " * 65, "x\n" * 300, "data: " * 1000 + "{", "[" * 300, "{oops"):
        framed = "".join(f"data: {line}\n" for line in data.split("\n")) + "\n"
        assert attempt("chat", framed.encode()).kind == "server_error", data[:20]


@pytest.mark.parametrize("name", BUILDERS)
def test_a_document_that_was_cut_is_told_from_one_that_is_garbled(name: str) -> None:
    answer = {
        "id": "x",
        "model": "\U0001f6de",
        "choices": [{"message": {"content": "The wheel"}, "finish_reason": "stop"}],
    }
    for text in (
        json.dumps(answer, indent=1),
        f"[{json.dumps(answer)},\n{json.dumps(answer)}",
        f"{{}}\n{json.dumps(answer)}",
    ):
        for cut in range(1, len(text) - 1, 3):
            tried = attempt(name, f"\ufeff{text[:cut]}".encode())
            assert tried.error is not None
            assert tried.kind in ("stream_truncated", "unsupported"), text[:cut]
    for garbled in ("{malformed json: <<<", "{'id': 'x'}", '{"id": }', "[1,,2]", "{" * 300):
        assert attempt(name, garbled.encode()).kind == "server_error", garbled


@settings(max_examples=60)
@given(
    st.sampled_from(list(BUILDERS)), st.lists(st.binary(max_size=40) | st.sampled_from(NOISE), max_size=6), st.data()
)
def test_any_bytes_between_events_end_in_one_answer_or_one_error(name: str, parts: list[bytes], data: Any) -> None:
    events = stream(name)
    for part in parts:
        events.insert(data.draw(st.integers(0, len(events))), part)
    tried = attempt(name, b"".join(events), data.draw(st.sampled_from(SIZES)))
    if tried.error is not None:
        assert tried.error.info.message
        assert tried.error.info.kind != "internal"


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys("error detail code status message base_resp type".split(), JSON)),
    st.booleans(),
)
def test_any_object_is_an_error_or_not(value: dict[str, Any], alone: bool) -> None:
    assert is_error(value, alone=alone) in (True, False)
    body = sse(value)
    for name in BUILDERS:
        assert attempt(name, body).error is not None
