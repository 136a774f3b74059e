"""Every builder's bytes are SSE with JSON of the shape the vendor documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sparewheel.testing import Events, Reply, ToolCall, Usage, anthropic, errors, gemini, openai_chat, openai_responses

CALLS = [ToolCall("call_1", "add", ('{"a": 1', ', "b": 2}')), ToolCall("call_2", "now", {})]
USAGE = Usage(input=20, output=9, cached=4, reasoning=3)
BUILDERS: list[Callable[..., Events]] = [openai_chat, openai_responses, anthropic, gemini]


def parse(events: Events) -> list[tuple[str | None, Any]]:
    """SSE event name and JSON payload of each event; a payload that is not JSON stays text."""
    parsed: list[tuple[str | None, Any]] = []
    for event in events:
        text = event.decode()
        newline = "\r\n" if "\r\n" in text else "\n"
        assert text.endswith(newline * 2)
        lines = dict(line.split(": ", 1) for line in text.strip().split(newline))
        data = lines["data"]
        parsed.append((lines.get("event"), data if data == "[DONE]" else json.loads(data)))
    return parsed


def payloads(events: Events) -> list[Any]:
    return [data for _, data in parse(events)]


def test_chat_text_reasoning_finish_usage_and_end_marker() -> None:
    data = payloads(openai_chat(text=["Hel", "lo"], reasoning="hm", usage=USAGE, model="gpt-x"))
    chunks = data[:-1]
    assert [chunk["choices"][0]["delta"] if chunk["choices"] else None for chunk in chunks] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning_content": "hm"},
        {"content": "Hel"},
        {"content": "lo"},
        {},
        None,
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, None, None, "stop"]
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * 5
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 29
    assert chunks[-1]["usage"]["prompt_tokens_details"]["cached_tokens"] == 4
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert {chunk["model"] for chunk in chunks} == {"gpt-x"}
    assert data[-1] == "[DONE]"


def test_chat_without_usage_has_no_usage_field() -> None:
    assert all("usage" not in chunk for chunk in payloads(openai_chat(text="x"))[:-1])


def tool_deltas(events: Events) -> list[Any]:
    deltas = [chunk["choices"][0]["delta"] for chunk in payloads(events)[:-1]]
    return [each for delta in deltas for each in delta.get("tool_calls", [])]


def test_chat_tool_calls_carry_id_and_name_on_the_first_delta_only() -> None:
    events = openai_chat(tool_calls=CALLS)
    assert tool_deltas(events) == [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "add", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"a": 1'}},
        {"index": 0, "function": {"arguments": ', "b": 2}'}},
        {"index": 1, "id": "call_2", "type": "function", "function": {"name": "now", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]
    assert payloads(events)[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_chat_tool_calls_interleave() -> None:
    deltas = tool_deltas(openai_chat(tool_calls=CALLS, interleave=True))
    assert [(delta["index"], delta["function"]["arguments"]) for delta in deltas] == [
        (0, ""),
        (1, ""),
        (0, '{"a": 1'),
        (1, "{}"),
        (0, ', "b": 2}'),
    ]


def test_responses_events_are_numbered_named_and_closed() -> None:
    parsed = parse(openai_responses(text=["Hel", "lo"], reasoning=["h", "m"], tool_calls=CALLS[:1], usage=USAGE))
    assert [name for name, _ in parsed] == [data["type"] for _, data in parsed]
    assert [data["sequence_number"] for _, data in parsed] == list(range(len(parsed)))
    assert [str(name).removeprefix("response.") for name, _ in parsed] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_the_responses_terminal_event_repeats_the_whole_output() -> None:
    last = payloads(openai_responses(text=["Hel", "lo"], reasoning="hm", tool_calls=CALLS, usage=USAGE))[-1]["response"]
    reasoning, message, add, now = last["output"]
    assert reasoning["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert message["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello"}]
    assert (add["call_id"], add["name"], json.loads(add["arguments"])) == ("call_1", "add", {"a": 1, "b": 2})
    assert (now["call_id"], now["arguments"], now["status"]) == ("call_2", "{}", "completed")
    assert last["status"] == "completed"
    assert last["usage"]["output_tokens_details"] == {"reasoning_tokens": 3}


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_responses_that_stop_early_are_incomplete(finish: str, reason: str) -> None:
    name, data = parse(openai_responses(text="Hel", finish=finish))[-1]
    assert (name, data["response"]["status"]) == ("response.incomplete", "incomplete")
    assert data["response"]["incomplete_details"] == {"reason": reason}


def test_responses_refusal_is_a_content_part_of_its_own() -> None:
    parsed = parse(openai_responses(refusal=["I ", "won't"]))
    assert [data["delta"] for name, data in parsed if name == "response.refusal.delta"] == ["I ", "won't"]
    assert parsed[-1][1]["response"]["output"][0]["content"] == [{"type": "refusal", "refusal": "I won't"}]


def test_anthropic_blocks_open_fill_and_close_in_order() -> None:
    parsed = parse(anthropic(text=["Hi"], reasoning=["h", "m"], redacted=["xx"], tool_calls=CALLS[:1], usage=USAGE))
    assert [name for name, _ in parsed] == [data["type"] for _, data in parsed]
    assert [(data["type"], data.get("index")) for _, data in parsed] == [
        ("message_start", None),
        ("content_block_start", 0),
        ("ping", None),
        ("content_block_delta", 0),
        ("content_block_delta", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_stop", 1),
        ("content_block_start", 2),
        ("content_block_delta", 2),
        ("content_block_stop", 2),
        ("content_block_start", 3),
        ("content_block_delta", 3),
        ("content_block_delta", 3),
        ("content_block_delta", 3),
        ("content_block_stop", 3),
        ("message_delta", None),
        ("message_stop", None),
    ]
    deltas = [data["delta"] for _, data in parsed if data["type"] == "content_block_delta"]
    assert [delta["type"] for delta in deltas[:3]] == ["thinking_delta", "thinking_delta", "signature_delta"]
    assert [delta["partial_json"] for delta in deltas[4:]] == ["", '{"a": 1', ', "b": 2}']
    usage = parsed[0][1]["message"]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (16, 4)
    assert parsed[-2][1]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert parsed[-2][1]["usage"] == {"output_tokens": 9}


def test_gemini_puts_finish_on_the_last_part_and_ends_lines_with_crlf() -> None:
    events = gemini(text=["Hel", "lo"], reasoning="hm", tool_calls=CALLS, usage=USAGE, thought_signature="c2ln")
    assert all(event.endswith(b"\r\n\r\n") for event in events)
    chunks = payloads(events)
    assert [chunk["candidates"][0]["content"]["parts"] for chunk in chunks] == [
        [{"text": "hm", "thought": True}],
        [{"text": "Hel"}],
        [{"text": "lo"}],
        [{"functionCall": {"id": "call_1", "name": "add", "args": {"a": 1, "b": 2}}, "thoughtSignature": "c2ln"}],
        [{"functionCall": {"id": "call_2", "name": "now", "args": {}}}],
    ]
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks] == [None, None, None, None, "STOP"]
    assert chunks[-1]["usageMetadata"] == {
        "promptTokenCount": 20,
        "candidatesTokenCount": 6,
        "totalTokenCount": 29,
        "cachedContentTokenCount": 4,
        "thoughtsTokenCount": 3,
    }


def end_word(events: Events) -> object:
    """What the end of a stream says, whatever its format."""
    for data in reversed([each for each in payloads(events) if each != "[DONE]"]):
        candidates = data.get("candidates") or data.get("choices")
        if candidates:
            return candidates[0].get("finishReason") or candidates[0].get("finish_reason")
        if data["type"] == "message_delta":
            return data["delta"]["stop_reason"]
        if "response" in data:
            return data["response"]["status"]
    return None


@pytest.mark.parametrize(
    ("builder", "words"),
    [
        (openai_chat, ["stop", "length", "content_filter", "odd", None]),
        (openai_responses, ["completed", "incomplete", "incomplete", "completed", "in_progress"]),
        (anthropic, ["end_turn", "max_tokens", "refusal", "odd", None]),
        (gemini, ["STOP", "MAX_TOKENS", "SAFETY", "odd", None]),
    ],
)
def test_finish_reasons_are_the_vendors_words(builder: Callable[..., Events], words: list[str | None]) -> None:
    reasons = ["auto", "length", "content_filter", "odd", None]
    assert [end_word(builder(text="x", finish=reason)) for reason in reasons] == words


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_stream_without_an_end_is_a_prefix_of_the_whole_one(builder: Callable[..., Events]) -> None:
    whole, open_ended = builder(text=["Hel", "lo"]), builder(text=["Hel", "lo"], finish=None)
    if builder is gemini:
        # Gemini's end is a field of the last chunk, not an event of its own.
        assert whole[:-1] == open_ended[:-1]
        assert whole[-1] != open_ended[-1]
    elif builder is openai_responses:
        assert whole[: len(open_ended)] == open_ended
    else:
        assert whole[: len(open_ended)] == open_ended
        assert len(open_ended) < len(whole)


@pytest.mark.parametrize("builder", BUILDERS)
def test_non_ascii_text_is_sent_as_utf8(builder: Callable[..., Events]) -> None:
    assert "Grüße 🌍".encode() in Reply(builder(text="Grüße 🌍")).body


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        (errors.openai_stream_error(), "server_error"),
        (errors.openrouter_stream_error(), "server_error"),
        (errors.anthropic_stream_error(), "overloaded_error"),
        (errors.anthropic_stream_error("api_error"), "api_error"),
        (errors.gemini_stream_error(), "UNAVAILABLE"),
    ],
)
def test_stream_errors_carry_a_top_level_error(events: Events, kind: str) -> None:
    (data,) = payloads(events)
    error = data["error"]
    assert kind in (error.get("type"), error.get("code"), error.get("status"))
    assert error["message"]


def test_an_openrouter_error_chunk_finishes_with_error() -> None:
    (data,) = payloads(errors.openrouter_stream_error(502, "Provider returned error"))
    assert data["choices"][0]["finish_reason"] == "error"
    assert data["error"] == {"code": 502, "message": "Provider returned error"}


def test_a_failed_response_is_a_terminal_event() -> None:
    ((name, data),) = parse(errors.openai_responses_stream_error("rate_limit_exceeded", "slow down"))
    assert name == "response.failed"
    assert data["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}
    assert data["response"]["status"] == "failed"
