"""When the arguments of a call are complete, asked again and again: the same answer as parsing them each time."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.jsontext import read
from sparewheel.providers.chat_calls import _Call

PIECES = st.lists(
    st.text('{}[]"\\ a1:,', min_size=1, max_size=4) | st.sampled_from(['{"a": "', '\\"}', '"}', '{"b":[', "]}"])
)


def parses(pieces: list[str]) -> bool:
    try:
        return isinstance(read("".join(pieces)), dict)
    except ValueError:
        return False


@settings(max_examples=500)
@given(PIECES, st.integers(1, 3))
def test_arguments_are_complete_when_they_are_an_object(pieces: list[str], every: int) -> None:
    call = _Call(1, 0)
    for number, piece in enumerate(pieces):
        call.pieces.append(piece)
        if number % every == 0:
            assert call.is_complete() == parses(call.pieces)


def test_asking_after_each_piece_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        call = _Call(1, 0, pieces=['{"a": "'])
        start = time.process_time()
        for _ in range(count):
            call.pieces.append("a}")
            call.is_complete()
        return time.process_time() - start

    limit = 30 * min(seconds(4_000) for _ in range(3))  # quadratic: 100
    assert any(seconds(40_000) < limit for _ in range(3))
