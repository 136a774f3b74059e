"""YAML from outside: the values and lines of what fits, one clear problem for the rest, in small steps."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sparewheel.yamltext import (
    MAX_CHARS,
    MAX_DEPTH,
    MAX_TEXT,
    MAX_VALUES,
    YamlProblem,
    load,
    steps,
)
from sparewheel.yamltext.scanning import BoundedReader, BoundedScanner

# Without "?": ruamel's writer leaves `[?0]` unquoted, which is a mapping, and keys are text here.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff\u2028\u2029?"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, width=32) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=15,
)


@given(VALUES, st.booleans())
@example({":0": None}, True)
def test_values_are_those_that_ruamel_reads(value: Any, flow: bool) -> None:
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    out = io.StringIO()
    writer.dump({"value": value}, out)
    try:
        expected = YAML(typ="safe", pure=True).load(out.getvalue())
    except YAMLError:  # it does not read all that it writes: `{:0: null}`
        reject()
    assert load(out.getvalue()).value == expected


@given(st.text(alphabet="[]{}:,-&*!<>|#'\"? \n\tab1~%@`\ud83d\0"))
def test_anything_else_is_a_problem(text: str) -> None:
    try:
        load(text)
    except YamlProblem as problem:
        assert str(problem)


def test_positions_are_those_of_keys_and_items() -> None:
    document = load("a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert document.value == {"a": 1, "b": ["x", {"c": 2}]}
    assert document.positions == {
        ("a",): (1, 1),
        ("b",): (2, 1),
        ("b", 0): (3, 5),
        ("b", 1): (4, 5),
        ("b", 1, "c"): (4, 6),
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("b: &b {p: 1, q: 2}\na: {<<: *b}", {"b": {"p": 1, "q": 2}, "a": {"p": 1, "q": 2}}),
        (
            "b: &b {p: 1}\nc: &c {p: 2, q: 3}\na: {p: 9, <<: [*b, *c]}",
            {"b": {"p": 1}, "c": {"p": 2, "q": 3}, "a": {"p": 9, "q": 3}},
        ),
        ("b: &b {p: 1}\na:\n  <<: *b\n  p: 2", {"b": {"p": 1}, "a": {"p": 2}}),
        ("a: !!omap [x: 1, y: 2]", {"a": [{"x": 1}, {"y": 2}]}),
        ("a: !!set {x, y}", {"a": {"x": None, "y": None}}),
        (
            "a: [yes, true, ~, 0x1f, 0o17, 1.5, 2001-01-01, '1', !!str 2, !!int '3', !own b]",
            {"a": ["yes", True, None, 31, 15, 1.5, "2001-01-01", "1", "2", 3, "b"]},
        ),
        ("1: a\ntrue: b", {"1": "a", "True": "b"}),
    ],
)
def test_what_yaml_offers(text: str, value: object) -> None:
    assert load(text).value == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: " + "[" * 2000, f"line 1, column 54: it is nested deeper than {MAX_DEPTH} levels"),
        ("[" * 1_000_000, f"line 1, column 51: it is nested deeper than {MAX_DEPTH} levels"),
        ("{a: " * 100_000, f"line 1, column 201: it is nested deeper than {MAX_DEPTH} levels"),
        ("- " * 2000, f"line 1, column 101: it is nested deeper than {MAX_DEPTH} levels"),
        ("a: &a [*a]", f"line 1, column 8: it is nested deeper than {MAX_DEPTH} levels"),
        ("a: &a {<<: *a}", "line 1, column 12: expected a mapping, or a list of mappings, to merge"),
        ("a: {<<: 1}", "line 1, column 9: expected a mapping, or a list of mappings, to merge"),
        ("#" * (MAX_CHARS + 1), f"it is longer than {MAX_CHARS} characters"),
        ("a: 1\na: 2", "line 2, column 1: found duplicate key 'a'"),
        ("? [a]\n: b", "line 1, column 3: a key must be a scalar"),
        ("a: *b", "line 1, column 4: found undefined alias 'b'"),
        ("a: 1\n---\nb: 2", "line 2, column 1: expected a single document"),
        ("a: !!int x", "line 1, column 4: not a value of type int: invalid literal for int() with base 10: 'x'"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        load(text)
    assert str(caught.value) == problem


def laughing(levels: int, form: str) -> str:
    return "\n".join(["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {form.replace('@', f'*a{n - 1}')}" for n in range(1, levels))])


@pytest.mark.parametrize("form", ["[@, @, @, @, @, @, @, @, @]", "{<<: [@, @]}", "{p: @, q: @, r: @}"])
def test_aliases_expand_to_a_bounded_number_of_values(form: str) -> None:
    with pytest.raises(YamlProblem, match=f"more than {MAX_VALUES} values"):
        load(laughing(40, form))


def test_aliases_expand_to_a_bounded_number_of_characters() -> None:
    with pytest.raises(YamlProblem, match=f"more than {MAX_CHARS} characters"):
        load(f"a: &a {'x' * (MAX_TEXT - 9)}\nb: [{'*a, ' * 16}]")


def test_merged_mappings_expand_to_a_bounded_number_of_values() -> None:
    keys = ", ".join(f"k{n}" for n in range(10_000))
    with pytest.raises(YamlProblem, match=f"more than {MAX_VALUES} values"):
        load("{<<: " * 20 + f"{{{keys}}}" + "}" * 20)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x " * MAX_TEXT,
        "a: '" + "x" * MAX_TEXT + "x'",
        'a: "' + "\\n" * MAX_TEXT + '"',
        "a: |\n" + "  x\n" * MAX_TEXT,
        "a: >\n" + "\n" * MAX_TEXT + " x",
        "a: x\n" + "\n" * MAX_TEXT + " x",
        "a: " + "9" * 2 * MAX_TEXT,
        "a: &" + "x" * 2 * MAX_TEXT + " 1",
        "a: !" + "x" * 2 * MAX_TEXT + " 1",
        "%" + "x" * 2 * MAX_TEXT,
    ],
    ids=range(10),
)
def test_a_text_that_would_take_long_to_read_is_refused(text: str) -> None:
    with pytest.raises(YamlProblem, match=f"^line [0-9]+, column [0-9]+: a text is longer than {MAX_TEXT} characters$"):
        load(text)


def test_comments_and_empty_lines_may_be_long() -> None:
    gap = "#" + "x" * MAX_TEXT + "\n" * MAX_TEXT + " " * MAX_TEXT + "#\r\n"
    document = load(f"{gap}a: [1,{gap}\t2]{gap}b: 3")
    assert document.value == {"a": [1, 2], "b": 3}
    assert document.positions[("b",)] == (3 * (MAX_TEXT + 1) + 1, 1)
    assert load("a: " + "x" * MAX_TEXT).value == {"a": "x" * MAX_TEXT}


PIECES = [
    "a", "b: ", "- ", "\n", "\n  ", "  ", "\t", "#c", "# x\n", "\r\n", "\r", "\x85", "\u2028", "\ufeff", "[", "]", "{",
    "}", ", ", "'", '"', "|", "|\n", ">\n", "&a ", "*a", "? ", ": ", "---\n", "...\n", "\n\n", "'x'",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_events_are_those_of_ruamels_own_reader_and_scanner(text: str) -> None:
    assert events(text, ours=True) == events(text, ours=False)


def events(text: str, *, ours: bool) -> list[object]:
    """The events of a text with their positions, up to the first error, and that error."""
    reader = YAML(typ="safe", pure=True)
    if ours:
        reader.Reader, reader.Scanner = BoundedReader, BoundedScanner
    found: list[object] = []
    try:
        for event in reader.parse(text):
            mark = event.start_mark
            found.append((type(event), getattr(event, "value", None), mark.line, mark.column))
    except (YAMLError, IndexError, TypeError, AttributeError) as error:
        found.append(str(error))
    return found


@pytest.mark.parametrize(
    "text",
    ["\n".join(f"k{n}: v" for n in range(4000)), "a: [" + "[]," * 8000 + "]", laughing(6, "[@, @, @, @, @, @]")],
)
def test_a_step_is_a_small_part_of_the_whole(text: str) -> None:
    spent = []
    begun = time.process_time()
    for _ in steps(text):
        now = time.process_time()
        spent.append(now - begun)
        begun = now
    assert len(spent) > 40
    assert sorted(spent)[len(spent) // 2] < sum(spent) / 20


def test_long_texts_are_read_one_at_a_time() -> None:
    texts = "".join(f"k{number}: '{'x ' * 5_000}'\n" for number in range(10))
    assert sum(1 for _ in steps(texts)) >= 10
