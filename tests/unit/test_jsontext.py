"""The one reader of JSON: what it accepts, what it refuses before it parses, and how its cost grows."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel import jsontext
from sparewheel.errors.body import read_body
from sparewheel.jsontext import MAX_CHARS, MAX_CHECKED, MAX_DEPTH, first_inexact, read, read_first, whole, write
from sparewheel.messages import Message, ToolCall

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
DEEP = [
    "[" * 10_000,
    "[" * 1_000_000,
    "[" * 5_600 + "]" * 5_600,
    '{"a":' * 100_000 + "1" + "}" * 100_000,
    '{"choices":' + "[" * 6_000,
    "[NaN," + "[" * 6_000 + "]" * 6_001,
    '["\\ud83d",' + "[" * 6_000 + "]" * 6_001,
]


@given(JSON, st.booleans())
def test_what_json_can_express_is_read_as_the_standard_library_reads_it(value: Any, strict: bool) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert read(text, strict=strict) == json.loads(text)
    assert read(text.encode(), strict=strict) == json.loads(text)


@given(st.text(alphabet='[]{}",:\\aNu0 \ud83d') | st.binary())
def test_anything_else_is_a_value_error(text: str | bytes) -> None:
    for strict in (False, True):
        try:
            json.dumps(read(text, strict=strict), ensure_ascii=False).encode()
        except ValueError:
            pass


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
@pytest.mark.parametrize("strict", [False, True])
def test_depth_is_refused_before_it_is_parsed(text: str, strict: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the standard library's parser saw a deep text")

    monkeypatch.setattr(json, "loads", never)
    with pytest.raises(ValueError, match=f"nested deeper than {MAX_DEPTH} levels"):
        read(text, strict=strict)


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_an_error_body_may_be_deep(text: str) -> None:
    assert read_body(text.encode()).codes == []
    with pytest.raises(ValueError, match="nested deeper"):
        read_first(text)


def test_depth_up_to_the_limit_is_read() -> None:
    text = "[" * MAX_DEPTH + "NaN" + "]" * MAX_DEPTH
    value = read(text)
    for _ in range(MAX_DEPTH):
        [value] = value
    assert value is None


def test_brackets_in_strings_do_not_count() -> None:
    text = json.dumps(["[" * 1000 + '"\\', float("nan"), "{" * 1000])
    assert read(text) == ["[" * 1000 + '"\\', None, "{" * 1000]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' is there twice"),
        ('{"x": [{"k": 1, "k": 1}]}', "the key 'k' is there twice"),
        ("[NaN]", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("9" * 5000, "4300 digits"),
    ],
)
def test_strict_refuses_what_readers_read_differently(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read(text, strict=True)


@pytest.mark.parametrize(
    "text", ["1e400", "-1e400", "1e-400", "0.10000000000000000555", "9007199254740993.0", "1e-9999999999999999999"]
)
def test_exact_refuses_what_a_float_would_round(text: str) -> None:
    with pytest.raises(ValueError, match="would be rounded"):
        read(f'[{text}, "\\ud83d"]', strict=True, exact=True)


@pytest.mark.parametrize(
    "text", ["0.1", "1e22", "5e-324", "-0.0", "1.50", "0.30000000000000004", "0e99", "12345678901234567890"]
)
def test_exact_keeps_every_other_number(text: str) -> None:
    assert read(text, strict=True, exact=True) == json.loads(text)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": [2**53, -(2**53), 2**60, 0.1, True, None, "9007199254740993"]}, None),
        ({"a": [{"b": 2**53 + 1}]}, 2**53 + 1),
        ([10**400], 10**400),
    ],
)
def test_integers_that_javascript_would_round_are_found(value: object, found: int | None) -> None:
    assert first_inexact(value) == found


def test_without_strict_the_last_key_counts_and_constants_are_null() -> None:
    assert read('{"a": 1, "a": 2, "b": [NaN, -Infinity]}') == {"a": 2, "b": [None, None]}


def test_size_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ValueError, match="longer than"):
        read(b" " * (MAX_CHARS + 1))


@pytest.mark.parametrize(
    "text",
    [
        "[" + "0," * MAX_CHECKED + "0]",
        "[" + "[]," * MAX_CHECKED + "0]",
        "{" + ",".join(f'"{n}":[]' for n in range(MAX_CHECKED)) + "}",
        "[" + '"",' * 4 * MAX_CHECKED + "0]",
        "[" + '"\\\\",' * 4 * MAX_CHECKED + "0]",
    ],
    ids=range(5),
)
def test_too_many_values_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"more than {MAX_CHECKED} values"):
        read(text, strict=True)
    with pytest.raises(ValueError, match=f"more than {MAX_CHECKED} values"):
        read(f'["\\ud83d",{text}]')
    monkeypatch.setattr(jsontext, "MAX_VALUES", MAX_CHECKED)
    for each in (text, text.encode()):
        with pytest.raises(ValueError, match=f"more than {MAX_CHECKED} values"):
            read(each)


def test_commas_and_brackets_in_strings_are_no_values() -> None:
    text = json.dumps(["[{," * MAX_CHECKED, '"' * MAX_CHECKED, "\\" * MAX_CHECKED])
    assert read(text, strict=True) == json.loads(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "[" * n,
        lambda n: '["' + '\\"[' * n,
        lambda n: '"' + "\\" * n,
        lambda n: "[NaN" + ",[]" * n + "]",
        lambda n: "{" + ",".join(f'"k{i}":NaN' for i in range(n)) + "}",
        lambda n: "{" + ",".join(f'"k{i}":1' for i in range(n)) + ',"k0":1}',
        lambda n: "9" * n,
        lambda n: "0." + "9" * n + "x",
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_the_cost_grows_linearly(make: Any, strict: bool) -> None:
    def cost(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            begun = time.process_time()
            try:
                read(text, strict=strict)
            except ValueError:
                pass
            best = min(best, time.process_time() - begun)
        return best

    small, large = cost(make(20_000)), cost(make(200_000))
    assert large < max(small, 0.002) * 60  # ten times the text; quadratic would be a hundred times the cost


def test_what_is_written_is_read_again() -> None:
    call = Message("assistant", (ToolCall("id", "name", "{}"),)).to_dict()
    assert read(write(call)) == call
    assert whole("a\ud83d") == "a\ufffd"


@pytest.mark.parametrize("text", ["a, b [", "\\", '\\"', '",', '\\\\",', "\u2028,"])
def test_what_is_in_strings_is_not_counted(text: str) -> None:
    value = [text * 70_000, {text: [text]}]
    assert read(json.dumps(value)) == value
    with pytest.raises(ValueError, match="more than 250000 values"):
        read(json.dumps([text, *[0] * 250_001]))
