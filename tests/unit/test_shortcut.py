"""What is not parsed must come to the same as what is: for every format, every text, and whatever stands between."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.classify import classify
from sparewheel.providers.assembly import Assembly
from sparewheel.providers.base import StreamDecoder
from sparewheel.providers.frames import Frames
from sparewheel.providers.registry import wire_format
from sparewheel.providers.shortcut import MAX_PATTERNS, Shortcut
from sparewheel.sse import ServerSentEvent, SSEDecoder
from sparewheel.testing import ToolCall, Usage, anthropic, gemini, openai_chat, openai_responses

BUILDERS: dict[str, Any] = {
    "openai_chatcompletions": openai_chat,
    "openai_responses": openai_responses,
    "anthropic": anthropic,
    "google": gemini,
}
TEXTS = st.lists(
    st.sampled_from(["a", " word", '"', "\\", "\n", "\t", "é", "😀", "\u200b", '","text":"', "role"]) | st.text()
)


class Counting(Frames):
    """Counts the events that are parsed."""

    def __init__(self, decoder: StreamDecoder) -> None:
        super().__init__(decoder, lambda body: classify(body=body))
        self.fed = 0

    def feed(self, event: ServerSentEvent) -> None:
        self.fed += 1
        super().feed(event)


def decoder_of(api: str, assembly: Assembly) -> Counting:
    return Counting(wire_format(api).decoder(assembly))


def parsed(body: bytes) -> list[ServerSentEvent]:
    decoder = SSEDecoder()
    return decoder.feed(body) + decoder.close()


def both(api: str, events: list[ServerSentEvent]) -> int:
    """Check that the shortcut changes nothing; how many events the decoder was still fed."""
    plain, short = Assembly("p/m"), Assembly("p/m")
    decoder = decoder_of(api, plain)
    for event in events:
        decoder.feed(event)
        if decoder.ended:
            break
    counted = decoder_of(api, short)
    Shortcut(counted, short).feed(events)
    assert short.drain() == plain.drain()
    assert short.message() == plain.message()
    assert (counted.ended, short.reason, short.usage, short.chars) == (
        decoder.ended,
        plain.reason,
        plain.usage,
        plain.chars,
    )
    return counted.fed


@pytest.mark.parametrize("api", BUILDERS)
@settings(max_examples=40)
@given(texts=TEXTS, thoughts=TEXTS)
def test_it_changes_nothing(api: str, texts: list[str], thoughts: list[str]) -> None:
    call = ToolCall("c1", "look", '{"at": 1}')
    body = b"".join(BUILDERS[api](reasoning=thoughts, text=texts, tool_calls=[call], usage=Usage(1, 2)))
    both(api, parsed(body))


@pytest.mark.parametrize("api", ["openai_chatcompletions", "anthropic"])
def test_events_in_any_order_change_nothing(api: str) -> None:
    """Nonsense too: a pattern that was learnt must not outlive what it was learnt from."""
    call = ToolCall("c1", "look", ['{"at"', ": 1}"])
    words = ["a", "b", "c", '"', "\n"] * 6
    events = parsed(b"".join(BUILDERS[api](reasoning=words, text=words, tool_calls=[call], usage=Usage(1, 2))))
    rng = random.Random(7)
    for _ in range(300):
        both(api, rng.choices(events[:-1], k=40))


@pytest.mark.parametrize("api", ["openai_chatcompletions", "anthropic"])
def test_a_long_answer_is_hardly_parsed(api: str) -> None:
    body = b"".join(BUILDERS[api](text=["word "] * 5000 + ["two\nlines"] + ["word "] * 5000))
    assert both(api, parsed(body)) < 15


@pytest.mark.parametrize("api", BUILDERS)
def test_long_reasoning_is_hardly_parsed(api: str) -> None:
    events = parsed(b"".join(BUILDERS[api](reasoning=["hm "] * 1000, text=["word "] * 1000)))
    fed = both(api, events)
    assert fed < 30


def chat(text: str, **extra: object) -> ServerSentEvent:
    return ServerSentEvent(json.dumps({"choices": [{"index": 0, "delta": {"content": text}}], **extra}))


def padded(number: int, text: str) -> ServerSentEvent:
    """As OpenAI's Responses API has it, between whose numbers and padding the text stands."""
    data = {"type": "response.output_text.delta", "sequence_number": number, "item_id": "m", "output_index": 0}
    noise = "".join(random.Random(number).choices("abcXYZ019", k=number % 17))
    return ServerSentEvent(json.dumps(data | {"content_index": 0, "delta": text, "obfuscation": noise}))


def test_noise_in_known_places_is_no_difference() -> None:
    chats = [chat("word ", obfuscation="".join(random.Random(n).choices("abcXYZ", k=n % 16))) for n in range(1000)]
    assert both("openai_chatcompletions", chats) < 10
    mistral = [chat("word ", p="".join(random.Random(n).choices("abcXYZ019", k=n % 40))) for n in range(1000)]
    assert both("openai_chatcompletions", mistral) < 10
    assert both("openai_responses", [padded(number, "word ") for number in range(1, 1000)]) < 10


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.sampled_from(["a", " word", '"', "\\", '","obfuscation":"x']) | st.text())
    )
)
def test_text_amid_noise_is_what_it_was(pieces: list[tuple[int, str]]) -> None:
    both("openai_responses", [padded(number, text) for number, text in pieces])


@pytest.mark.parametrize(
    "noise", ['x"', "x\\u0041", 'x","delta":"no', {"a": 1}, ["x"], None, 1.5, True, "-" * 100, " "]
)
def test_noise_of_another_kind_is_parsed(noise: object) -> None:
    events = [chat("a", obfuscation="abc"), chat("b", obfuscation="de"), chat("c", obfuscation=noise), chat("d")]
    assert both("openai_chatcompletions", events) > 2


def test_where_every_event_is_different_it_gives_up() -> None:
    events = [chat("word ", noise=number) for number in range(100)]
    assert both("openai_chatcompletions", events) == 100
    assembly = Assembly("p/m")
    shortcut = Shortcut(decoder_of("openai_chatcompletions", assembly), assembly)
    shortcut.feed(events)
    assert shortcut._left == 0
    assert MAX_PATTERNS < 100


@pytest.mark.parametrize(
    "text", ['a"}}]} {"', "a\\u0041", "\x01", "a\\", '"', '","content":"b'], ids=lambda text: repr(text)
)
def test_what_is_no_json_still_fails_and_escapes_are_read(text: str) -> None:
    events = [chat("a"), chat("b"), chat("c")]
    raw = events[0].data.replace('"a"', f'"{text}"')
    assembly = Assembly("p/m")
    shortcut = Shortcut(decoder_of("openai_chatcompletions", assembly), assembly)
    shortcut.feed(events)
    try:
        expected = json.loads(raw)["choices"][0]["delta"]["content"]
    except ValueError:
        with pytest.raises(Exception, match="not JSON"):
            shortcut.feed([ServerSentEvent(raw)])
    else:
        shortcut.feed([ServerSentEvent(raw)])
        assert assembly.message().text == f"abc{expected}"


def test_an_event_of_another_name_is_not_taken_for_the_same() -> None:
    events = [chat("a"), chat("b"), chat("c")]
    other = ServerSentEvent(events[0].data, "error")
    # The first event opens the block and two show the pattern; after the other, two have to show it again.
    assert both("openai_chatcompletions", [*events, *events, other, *events]) == 3 + 1 + 2
