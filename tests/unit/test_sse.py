"""The decoder against the standard's examples, and against every way a network can cut a stream."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from sparewheel.errors import ProviderError
from sparewheel.sse import ServerSentEvent, SSEDecoder

RECORDED = (
    "\ufeff: a comment, then two kinds of line ends\r\n"
    "event: greeting\r\nid: 7\r\ndata: Grüße, 世界 🌍\r\n\r\n"
    "data: first\rdata:second\rdata:  third\r\r"
    'data:{"a": 1}\n\n'
    "retry: 1500\ndata\n\n"
    ": keep-alive\n\n"
    "unknown: field\ndata: last\n\n"
).encode()

EVENTS = [
    ServerSentEvent("Grüße, 世界 🌍", "greeting", "7"),
    ServerSentEvent("first\nsecond\n third", "message", "7"),
    ServerSentEvent('{"a": 1}', "message", "7"),
    ServerSentEvent("", "message", "7", 1500),
    ServerSentEvent("last", "message", "7", 1500),
]


def decode(*chunks: bytes) -> list[ServerSentEvent]:
    decoder = SSEDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


def test_a_whole_stream() -> None:
    assert decode(RECORDED) == EVENTS


def test_byte_by_byte() -> None:
    assert decode(*(RECORDED[i : i + 1] for i in range(len(RECORDED)))) == EVENTS


def test_cut_in_two_at_every_offset() -> None:
    for cut in range(len(RECORDED) + 1):
        assert decode(RECORDED[:cut], RECORDED[cut:]) == EVENTS, f"cut at {cut}"


def test_random_chunks() -> None:
    rng = random.Random(1)
    for _ in range(200):
        cuts = sorted(rng.sample(range(len(RECORDED)), rng.randrange(1, 30)))
        assert decode(*(RECORDED[a:b] for a, b in pairwise([0, *cuts, len(RECORDED)]))) == EVENTS


@pytest.mark.parametrize("rest", ["data: half", "data: half\n", "data: half\r\nid: 1\r\n"])
def test_an_event_without_its_blank_line_is_discarded(rest: str) -> None:
    assert decode(b"data: whole\n\n" + rest.encode()) == [ServerSentEvent("whole")]


def test_a_cr_at_the_very_end_ends_the_line() -> None:
    assert decode(b"data: whole\r", b"\r") == [ServerSentEvent("whole")]


def test_an_event_type_without_data_says_nothing_and_is_forgotten() -> None:
    assert decode(b"event: ping\n\ndata: x\n\n") == [ServerSentEvent("x")]


def test_an_id_with_a_null_and_a_retry_that_is_no_number_are_ignored() -> None:
    assert decode(b"id: a\0b\nretry: soon\nretry: -1\nretry: \xc2\xb2\ndata: x\n\n") == [ServerSentEvent("x")]


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert decode(b"data: a\xffb\n\n") == [ServerSentEvent("a\ufffdb")]


def test_a_bom_counts_only_at_the_start() -> None:
    assert decode("data: \ufeffx\n\n".encode()) == [ServerSentEvent("\ufeffx")]


def test_a_ten_megabyte_line_in_small_chunks() -> None:
    piece = b"x" * 1024
    assert decode(b"data: ", *[piece] * 10_240, b"\n\n") == [ServerSentEvent("x" * 10_485_760)]


@pytest.mark.parametrize("piece", [b"x" * 100, b"data: " + b"x" * 100 + b"\n"], ids=["one line", "many lines"])
def test_an_event_without_end_costs_bounded_memory(piece: bytes) -> None:
    decoder = SSEDecoder(max_event_size=1000)
    with pytest.raises(ProviderError, match="more than 1000 characters") as caught:
        for _ in range(12):
            decoder.feed(piece)
    assert caught.value.info.kind == "server_error"


def test_the_bound_is_per_event() -> None:
    decoder = SSEDecoder(max_event_size=1000)
    for _ in range(50):
        assert decoder.feed(b"data: " + b"x" * 400 + b"\n") == []
        assert decoder.feed(b"data: " + b"x" * 400 + b"\n\n") == [ServerSentEvent("x" * 400 + "\n" + "x" * 400)]


def test_a_decoder_that_was_closed_starts_clean() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"event: odd\ndata: lost")
    assert decoder.close() == []
    assert decoder.feed(b"data: x\n\n") == [ServerSentEvent("x")]
