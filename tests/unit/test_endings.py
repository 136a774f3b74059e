"""Only a known-good end frees tool calls: every finish reason of vendors' documents, servers and gateways.

The property: a call is executed only after a word of `GOOD`, and only with complete arguments. All other words, known
or not, and all cuts of a call, execute nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.errors import ErrorInfo
from sparewheel.messages import user
from sparewheel.providers.base import ModelRequest
from sparewheel.providers.endings import ending
from sparewheel.testing import Reply, sse
from tests.support.agentic import context, say, tool
from tests.support.fakeloop import run
from tests.support.scripted import ScriptedTransport, collect, folded_text, play, session
from tests.support.wire import attempt_body
from tests.unit.test_field_streams import FORMATS

WORDS: Final[dict[str, str]] = {
    "OpenAI": "stop length tool_calls function_call content_filter",
    "OpenAI Responses": "completed incomplete failed cancelled queued in_progress max_output_tokens content_filter",
    "Azure": "stop length content_filter tool_calls max_output_tokens",
    "Anthropic": "end_turn max_tokens stop_sequence tool_use pause_turn refusal compaction "
    "model_context_window_exceeded",
    "Gemini": "FINISH_REASON_UNSPECIFIED STOP MAX_TOKENS SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT "
    "SPII MALFORMED_FUNCTION_CALL IMAGE_SAFETY UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE "
    "MALFORMED_RESPONSE IMAGE_PROHIBITED_CONTENT NO_IMAGE IMAGE_RECITATION IMAGE_OTHER",
    "Vertex AI": "MODEL_ARMOR finish_reason_unspecified malformed_function_call",
    "Bedrock": "end_turn tool_use max_tokens stop_sequence guardrail_intervened content_filtered "
    "malformed_model_output malformed_tool_use model_context_window_exceeded FINISHED STOP_CRITERIA_MET LENGTH "
    "CONTENT_FILTERED endoftext",
    "Cohere": "COMPLETE STOP_SEQUENCE MAX_TOKENS TOOL_CALL ERROR TIMEOUT ERROR_TOXIC ERROR_LIMIT USER_CANCEL",
    "Mistral": "stop length model_length error tool_calls",
    "DeepSeek": "stop length content_filter tool_calls insufficient_system_resource aborted",
    "DashScope": "null stop length tool_calls",
    "Moonshot": "stop length tool_calls content_filter",
    "MiniMax": "stop length max_output tool_calls content_filter",
    "Zhipu": "stop tool_calls length sensitive network_error model_context_window_exceeded",
    "Baidu": "normal stop length content_filter function_call",
    "GigaChat": "stop length function_call blacklist error",
    "Yandex": "ALTERNATIVE_STATUS_FINAL ALTERNATIVE_STATUS_TRUNCATED_FINAL ALTERNATIVE_STATUS_CONTENT_FILTER "
    "ALTERNATIVE_STATUS_TOOL_CALLS ALTERNATIVE_STATUS_PARTIAL",
    "watsonx": "not_finished max_tokens eos_token cancelled time_limit stop_sequence token_limit error",
    "Reka": "stop length context",
    "xAI": "stop length tool_calls end_turn completed",
    "Together": "stop eos length tool_calls function_call error",
    "TGI": "length eos_token stop_sequence",
    "vLLM": "stop length abort error repetition tool_calls",
    "SGLang": "stop length abort content_filter tool_calls function_call",
    "LMDeploy": "stop length tool_calls error abort",
    "TensorRT-LLM": "stop length timeout cancelled not_finished",
    "llama.cpp": "none eos limit word stop length",
    "Ollama": "stop length load unload",
    "LM Studio": "eosFound maxPredictedTokensReached stopStringFound toolCalls contextLengthReached userStopped "
    "modelUnloaded failed",
    "node-llama-cpp": "eogToken maxTokens functionCall abort stopGenerationTrigger cancel",
    "OpenRouter": "tool_calls stop length content_filter error",
    "LiteLLM": "stop length eos guardrail_intervened finish_reason_unspecified",
    "AI gateways": "tool-calls content-filter other unknown error Stop STOP Length ToolUse endTurn",
}

GOOD: Final = frozenset(
    "stop STOP Stop stop_sequence STOP_SEQUENCE STOP_CRITERIA_MET stopStringFound end_turn endTurn endoftext eos "
    "eos_token eosFound eogToken COMPLETE completed FINISHED normal ALTERNATIVE_STATUS_FINAL tool_calls tool-calls "
    "toolCalls TOOL_CALL tool_use ToolUse function_call functionCall ALTERNATIVE_STATUS_TOOL_CALLS".split()
)
CUT: Final = frozenset(
    "length LENGTH Length max_tokens MAX_TOKENS maxTokens max_output_tokens max_output model_length context limit "
    "token_limit time_limit model_context_window_exceeded contextLengthReached maxPredictedTokensReached ERROR_LIMIT "
    "ALTERNATIVE_STATUS_TRUNCATED_FINAL pause_turn compaction".split()
)
ALL: Final = sorted({word for words in WORDS.values() for word in words.split()})
WHOLE: Final = '{"all": true}'
CUTS: Final = ("", '{"all"', '{"all": true', '{"all": true, "dry_run": ')


def chat(word: object, arguments: str) -> tuple[bytes, ...]:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "delete", "arguments": arguments}}
    choices = ({"delta": {"tool_calls": [call]}, "finish_reason": None}, {"delta": {}, "finish_reason": word})
    return (*(sse({"choices": [{"index": 0, **choice}]}) for choice in choices), sse("[DONE]"))


def anthropic(word: object, arguments: str) -> tuple[bytes, ...]:
    start = {"type": "tool_use", "id": "c1", "name": "delete", "input": {}}
    events: list[dict[str, Any]] = [
        {"type": "content_block_start", "index": 0, "content_block": start},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": arguments}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": word}},
        {"type": "message_stop"},
    ]
    return tuple(sse(event, event["type"]) for event in events)


def gemini(word: object, arguments: str) -> tuple[bytes, ...]:
    """Arguments come as a value. A server that reads them from a text may send what it has, or the text itself."""
    args: object = {} if not arguments else json.loads(arguments) if arguments == WHOLE else arguments
    part = {"functionCall": {"name": "delete", "args": args}}
    return (sse({"candidates": [{"content": {"parts": [part]}, "finishReason": word}]}),)


def responses(word: object, arguments: str, kind: str = "response.completed") -> tuple[bytes, ...]:
    item = {"type": "function_call", "id": "f1", "call_id": "c1", "name": "delete", "arguments": ""}
    end: dict[str, Any] = {"status": word, "output": [{**item, "arguments": arguments}]}
    if kind == "response.incomplete":
        end |= {"status": "incomplete", "incomplete_details": {"reason": word}}
    events: list[dict[str, Any]] = [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.function_call_arguments.delta", "item_id": "f1", "delta": arguments},
        {"type": kind, "response": end},
    ]
    return tuple(sse(event, event["type"]) for event in events)


BUILDERS: Final[dict[str, Any]] = {"chat": chat, "anthropic": anthropic, "gemini": gemini, "responses": responses}


def freed(name: str, events: tuple[bytes, ...]) -> bool:
    """Whether an attempt with these events ends well and has calls to execute."""
    tried = attempt_body(ModelRequest(FORMATS[name], [user("hi")]), b"".join(events))
    return tried.error is None and bool(tried.assembly.message().tool_calls)


@pytest.mark.parametrize("name", BUILDERS)
def test_a_call_is_free_only_after_a_good_end(name: str) -> None:
    assert len(WORDS) >= 24
    for word, arguments in product(ALL, (*CUTS, WHOLE)):
        # Arguments may be missing: servers send "" for a tool without parameters.
        expected = word in GOOD and arguments in ("", WHOLE)
        assert freed(name, BUILDERS[name](word, arguments)) == expected, (word, arguments)


def test_an_incomplete_response_frees_no_call_for_any_reason() -> None:
    words: list[object] = [*ALL, None, "", 7, {}]
    for word, arguments in product(words, (*CUTS, WHOLE)):
        assert not freed("responses", responses(word, arguments, "response.incomplete")), (word, arguments)


@pytest.mark.parametrize("name", BUILDERS)
def test_without_a_word_no_call_is_free(name: str) -> None:
    words: list[object] = [None, "", 0, False, [], {}, ["stop"], [None], 1, True, {"type": None}, {"reason": "stop"}]
    for word in words:
        events = BUILDERS[name](word, WHOLE)
        if name != "responses" or word:  # `response.completed` is an end without its status
            assert not freed(name, events), word
        for kept in range(len(events)):
            assert not freed(name, events[:kept]), (word, kept)
            assert not freed(name, (*events[:kept], sse("[DONE]"))), (word, kept)


@pytest.mark.parametrize("name", BUILDERS)
@settings(max_examples=60)
@given(word=st.text() | st.sampled_from(ALL).map(lambda word: f"{word}_x"), arguments=st.sampled_from((*CUTS, WHOLE)))
def test_no_unknown_word_frees_a_call(name: str, word: str, arguments: str) -> None:
    absent = name == "responses" and not word  # as above
    if ending(word) not in ("stop", "tool_calls") and not absent:
        assert not freed(name, BUILDERS[name](word, arguments))


@pytest.mark.parametrize("name", BUILDERS)
def test_no_tool_is_run_in_a_turn(name: str) -> None:
    """The same through the whole loop: every bad word, with a fixed cut for each."""
    vendor = {"chat": "openai", "responses": "openai, api_type: openai_responses", "gemini": "google"}.get(name, name)
    text = (
        "agents: {root: {model: p/a, fallback: {retries: -1}}}\n"
        f"providers: {{p: {{provider: {vendor}, base_url: 'https://p.example.test'}}}}"
    )
    ran: list[bool] = []

    def delete(all: bool = False) -> str:
        ran.append(all)
        return "deleted"

    def turn(word: str, arguments: str) -> dict[str, Any]:
        transport = ScriptedTransport({"a": [Reply(BUILDERS[name](word, arguments)), Reply(say("ok"))]})
        return run(collect(session(transport, [], text=text, context=context(tool(delete))))).terminal

    for number, word in enumerate(word for word in ALL if word not in GOOD):
        terminal = turn(word, (*CUTS, WHOLE)[number % 5])
        assert not ran, word
        ends = {"length"} if word in CUT else {"refusal", "content_filter", None}
        assert terminal.get("reason") in ends, word
    turn("STOP", WHOLE)
    assert ran == [True]


def test_words_have_one_meaning_in_any_spelling() -> None:
    for word in ALL:
        spellings = {word, word.lower(), word.upper(), word.replace("_", "-"), word.replace("_", ""), word.title()}
        meanings = {"failure" if isinstance(end := ending(each), ErrorInfo) else end for each in spellings}
        assert len(meanings) == 1, word
    assert {ending(word) for word in CUT} == {"length"}
    assert {ending(word) for word in GOOD} == {"stop", "tool_calls"}


@pytest.mark.parametrize(
    ("word", "detail", "kind", "message"),
    [
        ("abort", "", "server_error", "The provider ended its answer early (abort)."),
        ("rate_limit_exceeded", "", "rate_limit", "The provider ended its answer early (rate_limit_exceeded)."),
        ("insufficient_quota", "", "quota", "The provider ended its answer early (insufficient_quota)."),
        ("overloaded_error", "", "overloaded", "The provider ended its answer early (overloaded_error)."),
        ("OTHER", "Try again in 3s", "server_error", "The provider ended its answer early (OTHER): Try again in 3s"),
        ({"type": "abort", "message": "Shutting down"}, "", "server_error", "early (abort): Shutting down"),
        ("LANGUAGE", "", "unsupported", "The model does not support the language of this conversation (LANGUAGE)."),
        ("x\n\x1b[31m", "", "server_error", "The provider ended its answer early (x [31m)."),
        ("x" * 10_000, "y" * 10_000, "server_error", "The provider ended its answer early (xxx"),
    ],
)  # fmt: skip
def test_a_word_that_is_no_end_is_a_failure(word: object, detail: str, kind: str, message: str) -> None:
    end = ending(word, detail)
    assert isinstance(end, ErrorInfo)
    assert end.kind == kind
    assert message in end.message
    assert len(end.message) <= 500


def test_the_more_severe_of_two_ends_counts() -> None:
    def reason(*words: str) -> str | None:
        chunks = [sse({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": word}]}) for word in words]
        tried = attempt_body(ModelRequest(FORMATS["chat"], [user("hi")]), b"".join([*chunks, sse("[DONE]")]))
        return tried.kind or tried.assembly.reason

    assert reason("stop", "length") == reason("length", "stop") == "length"
    assert reason("stop", "stop", "STOP") == "stop"
    assert reason("abort", "stop") == reason("stop", "abort") == "server_error"
    assert reason("content_filter", "stop") == "content_filter"
    assert reason("null", "stop", "none") == "stop"


def test_a_call_at_the_output_limit_is_cut_even_if_its_end_is_named_tool_calls() -> None:
    """vLLM does so: https://github.com/vllm-project/vllm/pull/46303."""
    limited = replace(FORMATS["chat"], parameters={"max_tokens": 10})
    for written, thought, expected in (
        (10, 0, "length"),
        (11, 0, "length"),
        (9, 0, "tool_calls"),
        (15, 6, "tool_calls"),
    ):
        usage = {"completion_tokens": written, "completion_tokens_details": {"reasoning_tokens": thought}}
        *events, done = chat("tool_calls", "")
        body = b"".join((*events, sse({"choices": [], "usage": usage}), done))
        tried = attempt_body(ModelRequest(limited, [user("hi")]), body)
        assert (tried.kind, tried.assembly.reason) == (None, expected)
        assert bool(tried.assembly.message().tool_calls) == (expected == "tool_calls")


def test_the_next_model_answers_when_the_first_one_aborts() -> None:
    half = (sse({"choices": [{"index": 0, "delta": {"content": "Half an"}}]}), *chat("abort", WHOLE))
    played, transport = play({"a": [half], "other/b": [say("The whole answer.")]}, fallback="retries: -1")
    assert transport.asked == ["a", "b"]
    assert [event["kind"] for event in played.of("fallback")] == ["server_error"]
    assert folded_text(played.events) == "The whole answer."
