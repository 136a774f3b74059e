"""The Responses wire format: how every shape of answer assembles. What is asked is tested beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.config.resolved import ModelSpec
from sparewheel.errors import ProviderError
from sparewheel.messages import Reasoning, Text, ToolCall, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest
from sparewheel.providers.openai_responses import OpenAIResponses
from sparewheel.sse import ServerSentEvent, SSEDecoder
from sparewheel.testing import ToolCall as Call
from sparewheel.testing import Usage, errors, openai_responses, sse
from tests.support.wire import Attempted, assemble_body, attempt_body, check_blocks, framed

WIRE = OpenAIResponses()
SPEC = ModelSpec("openai", "m", "openai_responses", "https://api.example.test/v1")
Json = dict[str, Any]


def assemble(body: bytes, size: int | None = None) -> Assembly:
    return assemble_body(WIRE, "openai/m", body, size)


def attempt(body: bytes) -> Attempted:
    return attempt_body(
        ModelRequest(ModelSpec("openai", "m", "openai_responses", "https://api.example.test/v1"), [user("hi")]),
        body,
    )


CALLS = [Call("call_1", "look", ['{"a"', ": 1}"]), Call("call_2", "find", ['{"b":', ' "ü🌍"', "}"])]
RECORDED = b"".join(
    openai_responses(
        reasoning=["Let me ", "think."],
        encrypted_reasoning="gAAA",
        text=["Grü", "ße 🌍"],
        tool_calls=CALLS,
        usage=Usage(9, 8, 7, 6),
    )
)
ASSEMBLED = (
    Reasoning("Let me think.", '{"id": "rs_0", "encrypted_content": "gAAA"}', "openai/m"),
    Text("Grüße 🌍"),
    ToolCall("call_1", "look", '{"a": 1}', origin="openai/m"),
    ToolCall("call_2", "find", '{"b": "ü🌍"}', origin="openai/m"),
)


def test_the_events_of_a_small_stream() -> None:
    came = attempt(b"".join(openai_responses(reasoning=["r"], text=["a", "b"])))
    assert came.lines == [
        ("reasoning start", 0, ""),
        ("reasoning delta", 0, "r"),
        ("reasoning end", 0, "r"),
        ("text start", 1, ""),
        ("text delta", 1, "a"),
        ("text delta", 1, "b"),
        ("text end", 1, "ab"),
    ]
    assert came.assembly.reason == "stop"


def split(body: bytes) -> list[Json]:
    return [json.loads(event.data) for event in SSEDecoder().feed(body)]


def join(events: list[Json]) -> bytes:
    return b"".join(sse(event, event.get("type")) for event in events)


@pytest.mark.parametrize(
    "kept",
    [
        ("_text.done", "arguments.done", "item.done"),
        ("content_part.done", "item.added", "arguments.done", "item.done"),
        ("item.done",),
        ("item.added",),
        (),
    ],
    ids=" ".join,
)
def test_without_deltas_everything_comes_from_the_events_that_repeat_it(kept: tuple[str, ...]) -> None:
    events = [each for each in split(RECORDED) if each["type"].endswith((*kept, ".completed"))]
    # Calls that were announced stand where they were announced.
    assert set(assemble(join(events)).message().parts) == set(ASSEMBLED)


@pytest.mark.parametrize("dropped", ["output_item.done", "output_item.added", ".done", "response.completed.output"])
def test_with_deltas_nothing_is_doubled(dropped: str) -> None:
    events = [each for each in split(RECORDED) if not each["type"].endswith(dropped)]
    if dropped == "response.completed.output":
        events[-1]["response"]["output"] = []
    parts = assemble(join(events)).message().parts
    assert [part for part in parts if isinstance(part, Text)] == [Text("Grüße 🌍")]
    assert [part.arguments for part in parts if isinstance(part, ToolCall)] == ['{"a": 1}', '{"b": "ü🌍"}']
    assert sum(len(part.text) for part in parts if isinstance(part, Reasoning)) == len("Let me think.")


@pytest.mark.parametrize("fault", ["no ids", "new ids", "no places", "one place", "no type"])
def test_items_are_found_by_their_id_or_by_their_place(fault: str) -> None:
    events = split(RECORDED)
    for number, event in enumerate(events):
        if fault == "no ids":
            event.pop("item_id", None)
            event.get("item", {}).pop("id", None)
        elif fault == "new ids":  # as behind some proxies: another one in every event
            event.update({"item_id": f"x{number}"} if "item_id" in event else {})
            event.get("item", {}).update(id=f"y{number}")
        elif fault == "no places":
            event.pop("output_index", None)
        elif fault == "one place":
            event.update({"output_index": 0} if "output_index" in event else {})
    body = b"".join(
        sse({k: v for k, v in event.items() if k != "type" or fault != "no type"}, event["type"]) for event in events
    )
    message = assemble(body).message()
    assert (message.reasoning, message.text) == ("Let me think.", "Grüße 🌍")
    assert message.tool_calls == ASSEMBLED[2:]


def test_interleaved_calls_are_told_apart() -> None:
    first, second = CALLS
    events: list[Json] = [
        {"type": "response.output_item.added", "output_index": i, "item": {"type": "function_call", "id": f"fc_{i}"}}
        for i in range(2)
    ]
    for piece in range(3):
        for i, call in enumerate((first, second)):
            if piece < len(call.pieces):
                name = "response.function_call_arguments.delta"
                events.append({"type": name, "output_index": i, "item_id": f"fc_{i}", "delta": call.pieces[piece]})
    for i, call in enumerate((first, second)):
        item = {"type": "function_call", "id": f"fc_{i}", "call_id": call.id, "name": call.name, "arguments": call.text}
        events.append({"type": "response.output_item.done", "output_index": i, "item": item})
        late = {"type": "response.function_call_arguments.delta", "output_index": i, "item_id": f"fc_{i}", "delta": "}"}
        events.append(late)
    events.append({"type": "response.completed", "response": {}})
    assembly = assemble(join(events))
    assert assembly.message().tool_calls == ASSEMBLED[2:]
    assert assembly.reason == "tool_calls"


def test_arguments_that_are_an_object_become_text() -> None:
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": {"a": "ü"}}
    body = join([{"type": "response.output_item.done", "item": item}, {"type": "response.completed"}])
    assert assemble(body).message().tool_calls[0].arguments == '{"a": "ü"}'


def test_arguments_that_were_only_announced_are_not_lost() -> None:
    item = {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": '{"a": 1}'}
    body = join([{"type": "response.output_item.added", "item": item}, {"type": "response.completed"}])
    assert assemble(body).message().tool_calls[0].arguments == '{"a": 1}'


def test_parts_of_a_summary_are_paragraphs_and_the_reasoning_itself_is_not_told_twice() -> None:
    place = {"item_id": "rs", "output_index": 0}
    events: list[Json] = [
        {"type": "response.reasoning_summary_text.delta", **place, "summary_index": 0, "delta": "a"},
        {"type": "response.reasoning_summary_text.delta", **place, "summary_index": 0, "delta": "b"},
        {"type": "response.reasoning_summary_text.delta", **place, "summary_index": 1, "delta": "c"},
        {"type": "response.reasoning_text.delta", **place, "content_index": 0, "delta": "all of it"},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "reasoning", "id": "rs"}},
        {"type": "response.completed", "response": None},
    ]
    assert assemble(join(events)).message().parts == (Reasoning("ab\n\nc", origin="openai/m"),)
    parts = [{"type": "summary_text", "text": "ab"}, {"type": "summary_text", "text": "c"}]
    done = {"type": "response.output_item.done", "item": {"type": "reasoning", "id": "rs", "summary": parts}}
    assert assemble(join([done, events[-1]])).message().reasoning == "ab\n\nc"
    raw = {"type": "response.reasoning_text.delta", **place, "content_index": 0, "delta": "raw"}
    assert assemble(join([raw, events[-1]])).message().reasoning == "raw"


def test_reasoning_without_a_word_is_kept_for_its_model() -> None:
    parts = assemble(b"".join(openai_responses(encrypted_reasoning="gAAA", text="hi"))).message().parts
    assert parts == (Reasoning("", '{"id": "rs_0", "encrypted_content": "gAAA"}', "openai/m"), Text("hi"))


@pytest.mark.parametrize(
    ("finish", "reason"), [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter")]
)
def test_reasons(finish: str, reason: str) -> None:
    assert assemble(b"".join(openai_responses(text="x", finish=finish))).reason == reason


def test_other_ends() -> None:
    for kind, response in (
        ("response.incomplete", {"incomplete_details": {"reason": "new"}}),
        ("response.incomplete", {"incomplete_details": {"reason": "stop"}}),
        ("response.incomplete", {"incomplete_details": None, "status": "completed"}),
        ("response.completed", {"status": "incomplete"}),
        ("response.completed", {"status": "odd"}),
    ):
        assembly = assemble(join([{"type": kind, "response": response}]))
        assert assembly.reason is None
        assert assembly.failure is not None
        assert assembly.failure.kind == "server_error"


@pytest.mark.parametrize("kept", [(), ("delta", "completed"), ("content_part.done", "completed"), ("completed",)])
def test_a_refusal_is_told_and_marked(kept: tuple[str, ...]) -> None:
    events = split(b"".join(openai_responses(refusal=["I ", "won't."])))
    assembly = assemble(join([each for each in events if not kept or each["type"].endswith(kept)]))
    assert (assembly.message().text, assembly.reason) == ("I won't.", "refusal")


def test_a_document_instead_of_a_stream_is_read_whole() -> None:
    response = split(RECORDED)[-1]["response"]
    assembly = assemble(sse(response))
    assert assembly.message().parts == ASSEMBLED
    assert assembly.usage.input_tokens == 9


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (errors.openai_responses_stream_error()[0], "server_error"),
        (errors.openai_responses_stream_error("rate_limit_exceeded", "Rate limit reached")[0], "rate_limit"),
        (sse({"type": "error", "code": "server_error", "message": "boom", "param": None}, "error"), "server_error"),
        (sse({"type": "error", "error": {"code": "insufficient_quota", "message": "no"}}, "error"), "quota"),
        (sse({"error": {"type": "overloaded_error", "message": "Overloaded"}}), "overloaded"),
        (sse({"type": "response.completed", "response": {"status": "failed", "error": None}}), "server_error"),
        (
            sse({"type": "response.failed", "response": {"error": {"code": "context_length_exceeded"}}}),
            "context_overflow",
        ),
        (b"data: {oops\n\n", "server_error"),
    ],
)
def test_errors_in_the_stream(event: bytes, kind: str) -> None:
    for before in (b"", b"".join(openai_responses(text="a", finish=None))):
        came = attempt(before + event)
        error = came.error
        assert isinstance(error, ProviderError)
        assert (error.info.kind, error.provider, error.model) == (kind, "openai", "openai/m")


def test_an_empty_stream_and_one_that_only_says_done_are_truncated() -> None:
    for body in (b"", b": ping\n\n", b"data: [DONE]\n\n", b"".join(openai_responses(text="a", finish=None))):
        error = attempt(body).error
        assert error is not None
        assert error.info.kind == "stream_truncated"


ODD: list[Any] = [
    *(None, 7, "text", [], {}, {"type": None}, {"type": []}, {"type": "response.nobody.knows"}, {"type": "keepalive"}),
    *({"type": "response.output_text.delta"}, {"type": "response.output_text.delta", "delta": 7}),
    {"type": "response.output_text.done", "text": None},
    {"type": "response.output_item.added", "item": None},
    {"type": "response.output_item.done", "item": {"type": "web_search_call", "id": "ws"}},
    {"type": "response.output_item.done", "item": {"type": [], "id": []}, "output_index": {}},
    {"type": "response.output_item.done", "item": {"type": "message", "content": [None, 7, {"type": "output_text"}]}},
    {"type": "response.output_item.done", "item": {"type": "reasoning", "summary": 7, "encrypted_content": 7}},
    {"type": "response.function_call_arguments.delta", "delta": None, "item_id": 7},
    {"type": "response.content_part.added", "part": 7},
    {"type": "response.content_part.done", "part": 7},
    {"type": "response.reasoning_summary_text.delta", "delta": {}},
    {"type": "response.in_progress", "response": {"error": None}},
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: json.dumps(value)[:60])
def test_what_is_odd_is_skipped_and_the_answer_is_right(value: object) -> None:
    events = openai_responses(text=["a", "b"])
    body = b"".join(events[:5]) + sse(value) + b": comment\n\nevent: ping\ndata: {}\n\ndata:\n\n" + b"".join(events[5:])
    assert assemble(body).message().text == "ab"


@pytest.mark.parametrize("usage", [None, 7, {}, {"input_tokens": "many", "output_tokens": -1}, {"input_tokens": True}])
def test_usage_that_says_nothing_is_unknown(usage: object) -> None:
    assembly = assemble(sse({"type": "response.completed", "response": {"usage": usage}}))
    assert not assembly.usage.known


TYPES = [
    f"response.{name}"
    for name in (
        "output_text.delta output_text.done refusal.delta refusal.done content_part.done reasoning_text.delta "
        "function_call_arguments.delta function_call_arguments.done output_item.added output_item.done completed failed"
    ).split()
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "function_call", "reasoning"]) | VALUES},
    optional=dict.fromkeys("id call_id name arguments content summary encrypted_content".split(), VALUES),
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | VALUES},
    optional={
        **dict.fromkeys(
            "item_id output_index content_index summary_index delta text refusal part arguments response error".split(),
            VALUES,
        ),
        "item": ITEMS | VALUES,
    },
)


@given(st.lists(EVENTS, max_size=8))
def test_whatever_comes_is_an_answer_or_one_clear_error(events: list[Any]) -> None:
    assembly = Assembly("openai/m")
    decoder = framed(WIRE.decoder(assembly))
    try:
        for event in events:
            decoder.feed(ServerSentEvent(json.dumps(event)))
    except ProviderError as error:
        assert error.info.message
    assembly.close_all()
    json.dumps(assembly.message().to_dict())
    check_blocks(assembly.drain())
