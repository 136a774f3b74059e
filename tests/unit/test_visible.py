"""What the user decides by: JSON text in which nothing is invisible, with the same value."""

from __future__ import annotations

import json

import pytest

from sparewheel.tools.arguments import Frozen
from sparewheel.visible import visible_json


@pytest.mark.parametrize(
    "hidden",
    [
        *("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e"),  # zero width
        *("\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\u061c"),  # directions
        *("\U000e0041", "\U000e007f", "\ufe0f", "\ufe00", "\U000e0100", "\u180b"),  # tags, selectors
        *("\u00a0", "\u2003", "\u3000", "\u2800", "\u3164", "\u115f", "\uffa0"),  # blanks, fillers
        *("\u007f", "\u0085", "\u2028", "\u2029", "\ufffc", "\u034f", "\u17b4"),
        *("\ue000", "\U0010ffff", "\u0378", "\ufdd0", "\ud800"),  # private, unassigned, half a character
    ],
)
def test_what_cannot_be_seen_is_escaped_and_stays_the_same(hidden: str) -> None:
    value = {f"key{hidden}": f"a{hidden}b", "plain": "ok"}
    shown = visible_json(json.dumps(value, ensure_ascii=False))
    assert hidden not in shown
    assert shown.isascii()
    assert json.loads(shown) == value


def test_what_can_be_seen_stays() -> None:
    for text in (
        '{"a": "naïve Łódź"}',
        '"файл"',
        '"مرحبا"',
        '"東京。"',
        '"👍🏽"',
        '{\n\t"e\u0301": 1\r\n}',
        '"\\u200b"',
    ):
        assert visible_json(text) == text


def test_a_million_different_characters_take_no_time() -> None:
    value = {"a": "".join(map(chr, [*range(32, 0xD800), *range(0xE000, 0x110000)]))}
    shown = Frozen(json.dumps(value, ensure_ascii=False)).shown
    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(shown) == value
