"""Docstrings of Python tools: what is read from the three styles, and from what follows none of them."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.tools.python.docstrings import Docstring, read_docstring


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, Docstring(), id="none"),
        pytest.param("  Do it. ", Docstring("Do it."), id="one line"),
        pytest.param("Do it\nat once.\n\nMore.", Docstring("Do it at once."), id="summary of two lines"),
        pytest.param(
            "Do it.\n\nArgs:\n  a (dict[str, int]): First.\n  *b: Rest.\n\nKeyword Args:\n  c: Third.\nNote:\n  d: No.",
            Docstring("Do it.", {"a": "First.", "b": "Rest.", "c": "Third."}),
            id="google",
        ),
        pytest.param(
            "Do it.\n\nParameters\n----------\na, b : int\n    Both.\n\nOther Parameters\n----------------\nc\n    C.",
            Docstring("Do it.", {"a": "Both.", "b": "Both.", "c": "C."}),
            id="numpy",
        ),
        pytest.param(
            "Do it.\n:param a: First\n    of two.\n:param int b: Second: the other.\n:type a: str\n:returns: c",
            Docstring("Do it.", {"a": "First of two.", "b": "Second: the other."}),
            id="sphinx",
        ),
        pytest.param(
            "Do it.\n\nArgs:\n    a: Google.\n\n:param b: Sphinx.",
            Docstring("Do it.", {"a": "Google.", "b": "Sphinx."}),
            id="two styles",
        ),
        pytest.param("Do it.\n\nReturns:\n    a: No argument.", Docstring("Do it."), id="no arguments"),
    ],
)
def test_a_docstring_is_read(text: str | None, expected: Docstring) -> None:
    assert read_docstring(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Do it.\n\nArgs:\n    a the first\n    b: Second.", "Expected a colon in 'a the first'"),
        ("Do it.\n\n:param dict[str, int] a: First.", "Expected one or two arguments for a param keyword"),
    ],
)
def test_what_breaks_the_rules_of_its_style_is_a_problem(text: str, problem: str) -> None:
    assert read_docstring(text) == Docstring("Do it.", {}, problem)


PIECES = [
    "Args:",
    "    a: x",
    "Parameters",
    "----------",
    ":param a: x",
    ":param",
    "::",
    "    ",
    "text",
    "*",
    "Raises:",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("\n".join))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = read_docstring(text)
    assert "\n" not in found.summary and not any("\n" in words for words in found.arguments.values())
    assert len(found.summary) <= len(inspect.cleandoc(text))
