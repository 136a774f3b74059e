"""Answers without end fall over to the next model, and honest ones never do."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparewheel.chain.runaway import MAX_BLOCKS, MAX_CALLS, MAX_REPEATED
from sparewheel.providers import reader
from sparewheel.testing import Reply, ToolCall, anthropic, gemini, openai_chat, openai_responses
from sparewheel.testing.streams import sse
from sparewheel.transcript import fold
from tests.support.fakeloop import run
from tests.support.scripted import Played, ScriptedTransport, collect, session

TEXT = """
agents:
  root: {{model: a, fallback: {{models: [b], {fallback}}}, {more}}}
providers:
  one: {{provider: {provider}, base_url: "https://one.example.test", token_key: OTHER_KEY}}
models:
  a: {{provider: one, model: a}}
  b: {{provider: openai, model: b, base_url: "https://two.example.test", token_key: OTHER_KEY}}
"""
FORMATS: dict[str, tuple[str, Any]] = {
    "openai_chatcompletions": ("openai", openai_chat),
    "openai_responses": ("openai, api_type: openai_responses", openai_responses),
    "anthropic": ("anthropic", anthropic),
    "google": ("google", gemini),
}
WORDS = ["the ", "same ", "words ", "again "]
SPARE = Reply(openai_chat(text="Short."))


def play(
    first: Reply,
    *spares: Reply,
    api: str = "openai_chatcompletions",
    more: str = "max_response_bytes: 0",
    fallback: str = "retries: 2",
) -> Played:
    """One turn over the model `a`, which is asked once, and `b`."""
    text = TEXT.format(provider=FORMATS[api][0], more=more, fallback=fallback)
    return run(collect(session(ScriptedTransport({"a": [first], "b": spares}), [], text=text)))


def fell_over(first: Reply, kind: str, **options: Any) -> Played:
    """Check that the answer `first` fails with `kind`, once, and that the next model's answer counts."""
    played = play(first, SPARE, **options)
    assert [(event["kind"], event["code"]) for event in played.of("fallback")] == [(kind, "model_error")]
    assert len(played.of("discard")) <= 1
    assert (played.terminal["type"], played.terminal["message"]["content"]) == ("finish", "Short.")
    assert fold(played.events)["text"] == "Short."  # type: ignore[arg-type]
    return played


@given(text=st.text(alphabet="aé世😀", max_size=40), limit=st.integers(1, 60), size=st.integers(1, 5))
@example(text="éééééééé", limit=10, size=1)
@settings(max_examples=80)
def test_the_limit_counts_bytes(text: str, limit: int, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    first, more = Reply(openai_chat(reasoning=pieces, text=[*pieces, "."])), f"max_response_bytes: {limit}"
    if 2 * len(text.encode()) + 1 > limit:
        fell_over(first, "response_too_large", more=more) if limit >= 6 else None
    else:
        assert not play(first, more=more).of("fallback")


@pytest.mark.parametrize("api", FORMATS)
def test_the_limit_counts_arguments_and_a_body_that_is_no_stream(api: str) -> None:
    build, more = FORMATS[api][1], "max_response_bytes: 100"
    call = ToolCall("c", "look", json.dumps({"word": "é" * 60}, ensure_ascii=False))
    fell_over(Reply(build(tool_calls=[call])), "response_too_large", api=api, more=more)


def test_an_answer_in_one_document_has_the_same_limit() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "é" * 60}, "finish_reason": "stop"}
    document = json.dumps({"object": "chat.completion", "choices": [choice]}).encode()
    fell_over(Reply((document,)), "response_too_large", more="max_response_bytes: 100")


def test_the_turn_ends_with_it_when_every_model_does_so() -> None:
    long = Reply(openai_chat(text="é" * 60))
    played = play(long, long, more="max_response_bytes: 100")
    assert (played.terminal["type"], played.terminal["kind"]) == ("error", "response_too_large")
    assert "max_response_bytes" in played.terminal["hint"]
    assert [record["kind"] for record in played.terminal["attempts"]] == ["response_too_large"] * 2
    endless = Reply(openai_chat(text=WORDS * 2_200, finish=None), split=4_000)
    played = play(endless, endless)
    assert (played.terminal["type"], played.terminal["kind"]) == ("error", "loop")


@pytest.mark.parametrize("api", FORMATS)
@pytest.mark.parametrize("where", ["text", "reasoning"])
def test_the_same_words_again_and_again(api: str, where: str) -> None:
    build = FORMATS[api][1]
    played = fell_over(Reply(build(**{where: WORDS * 2_200}), split=4_000), "loop", api=api)
    discarded = played.of("discard")[0]["chars"]
    assert MAX_REPEATED <= discarded < 1.5 * MAX_REPEATED


@pytest.mark.parametrize("piece", [" ", "\n", "\t\n ", "ha ", "好的", "word " * 700, "I cannot say. " * 3 + "Why? "])
def test_what_counts_as_the_same_words(piece: str) -> None:
    start = "An honest beginning, as most loops have one: "
    fell_over(Reply(openai_chat(text=[start, *[piece * 10] * (5_000 // len(piece))]), split=2_000), "loop")


def test_the_same_words_in_arguments_and_in_one_chunk() -> None:
    for piece in ("the same words again ", "\\n", "\\t\\n  "):
        call = ToolCall("c", "look", ['{"word": "', *[piece * 20] * (50_000 // len(piece) // 20)])
        fell_over(Reply(openai_chat(tool_calls=[call]), split=4_000), "loop")
    call = ToolCall("c", "look", ['{"word": "', *WORDS * 2_200])
    fell_over(Reply(openai_chat(tool_calls=[call]), split=4_000), "loop")
    fell_over(Reply(openai_chat(text=WORDS * 2_200), split=10_000_000), "loop")


def test_space_without_a_pattern_and_before_a_tag() -> None:
    rng = random.Random(5)
    space = ["".join(rng.choices(" \n\t", k=500)) for _ in range(100)]
    for start in ("", "x", "<think>Hm"):
        fell_over(Reply(openai_chat(text=[start, *space]), split=4_000), "loop")


def test_a_loop_is_neither_kept_nor_continued() -> None:
    loop = Reply(openai_chat(text=WORDS * 2_200), split=4_000)
    for on_partial in ("keep", "continue"):
        fell_over(loop, "loop", fallback=f"on_partial: {on_partial}")


def poem() -> str:
    refrain = "Row, row, row your boat,\nGently down the stream.\n"
    return "".join(f"Verse {number} of the song\n{refrain * 3}" for number in range(1_000))


HONEST = {
    "equal rows of CSV": "0,0,0,alpha beta\n" * 10_000,
    "a table of equal rows": "| yes | no | 0.0 |\n" * 6_000,
    "an empty table": "|" + " " * 30_000 + "|\n|" + "-" * 70_000 + "|\n",
    "code": "    x = x + 1  # and again\n" * 5_000,
    "the same call in code": "\tif (a) {\n\t\tb();\n\t}\n" * 4_000,
    "a drawing": ("#" * 500 + "\n" + "#" + " " * 498 + "#\n" * 50) * 100,
    "a long list": "".join(f"{number}. the same item\n" for number in range(10_000)),
    "a numbered line": "".join(f"{number} is the same, " for number in range(10_000)),
    "random base64": base64.b64encode(random.Random(1).randbytes(150_000)).decode(),
    "base64 of zeros": base64.b64encode(bytes(150_000)).decode(),
    "base64 of a pattern": base64.b64encode(bytes(range(256)) * 600).decode(),
    "digits": "0123456789" * 20_000,
    "a punishment": "I must not talk in class. " * 1_000,
    "lines of a punishment": "I must not talk in class.\r\n" * 5_000,
    "a poem with a refrain": poem(),
    "JSON in one line": json.dumps({"rows": [[0] * 100] * 500}, separators=(",", ":")),
    "a ruler": "=" * 200_000,
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_text_is_no_loop(name: str) -> None:
    text = HONEST[name]
    pieces = [text[at : at + 500] for at in range(0, len(text), 500)]
    assert not play(Reply(openai_chat(text=pieces), split=4_000)).of("fallback")
    call = ToolCall("c", "write", ['{"text": "', *(json.dumps(piece)[1:-1] for piece in pieces)])
    played = play(Reply(openai_chat(tool_calls=[call]), split=4_000), SPARE, fallback="retries: -1")
    assert [event["kind"] for event in played.of("fallback")] == ["server_error"]  # JSON without its end, but no loop


def test_equal_rows_in_arguments_are_no_loop_wherever_a_chunk_ends() -> None:
    rows = ToolCall("c", "write", ['{"text": "', *["0, 0, alpha\\n"] * 5_000])
    for split in (3_001, 3_500, 4_003, 5_000):
        played = play(Reply(openai_chat(tool_calls=[rows]), split=split), SPARE, fallback="retries: -1")
        assert [event["kind"] for event in played.of("fallback")] == ["server_error"]


def test_equal_lines_end_too() -> None:
    fell_over(Reply(openai_chat(text=["the same line\n" * 1_000] * 200), every=1), "loop")


def test_floods_of_events_blocks_and_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(openai_chat(text=[], tool_calls=[ToolCall(f"c{n}", "look") for n in range(MAX_CALLS + 1)]))
    fell_over(Reply(many, split=4_000), "response_too_large")
    thought, word = openai_chat(reasoning=["a"], finish=None)[-1], openai_chat(text=["b"], finish=None)[-1]
    fell_over(Reply((thought, word) * (MAX_BLOCKS // 2 + 10), split=4_000), "response_too_large")
    monkeypatch.setattr(reader, "MAX_SILENT_EVENTS", 1_000)
    for silent in (openai_chat(text=[""], finish=None)[-1], b"data: {}\n\n", b"event: ping\ndata: {}\n\n", sse([])):
        fell_over(Reply((word, *[silent] * 1_100), split=500), "response_too_large")
        assert not play(Reply((*[silent, silent, word] * 800, *openai_chat(text="."))), more="").of("fallback")
