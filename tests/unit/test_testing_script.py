"""The order of writes, pauses, holds and endings of a scripted reply, without any socket."""

from __future__ import annotations

import pytest

from sparewheel.testing import BEFORE_HEAD, Gate, Reply
from sparewheel.testing.script import Finish, Head, Hold, Pause, Send, steps

EVENTS = (b"aaa", b"bb", b"c")


def test_one_write_for_each_event() -> None:
    assert list(steps(Reply(EVENTS))) == [Head(), Send(b"aaa", 1), Send(b"bb", 2), Send(b"c", 3), Finish("end")]


def test_an_empty_body_is_head_and_end() -> None:
    assert list(steps(Reply())) == [Head(), Finish("end")]


def test_pacing_pauses_between_events_only() -> None:
    assert list(steps(Reply(EVENTS, delay=2.0, every=0.5))) == [
        Pause(2.0),
        Head(),
        Send(b"aaa", 1),
        Pause(0.5),
        Send(b"bb", 2),
        Pause(0.5),
        Send(b"c", 3),
        Finish("end"),
    ]


@pytest.mark.parametrize(
    ("split", "writes"),
    [
        (1, [b"a", b"a", b"a", b"b", b"b", b"c"]),
        (4, [b"aaab", b"bc"]),
        ((), [b"aaabbc"]),
        ((2, 5), [b"aa", b"abb", b"c"]),
        ((0, 6, 99), [b"aaabbc"]),
    ],
)
def test_split_moves_the_write_borders(split: int | tuple[int, ...], writes: list[bytes]) -> None:
    sends = [step for step in steps(Reply(EVENTS, split=split)) if isinstance(step, Send)]
    assert [send.data for send in sends] == writes
    assert sends[-1].events == 3


def test_split_with_pacing_keeps_the_event_borders() -> None:
    assert list(steps(Reply(EVENTS, split=2, every=1.0))) == [
        Head(),
        Send(b"aa", 0),
        Send(b"a", 1),
        Pause(1.0),
        Send(b"b", 1),
        Send(b"b", 2),
        Pause(1.0),
        Send(b"c", 3),
        Finish("end"),
    ]


@pytest.mark.parametrize("split", [None, 1, ()])
def test_a_cut_at_every_offset_sends_exactly_the_bytes_before_it(split: int | tuple[int, ...] | None) -> None:
    for offset in range(8):
        played = list(steps(Reply(EVENTS, cut_at=offset, cut="close", split=split)))
        assert b"".join(step.data for step in played if isinstance(step, Send)) == b"aaabbc"[:offset]
        assert played[-1] == Finish("close")


def test_gates_hold_before_the_head_and_after_counted_events() -> None:
    first, second, third = Gate(), Gate(), Gate()
    reply = Reply(EVENTS, gates={BEFORE_HEAD: first, 0: second, 2: third}, split=(), ping_every=7.0)
    assert list(steps(reply)) == [
        Hold(first),
        Head(),
        Hold(second, 7.0),
        Send(b"aaabb", 2),
        Hold(third, 7.0),
        Send(b"c", 3),
        Finish("end"),
    ]


def test_silence_follows_the_events_before_it() -> None:
    assert list(steps(Reply(EVENTS, silent_after=1)))[:3] == [Head(), Send(b"aaa", 1), Hold(None)]
    assert list(steps(Reply(EVENTS, silent_after=99)))[-2:] == [Hold(None), Finish("end")]
    assert list(steps(Reply((), silent_after=0))) == [Head(), Hold(None), Finish("end")]


def test_a_hold_behind_the_cut_is_never_reached() -> None:
    assert list(steps(Reply(EVENTS, cut_at=2, silent_after=1))) == [Head(), Send(b"aa", 0), Finish("reset")]


@pytest.mark.parametrize("wrong", [{"split": 0}, {"cut_at": -1}, {"cut": "melt"}, {"framing": "pigeon"}])
def test_impossible_replies_are_refused_when_they_are_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Reply(EVENTS).replace(**wrong)
