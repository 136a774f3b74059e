"""The many servers that speak Chat Completions, each a little differently."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.config.resolved import ModelSpec
from sparewheel.errors import ProviderError
from sparewheel.messages import Reasoning, Text, ToolCall, user
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import ModelRequest
from sparewheel.providers.openai_chat import OpenAIChat
from sparewheel.sse import ServerSentEvent
from sparewheel.testing import errors, openai_chat
from tests.support.wire import check_blocks, framed

WIRE = OpenAIChat()
Json = dict[str, Any]
SPEC = ModelSpec("p", "m", "openai_chatcompletions", "https://openrouter.ai/api/v1")
DONE = "[DONE]"


def read(*events: object, model: ModelSpec | None = None, complete: bool = True) -> Assembly:
    """Decode events, given as JSON values or as raw data; the rest after the end marker is not read."""
    assembly = Assembly("p/m")
    decoder = framed(WIRE.decoder(assembly, model))
    for event in events:
        if not decoder.ended:
            decoder.feed(ServerSentEvent(event if isinstance(event, str) else json.dumps(event)))
    ended = decoder.ended or (decoder.ends_with_body and assembly.reason is not None)
    assert ended == complete
    decoder.finish()
    assembly.close_all()
    if assembly.reason == "stop":
        assembly.settle_calls()
    return assembly


def chunk(delta: object, finish: object = None, **extra: object) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **extra}


def call(arguments: object = None, name: object = None, call_id: object = None, **extra: object) -> Json:
    return chunk({"tool_calls": [{"id": call_id, "function": {"name": name, "arguments": arguments}, **extra}]})


def calls(*events: object) -> list[tuple[str, str]]:
    found = read(*events, chunk({}, "tool_calls"), DONE).message().tool_calls
    assert len({each.id for each in found}) == len(found)
    return [(each.name, each.arguments) for each in found]


TWO = [("f", '{"a": 1}'), ("g", "{}")]


def test_calls_with_one_index_are_told_apart() -> None:
    by_id = call('{"a": 1}', "f", "x", index=0), call("{}", "g", "y", index=0)
    assert calls(*by_id) == TWO
    assert calls(call('{"a": 1}', "f", "x"), call("{}", "g", "y")) == TWO
    assert calls(call('{"a": 1}', "f", ""), call("{}", "g", "")) == TWO
    same = call("{}", "f", None, index=0)
    assert calls(same, same) == [("f", "{}"), ("f", "{}")]
    both = [entry for event in by_id for entry in event["choices"][0]["delta"]["tool_calls"]]
    assert calls(chunk({"tool_calls": both})) == TWO


def test_ids_and_names_may_come_with_every_delta() -> None:
    pieces = ['{"a"', ": ", "1}"]
    assert calls(*(call(piece, "f", "x", index=0) for piece in pieces)) == [("f", '{"a": 1}')]
    assert calls(*(call(piece, "f", "x") for piece in pieces)) == [("f", '{"a": 1}')]
    assert calls(*(call(piece, "f", index=0) for piece in pieces)) == [("f", '{"a": 1}')]
    ends = call("}", None, "x", index=0), call("}", None, "y", index=0)
    assert calls(call('{"a": 1', "f", "x", index=0), call("{", "g", "y", index=0), *ends) == TWO
    one_id = call('{"a": 1}', "f", "x", index=0), call("{", "g", "x", index=1), call("}", None, "x", index=1)
    found = read(*one_id, DONE).message().tool_calls
    assert [(each.name, each.arguments) for each in found] == TWO


def test_an_id_that_comes_late_belongs_to_the_call_that_waits_for_it() -> None:
    assert calls(call('{"a": 1', "f", index=0), call("}", None, "x", index=0), call("{}", "g", "y", index=1)) == TWO


def test_arguments_as_a_value_and_a_single_entry() -> None:
    assert calls(call({"a": "ü"}, "f", "x")) == [("f", '{"a": "ü"}')]
    entry = {"id": "x", "function": {"name": "f", "arguments": "{}"}}
    assert calls(chunk({"tool_calls": entry})) == [("f", "{}")]


def test_the_function_call_of_old() -> None:
    pieces = [{"name": "f", "arguments": '{"a"'}, {"arguments": ": 1}"}]
    assert calls(*(chunk({"function_call": piece}) for piece in pieces)) == [("f", '{"a": 1}')]


def test_a_stop_with_calls_is_a_stop_for_calls() -> None:
    assert read(call("{}", "f", "x"), chunk({}, "stop"), DONE).reason == "tool_calls"


# Content


def test_content_as_a_list_of_parts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, None, {"type": "text", "text": "m"}]}
    message = read(
        chunk({"content": [thinking]}),
        chunk({"content": [{"type": "thinking", "thinking": "!"}]}),
        chunk({"content": [{"type": "text", "text": "a"}, "b", None, 7, {"type": "reference", "reference_ids": [1]}]}),
        chunk({"content": {"type": "text", "text": "c"}}),
        chunk({"content": "d"}, "stop"),
        DONE,
    ).message()
    assert message.parts == (Reasoning("hm!", origin="p/m"), Text("abcd"))


def test_reasoning_comes_before_the_text_of_the_same_delta() -> None:
    message = read(chunk({"content": "a", "reasoning_content": "r"}, "stop"), DONE).message()
    assert message.parts == (Reasoning("r", origin="p/m"), Text("a"))


def test_a_refusal_stays_one_whatever_the_finish_reason() -> None:
    for delta in ({"refusal": "No."}, {"content": [{"type": "refusal", "refusal": "No."}]}):
        assembly = read(chunk(delta), chunk({}, "stop"), DONE)
        assert (assembly.message().text, assembly.reason) == ("No.", "refusal")


def test_only_the_first_choice_counts() -> None:
    other = {"index": 1, "delta": {"content": "x"}, "finish_reason": "length"}
    first = {"index": 0, "delta": {"content": "a"}, "finish_reason": None}
    assembly = read({"choices": [other, first]}, {"choices": [other]}, chunk({"content": "b"}, "stop"), DONE)
    assert (assembly.message().text, assembly.reason) == ("ab", "stop")


WHOLE = {
    "role": "assistant",
    "content": "Hi",
    "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "{}"}}],
}


def test_an_answer_in_one_event_is_its_own_end() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4}
    event = {"object": "chat.completion", "choices": [{"message": WHOLE, "finish_reason": "tool_calls"}]}
    assembly = read({**event, "usage": usage})
    assert [type(part) for part in assembly.message().parts] == [Text, ToolCall]
    assert (assembly.reason, assembly.usage.output_tokens) == ("tool_calls", 4)


def test_a_message_after_deltas_is_not_told_again() -> None:
    last = {"choices": [{"message": {"content": "ab"}, "finish_reason": "stop"}]}
    assert read(chunk({"content": "a"}), chunk({"content": "b"}), last, DONE).message().text == "ab"


def test_half_a_character_is_no_reason_to_fail() -> None:
    assert (
        read('{"choices": [{"delta": {"content": "a\\ud83c"}}]}', chunk({}, "stop"), DONE).message().text == "a\ufffd"
    )


# The end


def test_done_may_have_spaces_around_it() -> None:
    assert read(chunk({"content": "a"}, "stop"), "  [DONE] ").reason == "stop"


def test_the_finish_reason_ends_only_where_the_option_says_so() -> None:
    events = [chunk({"content": "a"}), chunk({}, "stop")]
    assert read(*events, complete=False).reason == "stop"
    assert read(*events, model=SPEC, complete=False).reason == "stop"
    opted = replace(SPEC, options={"end_marker": "finish_reason"})
    assert read(*events, model=opted).reason == "stop"
    read(events[0], model=opted, complete=False)
    assert b"end_marker" not in WIRE.request(ModelRequest(opted, [user("hi")])).body


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("model_length", "length"), ("sensitive", "content_filter"), ([], None), (["stop"], None), (7, None)],
)
def test_other_words_for_a_reason(finish: object, reason: str | None) -> None:
    assert read(chunk({"content": "a"}, finish), DONE).reason == reason


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        (json.loads(errors.openrouter_stream_error()[0][6:]), "server_error", "Provider disconnected unexpectedly"),
        ({"choices": [{"finish_reason": "error", "error": {"code": 429, "message": "Wait"}}]}, "rate_limit", "Wait"),
        ({"object": "error", "message": "No", "type": "BadRequestError", "code": 400}, "invalid_request", "No"),
        ({"choices": [], "x_groq": {"id": "r", "error": "over_capacity"}}, "overloaded", "over_capacity"),
        ({"error": "model runner stopped"}, "server_error", "model runner stopped"),
    ],
)  # fmt: skip
def test_errors_in_the_stream(event: object, kind: str, message: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read(chunk({"content": "a"}), event)
    assert caught.value.info.kind == kind
    assert message in caught.value.info.message


@pytest.mark.parametrize("word", ["error", "insufficient_system_resource", "abort", "never heard of"])
def test_a_reason_that_is_no_end(word: str) -> None:
    failure = read(chunk({"content": "a"}), chunk({}, word), DONE).failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("server_error", f"The provider ended its answer early ({word}).")


def test_no_error_is_no_error() -> None:
    nothings: list[object] = [None, "", {}, [], False]
    for nothing in nothings:
        assert read(chunk({"content": "a"}, error=nothing), chunk({}, "stop"), DONE).message().text == "a"


# Usage


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        (chunk({}, "stop", x_groq={"usage": {"prompt_tokens": 1, "completion_tokens": 2}}), (1, 2, None, None)),
        ({"choices": [], "x_groq": {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}}, (1, 2, None, None)),
        ({"choices": [{"finish_reason": 1, "usage": {"prompt_tokens": 1, "cached_tokens": 1}}]}, (1, None, 1, None)),
        ({"usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 8}}, (9, 2, 8, None)),
        (  # xAI counts reasoning beside the answer
            {
                "usage": {
                    "prompt_tokens": 12,
                    "completion_tokens": 1,
                    "total_tokens": 399,
                    "completion_tokens_details": {"reasoning_tokens": 386},
                }
            },
            (12, 387, None, 386),
        ),
        (  # everyone else counts it within
            {
                "usage": {
                    "prompt_tokens": 12,
                    "completion_tokens": 400,
                    "total_tokens": 412,
                    "completion_tokens_details": {"reasoning_tokens": 386},
                }
            },
            (12, 400, None, 386),
        ),
    ],
)  # fmt: skip
def test_usage_wherever_it_stands(event: object, counted: tuple[int | None, ...]) -> None:
    usage = read(event, chunk({}, None, usage={}), {"usage": {"prompt_tokens": None}}, DONE).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == counted


# Anything at all

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def shape(names: str, **known: Any) -> st.SearchStrategy[Any]:
    fields: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(names.split(), VALUES)
    return VALUES | st.fixed_dictionaries({}, optional={**fields, **known})


FUNCTIONS = shape("name arguments")
ENTRIES = shape("id index extra_content", function=FUNCTIONS)
PARTS = shape("text thinking refusal", type=st.sampled_from(["text", "thinking"]) | VALUES)
DETAILS = shape("type index text summary data")
DELTAS = shape(
    "role refusal reasoning reasoning_content",
    content=VALUES | st.lists(PARTS, max_size=2),
    tool_calls=VALUES | st.lists(ENTRIES, max_size=3),
    function_call=FUNCTIONS,
    reasoning_details=VALUES | st.lists(DETAILS, max_size=3),
)
CHOICES = shape("index error usage", delta=DELTAS, message=DELTAS, finish_reason=VALUES | st.just("stop"))
CHUNKS = shape("error usage object x_groq", choices=VALUES | st.lists(CHOICES, max_size=2))


@given(st.lists(CHUNKS, max_size=6))
def test_whatever_comes_is_an_answer_or_one_clear_error(events: list[Any]) -> None:
    assembly = Assembly("p/m")
    decoder = framed(WIRE.decoder(assembly))
    try:
        for event in [*events, DONE]:
            decoder.feed(ServerSentEvent(event if event is DONE else json.dumps(event)))
    except ProviderError as error:
        assert error.info.message
    assembly.close_all()
    check_blocks(assembly.drain())
    WIRE.request(ModelRequest(SPEC, [assembly.message(), user("hi")]))


def test_a_line_of_ten_megabytes() -> None:
    text = "x" * 10_000_000
    assert len(read(chunk({"content": text}, "stop"), DONE).message().text) == len(text)


def test_the_recorded_shape_with_openrouters_name_for_reasoning() -> None:
    body = openai_chat(reasoning="hm", text="hi", reasoning_field="reasoning")
    assert read(*(event[6:].decode().strip() for event in body)).message().reasoning == "hm"
